"""The panel's lines on MAPIO, through libgpiod.

They sit on an I²C expander, which RPi.GPIO cannot reach.
"""

from mapio_display.board.gpio import Direction, Edge, Gpio, LineSettings, Request, Value
from mapio_display.errors import PanelError


class GpiodLines:
    """Three lines by name."""

    def __init__(self, reset: str, dc: str, busy: str, *, gpio: Gpio | None = None) -> None:
        self._names = {"reset": reset, "dc": dc, "busy": busy}
        self._gpio = gpio or Gpio()
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
        try:
            request = self._gpio.take(name, settings)
        except OSError as error:
            if settings.edge_detection is not Edge.NONE:  # a chip without an interrupt: BUSY is read over and over
                self._edges = False
                return self._request(name, LineSettings(direction=Direction.INPUT))
            raise PanelError(f"The panel's line {name} cannot be taken: {error.strerror}") from error
        if request is None:
            raise PanelError(f"No GPIO chip of this machine has the panel's line {name}")
        return request
