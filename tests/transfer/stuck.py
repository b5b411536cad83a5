"""A disk that stands still."""

import threading

from mapio_display.transfer.part import Part

PATIENCE_S = 20.0


class Stuck:
    """Holds up who writes to the disk, which is ``reached`` by then, until it ``runs``, or the test has failed.

    A pipe that nobody reads would not do: what has reached it is there before its writer waits.
    """

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.runs = threading.Event()

    def hold_up(self, part: Part) -> None:
        """Have the disk of this part stand still."""
        write = part.write

        def waits(content: bytes | memoryview) -> None:
            self.reached.set()
            self.runs.wait(PATIENCE_S)
            write(content)

        part.write = waits  # type: ignore[method-assign]
