"""GPIO lines by name, through libgpiod; nothing else in the house imports it.

The number of an I²C expander's chip changed between kernels and the names of its lines did not, so a line is looked for
by name on every chip there is.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import gpiod
from gpiod import EdgeEvent, LineSettings
from gpiod.line import Direction, Edge, Value

__all__ = ["Chip", "Direction", "Edge", "EdgeEvent", "Gpio", "LineSettings", "Request", "Value"]

Config = dict[Iterable[int | str] | int | str, LineSettings | None]


class Request(Protocol):
    """What is used of ``gpiod.LineRequest``. All calls but ``release`` raise ``OSError``."""

    @property
    def fd(self) -> int:
        """Readable while edges wait."""

    def get_value(self, line: str) -> Value:
        """Read the line now."""
        ...

    def set_value(self, line: str, value: Value) -> None:
        """Set an output."""

    def wait_edge_events(self, timeout: float) -> bool:
        """Wait for edges, so many seconds at most; say whether there are any."""
        ...

    def read_edge_events(self) -> list[EdgeEvent]:
        """Take the edges out of the kernel's buffer; blocks while there are none."""
        ...

    def release(self) -> None:
        """Release the line."""


class Chip(Protocol):
    """What is used of ``gpiod.Chip``."""

    def line_offset_from_id(self, id: str) -> int:  # noqa: A002 - gpiod's name
        """Raise ``OSError`` when the chip has no line of this name, ``ValueError`` when that is a number too high."""
        ...

    def request_lines(self, config: Config, consumer: str, event_buffer_size: int | None) -> Request:
        """Take lines."""
        ...

    def close(self) -> None:
        """Close the chip; what was requested stays so."""


def system_chips() -> list[str]:
    """The paths of all GPIO chips of the machine."""
    return sorted(str(path) for path in Path("/dev").glob("gpiochip*"))


class Gpio:
    """The GPIO chips of the machine."""

    def __init__(
        self, chips: Callable[[], list[str]] = system_chips, open_chip: Callable[[str], Chip] = gpiod.Chip
    ) -> None:
        self._chips = chips
        self._open_chip = open_chip

    def take(self, name: str, settings: LineSettings, *, buffer: int | None = None) -> Request | None:
        """Take a line; None if no chip has one of this name. Raises ``OSError`` if it cannot be had.

        The kernel keeps ``buffer`` edges of it; None leaves their number to the kernel.
        """
        for path in self._chips():
            try:
                chip = self._open_chip(path)
            except OSError:
                continue  # another program's chip; the line may be on another
            try:
                chip.line_offset_from_id(name)
            except (OSError, ValueError):
                continue
            else:
                return chip.request_lines({name: settings}, "mapio-display", buffer)
            finally:
                chip.close()
        return None
