"""Whether the daemon's loops make progress: what systemd's watchdog and ``/healthz`` go by.

A loop that waits for work may wait endlessly. One that is at work must be done in time: everything it waits for has a
time-out of its own, so that one that is late is stuck.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager


class Progress:
    """That of one loop."""

    def __init__(self, name: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self._monotonic = monotonic
        self._until: float | None = None

    @contextmanager
    def working(self, within: float) -> Iterator[None]:
        """Be at work on something that takes so many seconds at the most."""
        self._until = self._monotonic() + within
        try:
            yield
        finally:
            self._until = None

    @property
    def stuck(self) -> bool:
        """Whether it should have been done by now."""
        return self._until is not None and self._monotonic() > self._until


def stuck_loop(loops: Iterable[Progress]) -> str | None:
    """The name of a loop that is stuck; None where there is none."""
    return next((loop.name for loop in loops if loop.stuck), None)
