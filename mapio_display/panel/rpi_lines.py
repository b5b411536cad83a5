"""The panel's lines on a Raspberry Pi with Waveshare's stock HAT, through RPi.GPIO and by BCM number."""

from typing import Protocol, cast

from mapio_display.errors import PanelError

POWER = 18  # newer HATs switch the panel's supply with it; older ones leave it unconnected


class RpiGpio(Protocol):
    """What is used of the module ``RPi.GPIO``."""

    BCM: int
    IN: int
    OUT: int
    HIGH: int
    LOW: int

    def setmode(self, mode: int) -> None:
        """Choose how lines are numbered."""

    def setwarnings(self, flag: bool) -> None:
        """Say whether a line in use is warned of."""

    def setup(self, channel: int, direction: int, initial: int = -1) -> None:
        """Make a line an input or an output."""

    def output(self, channel: int, value: int) -> None:
        """Set an output."""

    def input(self, channel: int) -> int:
        """Read a line."""
        ...

    def cleanup(self, channel: list[int]) -> None:
        """Make lines inputs again."""


def rpi_gpio() -> RpiGpio:
    """Import RPi.GPIO: on a machine that is no Raspberry Pi that raises ``RuntimeError``."""
    from RPi import GPIO  # noqa: PLC0415

    return cast("RpiGpio", GPIO)


class RpiLines:
    """Three lines by BCM number, and the supply of the HAT."""

    def __init__(self, reset: int, dc: int, busy: int, gpio: RpiGpio, *, power: int = POWER) -> None:
        self._reset = reset
        self._dc = dc
        self._busy = busy
        self._power = power
        self._gpio = gpio

    def open(self) -> None:
        """Take the lines and switch the supply on; raises ``PanelError``."""
        gpio = self._gpio
        try:
            gpio.setwarnings(False)  # after a kill the lines are still outputs, which is no news
            gpio.setmode(gpio.BCM)
            gpio.setup(self._power, gpio.OUT, initial=gpio.HIGH)
            gpio.setup(self._reset, gpio.OUT, initial=gpio.HIGH)
            gpio.setup(self._dc, gpio.OUT, initial=gpio.LOW)
            gpio.setup(self._busy, gpio.IN)
        except (OSError, RuntimeError, ValueError) as error:
            raise PanelError(f"The panel's lines cannot be taken: {error}") from error

    def close(self) -> None:
        """Give the lines back. The supply stays on: the HAT pulls it up, and the controller sleeps."""
        self._gpio.cleanup([self._reset, self._dc, self._busy, self._power])

    def set_reset(self, level: int) -> None:
        """Set the reset line."""
        self._set(self._reset, level)

    def set_dc(self, level: int) -> None:
        """Set the data/command line."""
        self._set(self._dc, level)

    def busy(self) -> int:
        """Read the BUSY line."""
        try:
            return int(self._gpio.input(self._busy))
        except RuntimeError as error:
            raise PanelError(f"The panel's line {self._busy} cannot be read: {error}") from error

    def wait_for_edge(self, seconds: float) -> bool:
        """RPi.GPIO reports no edges: since Linux 6.6 it fails to add their detection."""
        return False

    def _set(self, channel: int, level: int) -> None:
        try:
            self._gpio.output(channel, level)
        except RuntimeError as error:
            raise PanelError(f"The panel's line {channel} cannot be set: {error}") from error
