"""What every way to a panel has in common: four wires beside the bytes."""

from typing import Protocol


class Transport(Protocol):
    """The lines of one panel and the bus its bytes go over.

    All calls block and raise ``PanelError`` when the lines or the bus do not take them. One thread at a time uses a
    transport.
    """

    def open(self) -> None:
        """Take the lines and the bus, the reset line high. Does nothing while they are open."""

    def close(self) -> None:
        """Give lines and bus back. Does nothing while they are closed, and never fails."""

    def reset(self, level: int) -> None:
        """Set the reset line: 0 holds the controller in reset."""

    def write(self, dc: int, data: bytes) -> None:
        """Send bytes with the data/command line at this level: 0 for a command, 1 for its data."""

    def busy(self) -> int:
        """Read the BUSY line."""
        ...

    def wait_for_edge(self, seconds: float) -> bool:
        """Wait until BUSY has changed, at most so long; False, at once, where its edges are not reported."""
        ...
