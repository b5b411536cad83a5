"""Where Wi-Fi is, and whether it can be set up there; what carries that out is loaded only then."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from mapio_display.core.facts.wifi import WifiFound
from mapio_display.core.protocols import Pause, StatePort
from mapio_display.frozen import Frozen
from mapio_display.host.systemd import UnitsPort, answered

OTHERS = ("NetworkManager.service", "iwd.service", "connman.service")  # they have the interfaces to themselves
LOOK_S = 5.0  # between two looks for the interface

_log = logging.getLogger(__name__)


class UnitFilesPort(UnitsPort, Protocol):
    """What is asked of systemd. All calls raise ``UnitError``."""

    async def is_enabled(self, unit: str) -> bool:
        """Say whether a unit is started at every boot."""

    async def enable(self, unit: str) -> None:
        """Have a unit started at every boot."""

    async def disable(self, unit: str) -> None:
        """Have a unit started at no boot."""


class Station(Frozen):
    """The station's interface, its file for wpa_supplicant, and the unit that runs that there.

    A new file gets the country of ``other``, the access point's file.
    """

    interface: str
    file: Path
    unit: str
    other: Path


async def wait_for_wifi(
    state: StatePort,
    units: UnitFilesPort,
    station: Station,
    exists: Callable[[str], bool],
    pause: Pause = asyncio.sleep,
) -> bool:
    """Return True as soon as there is the interface; False without the unit, and where another program joins networks.

    ``exists`` says whether there is an interface of a name. While there is none, that is reported to the core.
    """
    if (reason := await answered(lambda: _unfit(units, station), pause)) is not None:
        _log.info("Wi-Fi is not set up here: %s", reason)
        state.dispatch(WifiFound(station.interface, available=False))
        return False
    if not exists(station.interface):
        _log.info("No Wi-Fi yet: there is no %s", station.interface)
        state.dispatch(WifiFound(station.interface, available=False))
        while not exists(station.interface):  # its firmware may be loaded late
            await pause(LOOK_S)
    return True


async def _unfit(units: UnitFilesPort, station: Station) -> str | None:
    """Why Wi-Fi cannot be set up; None where it can."""
    if await units.is_active(station.unit) is None:
        return f"there is no {station.unit}"
    for other in OTHERS:
        if await units.is_enabled(other):
            return f"{other} does that"
    return None
