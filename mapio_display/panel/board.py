"""A panel on a board: three lines of one library and an SPI bus of another, as one transport."""

from typing import Protocol


class Lines(Protocol):
    """The panel's lines. All calls raise ``PanelError`` when the lines do not take them."""

    def open(self) -> None:
        """Take the lines: reset high, data/command low, BUSY as an input."""

    def close(self) -> None:
        """Give the lines back; never fails."""

    def set_reset(self, level: int) -> None:
        """Set the reset line."""

    def set_dc(self, level: int) -> None:
        """Set the data/command line."""

    def busy(self) -> int:
        """Read the BUSY line."""
        ...

    def wait_for_edge(self, seconds: float) -> bool:
        """As ``Transport.wait_for_edge``."""
        ...


class Bus(Protocol):
    """The panel's SPI bus, chip select included. All calls raise ``PanelError`` when the bus does not take them."""

    def open(self) -> None:
        """Take the bus."""

    def close(self) -> None:
        """Give the bus back; never fails."""

    def write(self, data: bytes) -> None:
        """Send bytes in as few transfers as the kernel allows."""


class BoardTransport:
    """Sets the data/command line only when it changes.

    Behind an I²C expander at 100 kHz each change costs a quarter of a millisecond, and the vendor's driver asks for
    one with every byte.
    """

    def __init__(self, lines: Lines, bus: Bus) -> None:
        self._lines = lines
        self._bus = bus
        self._dc: int | None = None
        self._open = False

    def open(self) -> None:
        """Take lines and bus, or neither."""
        if self._open:
            return
        self._lines.open()
        try:
            self._bus.open()
        except BaseException:
            self._lines.close()
            raise
        self._dc = 0
        self._open = True

    def close(self) -> None:
        """Give lines and bus back."""
        if self._open:
            self._open = False
            self._bus.close()
            self._lines.close()

    def reset(self, level: int) -> None:
        """Set the reset line."""
        self._lines.set_reset(level)

    def write(self, dc: int, data: bytes) -> None:
        """Send bytes with the data/command line at this level."""
        if dc != self._dc:
            self._dc = None
            self._lines.set_dc(dc)
            self._dc = dc
        self._bus.write(data)

    def busy(self) -> int:
        """Read the BUSY line."""
        return self._lines.busy()

    def wait_for_edge(self, seconds: float) -> bool:
        """Wait for an edge of BUSY, where the lines report one."""
        return self._lines.wait_for_edge(seconds)
