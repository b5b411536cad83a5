"""The panel's driver: Waveshare's own, and what it leaves undone.

Every frame takes the same way: hardware reset, full initialisation, both RAMs, refresh, wait, deep sleep. The vendor's
``displayPartial`` skips half of the initialisation and never writes the RAM of the picture before (0x26); a partial
refresh drives only the pixels in which the two differ, so it then leaves ghosts. Writing both each time is right
whether or not the controller copies one into the other by itself, and also when a sleep has lost them.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mapio_display.core.frame import Frame
from mapio_display.errors import PanelError
from mapio_display.panel.buffer import pack
from mapio_display.panel.models import MODELS, Model
from mapio_display.panel.transport import Transport
from mapio_display.panel.vendor import EpdConfig, load

_RAM_NEW, _RAM_OLD = 0x24, 0x26
_BORDER, _BORDER_KEPT = 0x3C, 0x80
_SEQUENCE, _CLOCK_AND_ANALOG_ON, _ACTIVATE = 0x22, 0xC0, 0x20


class Driver:
    """One panel. Calls block, from one thread at a time; each raises ``PanelError`` when the panel does not answer.

    Whatever way a call ends, the controller sleeps as far as it can be reached: left awake, it would hold the glass
    under voltage. ``width`` and ``height`` are of the picture as the owner sees it, landscape. ``rotation`` is 180 for
    a panel mounted the other way up. Building a driver opens nothing; ``PanelError`` then says that the model is not
    known, or that the vendor's drivers are not installed.
    """

    def __init__(
        self,
        model: str,
        transport: Transport,
        *,
        rotation: int = 0,
        busy_s: float | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if model not in MODELS:
            raise PanelError(f"{model} is not a known panel; known are {', '.join(MODELS)}")
        self._model = MODELS[model]
        self._transport = transport
        self._rotation = rotation
        busy_s = self._model.busy_s if busy_s is None else busy_s
        self._config = EpdConfig(transport, busy_s, monotonic, sleep, busy_level=self._model.busy_level)
        self._epd = load(model, self._config)
        self._portrait = self._epd.width < self._epd.height
        self._awake = False
        self.width: int = max(self._epd.width, self._epd.height)
        self.height: int = min(self._epd.width, self._epd.height)
        self.can_partial = self._model.partial is not None
        self.call_s = busy_s + 5.0

    def wake(self) -> None:
        """Reset and initialise ahead of the frame, for a caller who is still drawing it."""
        with self._asleep_on_failure():
            self._wake()

    def full(self, frame: Frame) -> None:
        """Bring ``frame`` onto the glass by driving every pixel: about two seconds, with flashes."""
        with self._asleep_on_failure():
            self._wake()
            new = self._pack(frame)
            self._config.was_busy = False
            if self._model.partial:
                self._fill(new, new)
                self._epd.TurnOnDisplay()
            else:
                getattr(self._epd, self._model.display)(new)
                for method in self._model.then:
                    getattr(self._epd, method)()
            if not self._config.was_busy:  # two seconds of work, and no sign of it
                raise PanelError("The panel does not refresh: its BUSY line never changes. Is it connected?")
            self._sleep()

    def partial(self, old: Frame, new: Frame) -> None:
        """Bring ``new`` onto a glass that shows ``old`` by driving the pixels that differ: about half a second."""
        way = self._model.partial
        if way is None:
            raise ValueError("This model knows full refreshes only")
        epd = self._epd
        with self._asleep_on_failure():
            self._wake()
            if way.lut is not None:
                epd.SetLut(getattr(epd, way.lut))
                epd.send_command(_SEQUENCE)
                epd.send_data(_CLOCK_AND_ANALOG_ON)
                epd.send_command(_ACTIVATE)
                epd.ReadBusy()
            epd.send_command(_BORDER)
            epd.send_data(_BORDER_KEPT)
            self._fill(self._pack(old), self._pack(new))
            getattr(epd, way.show)()
            self._sleep()

    def close(self) -> None:
        """Put the controller to sleep if a frame was begun and never shown, and give lines and bus back."""
        if self._awake:
            self._abandon()
        self._transport.close()

    def _pack(self, frame: Frame) -> bytes:
        if (frame.width, frame.height) != (self.width, self.height):
            raise ValueError(f"A frame of {frame.width} × {frame.height} for a panel of {self.width} × {self.height}")
        return arranged(pack(frame, portrait=self._portrait, rotation=self._rotation), self._epd.width, self._model)

    def _wake(self) -> None:
        if not self._awake:
            self._config.module_init()
            self._awake = True
            arguments = (getattr(self._epd, a) if isinstance(a, str) else a for a in self._model.init)
            self._epd.init(*arguments)

    def _fill(self, old: bytes, new: bytes) -> None:
        for ram, buffer in ((_RAM_OLD, old), (_RAM_NEW, new)):
            self._epd.SetCursor(0, 0)
            self._epd.send_command(ram)
            self._epd.send_data2(buffer)

    def _sleep(self) -> None:
        self._epd.sleep()
        self._awake = False

    @contextmanager
    def _asleep_on_failure(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            if self._awake:
                self._abandon()
            self._transport.close()
            raise

    def _abandon(self) -> None:
        """End whatever the controller was doing by a reset, after which it takes the command to sleep."""
        self._awake = False
        try:
            self._epd.reset()
            if self._transport.busy() != self._model.busy_level:
                self._epd.sleep()
        except PanelError:
            return  # it cannot be reached, which its caller is about to say


def arranged(packed: bytes, width: int, model: Model) -> bytes:
    """Bring a buffer, of rows ``width`` pixels wide and padded to bytes, into the order and the sense of its model."""
    if model.inverted:
        packed = bytes(byte ^ 0xFF for byte in packed)
    if model.bottom_up:
        stride = (width + 7) // 8
        packed = b"".join(packed[at : at + stride] for at in range(len(packed) - stride, -1, -stride))
    return packed
