"""The panel's lines on MAPIO, through libgpiod.

They sit on an I²C expander, which RPi.GPIO cannot reach. The number of its chip changed between kernels and the names
of its lines did not, so each line is looked for by name on every chip there is.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import gpiod
from gpiod import LineSettings
from gpiod.line import Direction, Edge, Value

from mapio_display.errors import PanelError

Config = dict[Iterable[int | str] | int | str, LineSettings | None]


class Request(Protocol):
    """What is used of ``gpiod.LineRequest``."""

    def get_value(self, line: str) -> Value:
        """Read an input."""
        ...

    def set_value(self, line: str, value: Value) -> None:
        """Set an output."""

    def wait_edge_events(self, timeout: float | None = None) -> bool:
        """Wait for edges, so many seconds at most; say whether there are any."""
        ...

    def read_edge_events(self) -> object:
        """Take the edges out of the kernel's buffer."""
        ...

    def release(self) -> None:
        """Give the line back."""


class Chip(Protocol):
    """What is used of ``gpiod.Chip``."""

    def line_offset_from_id(self, id: str) -> int:  # noqa: A002 - gpiod's name
        """Raise ``OSError`` when the chip has no line of this name, ``ValueError`` when that is a number too high."""
        ...

    def request_lines(self, config: Config, consumer: str) -> Request:
        """Take lines."""
        ...

    def close(self) -> None:
        """Close the chip; what was requested stays so."""


def system_chips() -> list[str]:
    """The paths of all GPIO chips of the machine."""
    return sorted(str(path) for path in Path("/dev").glob("gpiochip*"))


class GpiodLines:
    """Three lines by name."""

    def __init__(
        self,
        reset: str,
        dc: str,
        busy: str,
        *,
        chips: Callable[[], list[str]] = system_chips,
        open_chip: Callable[[str], Chip] = gpiod.Chip,
    ) -> None:
        self._names = {"reset": reset, "dc": dc, "busy": busy}
        self._chips = chips
        self._open_chip = open_chip
        self._requests: dict[str, Request] = {}
        self._edges = False

    def open(self) -> None:
        """Take the three lines, or none of them."""
        settings = {
            "reset": LineSettings(direction=Direction.OUTPUT, output_value=Value.ACTIVE),
            "dc": LineSettings(direction=Direction.OUTPUT, output_value=Value.INACTIVE),
            "busy": LineSettings(direction=Direction.INPUT, edge_detection=Edge.BOTH),
        }
        self._edges = True
        try:
            for role, setting in settings.items():
                self._requests[role] = self._request(self._names[role], setting)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the lines back."""
        while self._requests:
            self._requests.popitem()[1].release()

    def set_reset(self, level: int) -> None:
        """Set the reset line."""
        self._set("reset", level)

    def set_dc(self, level: int) -> None:
        """Set the data/command line."""
        self._set("dc", level)

    def busy(self) -> int:
        """Read the BUSY line."""
        name = self._names["busy"]
        try:
            return int(self._taken("busy").get_value(name) is Value.ACTIVE)
        except OSError as error:
            raise PanelError(f"The panel's line {name} cannot be read: {error.strerror}") from error

    def wait_for_edge(self, seconds: float) -> bool:
        """Wait for an edge of BUSY; edges of before the call count, so none is missed between a look and the wait."""
        if not self._edges:
            return False
        request, name = self._taken("busy"), self._names["busy"]
        try:
            if request.wait_edge_events(seconds):
                request.read_edge_events()
        except OSError as error:
            raise PanelError(f"The panel's line {name} cannot be watched: {error.strerror}") from error
        return True

    def _set(self, role: str, level: int) -> None:
        name = self._names[role]
        try:
            self._taken(role).set_value(name, Value.ACTIVE if level else Value.INACTIVE)
        except OSError as error:
            raise PanelError(f"The panel's line {name} cannot be set: {error.strerror}") from error

    def _taken(self, role: str) -> Request:
        if role not in self._requests:
            raise PanelError(f"The panel's line {self._names[role]} is not open")
        return self._requests[role]

    def _request(self, name: str, settings: LineSettings) -> Request:
        for path in self._chips():
            try:
                chip = self._open_chip(path)
            except OSError:
                continue  # a chip of somebody else's; the line may be on another
            try:
                chip.line_offset_from_id(name)
            except (OSError, ValueError):
                continue
            else:
                return self._take(chip, name, settings)
            finally:
                chip.close()
        raise PanelError(f"No GPIO chip of this machine has the panel's line {name}")

    def _take(self, chip: Chip, name: str, settings: LineSettings) -> Request:
        try:
            return chip.request_lines({name: settings}, consumer="mapio-display")
        except OSError as error:
            if settings.edge_detection is not Edge.NONE:  # a chip without an interrupt: BUSY is read over and over
                self._edges = False
                return self._take(chip, name, LineSettings(direction=Direction.INPUT))
            raise PanelError(f"The panel's line {name} cannot be taken: {error.strerror}") from error
