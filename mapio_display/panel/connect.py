"""Which transport reaches the panel of which board.

What needs a board is imported by the one module that uses it, and that module only when its board is asked for, so a
machine without it runs everything else.
"""

from os import PathLike, fspath
from typing import Literal

from mapio_display.errors import PanelError
from mapio_display.panel.board import BoardTransport, Lines
from mapio_display.panel.trace import TracedTransport
from mapio_display.panel.transport import Transport

# ruff: noqa: PLC0415 - see above

Gpio = Literal["gpiod", "RPi.GPIO", "simulated"]


def connect(
    gpio: Gpio,
    spi: str | PathLike[str],
    *,
    reset: str | int,
    dc: str | int,
    busy: str | int,
    trace: str | PathLike[str] | None = None,
) -> Transport:
    """Build the transport; nothing is opened yet.

    Lines are names with ``gpiod`` and BCM numbers with ``RPi.GPIO``; with ``simulated`` they are not used and ``spi``
    is the socket. Where the board's library does not load, the transport fails when it is opened, as it does for a
    panel that is not there: the daemon without its panel is of use still.
    """
    transport = _transport(gpio, fspath(spi), reset, dc, busy)
    return transport if trace is None else TracedTransport(transport, trace)


def _transport(gpio: Gpio, spi: str, reset: str | int, dc: str | int, busy: str | int) -> Transport:
    if gpio == "simulated":
        from mapio_display.panel.simulated import SimulatedTransport

        return SimulatedTransport(spi)
    try:
        from mapio_display.panel.spi import SpiBus

        return BoardTransport(_lines(gpio, reset, dc, busy), SpiBus(spi))
    except (ImportError, RuntimeError, ValueError) as error:  # RuntimeError: RPi.GPIO on a machine that is no Pi
        return Unreachable(f"The panel cannot be reached with {gpio} and spidev: {error}")


def _lines(gpio: Literal["gpiod", "RPi.GPIO"], reset: str | int, dc: str | int, busy: str | int) -> Lines:
    if gpio == "gpiod":
        from mapio_display.panel.gpiod_lines import GpiodLines

        return GpiodLines(str(reset), str(dc), str(busy))
    from mapio_display.panel.rpi_lines import RpiLines, rpi_gpio

    return RpiLines(int(reset), int(dc), int(busy), rpi_gpio())


class Unreachable:
    """The transport to a panel that this machine has no way to."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def open(self) -> None:
        """Raise ``PanelError`` with the reason."""
        raise PanelError(self._reason)

    def close(self) -> None:
        """There is nothing to close."""

    def reset(self, level: int) -> None:
        """Raise ``PanelError`` with the reason."""
        raise PanelError(self._reason)

    def write(self, dc: int, data: bytes) -> None:
        """Raise ``PanelError`` with the reason."""
        raise PanelError(self._reason)

    def busy(self) -> int:
        """Raise ``PanelError`` with the reason."""
        raise PanelError(self._reason)

    def wait_for_edge(self, seconds: float) -> bool:
        """There are no edges."""
        return False
