"""Waveshare's own drivers, each loaded for one transport.

The distribution ``waveshare-epaper`` carries them in the package ``epaper``, beside an ``epdconfig`` module that probes
the machine when it is imported and works on a Raspberry Pi only. So neither is imported: a driver is loaded by its
path, and what it gets for ``epdconfig`` is an object of ours. The driver keeps that object in a module global, so each
transport gets a module of its own.
"""

import sys
import time
from collections.abc import Callable, Iterable
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import PurePath
from threading import Lock
from types import ModuleType
from typing import Any

from mapio_display.errors import PanelError
from mapio_display.panel.transport import Transport

_FOLDER = ("e-Paper", "RaspberryPi_JetsonNano", "python", "lib", "waveshare_epd")
_PACKAGE = "waveshare_epd"
_loading = Lock()

# The drivers wait so long after the command to sleep, for a supply that is then switched off. Ours stays on.
_BEFORE_POWER_OFF_MS = 2000
# An edge can get lost on an interrupt line that is shared, so BUSY is read that often however still it is.
EDGE_S = 0.25
POLL_S = 0.01


class EpdConfig:
    """What the drivers ask of ``epdconfig``, over a transport. Names and signatures are the vendor's.

    A wait on BUSY ends after ``busy_s`` seconds with ``PanelError``: the drivers' own have no end. ``busy_level`` is
    the level of the line while the panel is at work.
    """

    RST_PIN, DC_PIN, CS_PIN, BUSY_PIN = range(4)

    def __init__(
        self,
        transport: Transport,
        busy_s: float,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        *,
        busy_level: int = 1,
    ) -> None:
        self._transport = transport
        self._busy_s = busy_s
        self._monotonic = monotonic
        self._sleep = sleep
        self._busy_level = busy_level
        self._busy = False
        self.was_busy = False  # since this was last set to False
        self.SPI = self  # some drivers send their pictures past spi_writebyte2
        self._dc = 0
        self._reset = 1
        self._reset_unchanged = False
        self._waiting_since: float | None = None

    def module_init(self, cleanup: bool = False) -> int:
        """Open the transport, which leaves the reset line high."""
        self._transport.open()
        self._reset = 1
        return 0

    def module_exit(self, cleanup: bool = False) -> None:
        """Keep the transport open for the next frame."""

    def digital_write(self, pin: int, value: int) -> None:
        """Set the reset line if it changes, or keep the level of data/command; the kernel works the chip select."""
        if pin == self.RST_PIN:
            self._waiting_since, self._busy = None, False
            self._reset_unchanged = value == self._reset
            if not self._reset_unchanged:
                self._transport.reset(value)
                self._reset = value
        elif pin == self.DC_PIN:
            self._dc = value

    def digital_read(self, pin: int) -> int:
        """Read BUSY; raises ``PanelError`` when the wait that this belongs to has taken too long."""
        if self._busy:
            self._rest(POLL_S)  # this driver reads over and over without a pause
        level = self._transport.busy()
        self._busy = level == self._busy_level
        self.was_busy |= self._busy
        now = self._monotonic()
        if not self._busy:
            self._waiting_since = None
        elif self._waiting_since is None:
            self._waiting_since = now
        elif now - self._waiting_since > self._busy_s:
            raise PanelError(f"The panel has been busy for {self._busy_s:g} s: is it connected?")
        return level

    def delay_ms(self, delaytime: float) -> None:
        """Wait, unless there is nothing to wait for: the reset line was given the level that it had for long."""
        unchanged, self._reset_unchanged = self._reset_unchanged, False
        if self._busy:
            self._busy = False
            self._rest(delaytime / 1000)
        elif not unchanged and delaytime != _BEFORE_POWER_OFF_MS:
            self._sleep(delaytime / 1000)

    def spi_writebyte(self, data: Iterable[int]) -> None:
        """Send a byte or a few."""
        self._transport.write(self._dc, bytes(data))

    def spi_writebyte2(self, data: Iterable[int]) -> None:
        """Send many bytes. Some drivers' arithmetic leaves the range of a byte, as spidev's C lets them."""
        self.spi_writebyte(byte & 0xFF for byte in data)

    writebytes2 = spi_writebyte2

    def _rest(self, seconds: float) -> None:
        """In a wait on BUSY: until it changes, where the transport reports that, or else for so long."""
        if not self._transport.wait_for_edge(EDGE_S):
            self._sleep(seconds)


def load(model: str, config: EpdConfig) -> Any:
    """Load the driver ``model``, an object of its class ``EPD``; raises ``PanelError`` when it is not installed."""
    found = PathFinder.find_spec("epaper")  # finds the package without running any of it
    if found is None or not found.submodule_search_locations:
        raise PanelError("Waveshare's drivers are not installed: the distribution waveshare-epaper is missing")
    folder = PurePath(found.submodule_search_locations[0], *_FOLDER)
    name = f"{_PACKAGE}.{model}"
    loader = SourceFileLoader(name, str(folder / f"{model}.py"))
    module = ModuleType(name)
    module.__spec__ = ModuleSpec(name, loader, origin=loader.path)
    module.__package__ = _PACKAGE
    package = ModuleType(_PACKAGE)
    package.__path__ = [str(folder)]
    package.epdconfig = config  # type: ignore[attr-defined]
    with _loading:  # "from . import epdconfig" finds the package by its name, and for so long only
        sys.modules[_PACKAGE] = package
        try:
            loader.exec_module(module)
        except FileNotFoundError as error:
            raise PanelError(f"Waveshare has no driver {model}") from error
        except (ImportError, RuntimeError) as error:  # some import RPi.GPIO, which wants a Raspberry Pi
            raise PanelError(f"Waveshare's driver {model} does not load on this machine: {error}") from error
        finally:
            del sys.modules[_PACKAGE]
    module.logger.disabled = True
    return module.EPD()
