"""The panel's SPI bus through the kernel's spidev."""

import os
import re
from collections.abc import Callable
from typing import Protocol

import spidev

from mapio_display.errors import PanelError

_DEVICE = re.compile(r"/dev/spidev(\d+)\.(\d+)", re.ASCII)
SPEED_HZ = 4_000_000  # the SSD1680 takes 20 MHz; MAPIO's wiring is run at 4


class SpiDevice(Protocol):
    """What is used of ``spidev.SpiDev``."""

    max_speed_hz: int
    mode: int

    def open(self, bus: int, device: int) -> None:
        """Open ``/dev/spidevBUS.DEVICE``. By its path it can be opened from spidev 3.8 on only."""

    def writebytes2(self, data: bytes) -> None:
        """Send bytes, split where the kernel's ``bufsiz`` asks for it: 4096 by default, and a 2.13" frame is 4000."""

    def close(self) -> None:
        """Close the device file."""


class SpiBus:
    """One SPI device; the kernel works the chip select."""

    def __init__(self, path: str, device: Callable[[], SpiDevice] = spidev.SpiDev) -> None:
        self._path = path
        self._make = device
        self._device: SpiDevice | None = None

    def open(self) -> None:
        """Open the device file; raises ``PanelError``."""
        found = _DEVICE.fullmatch(self._path) or _DEVICE.fullmatch(os.path.realpath(self._path))
        if found is None:
            raise PanelError(f"The panel's bus {self._path} must be a file /dev/spidevBUS.DEVICE, or a link to one")
        device = self._make()
        try:
            device.open(int(found[1]), int(found[2]))
            device.max_speed_hz = SPEED_HZ
            device.mode = 0
        except OSError as error:
            device.close()
            raise PanelError(f"The panel's bus {self._path} cannot be opened: {error.strerror}") from error
        self._device = device

    def close(self) -> None:
        """Close the device file."""
        if self._device is not None:
            self._device.close()
            self._device = None

    def write(self, data: bytes) -> None:
        """Send bytes; raises ``PanelError``."""
        if self._device is None:
            raise PanelError(f"The panel's bus {self._path} is closed")
        try:
            self._device.writebytes2(data)
        except OSError as error:
            raise PanelError(f"The panel's bus {self._path} does not take bytes: {error.strerror}") from error
