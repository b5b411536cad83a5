"""Whether Wi-Fi can be set up: by its unit, by other programs, and by the interface."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from mapio_display.core.facts.wifi import WifiFound
from mapio_display.errors import UnitError
from mapio_display.host.wpa.place import Station, wait_for_wifi
from tests.host.conftest import Events

STATION = Station("wlan0", Path("/etc/station.conf"), "wpa_supplicant@wlan0.service", Path("/etc/ap.conf"))
ABSENT = WifiFound("wlan0", available=False)


class Units:
    """Units of which only the state is asked; systemd answers after ``silent`` questions."""

    def __init__(self, *, active: bool | None = False, enabled: str = "", silent: int = 0) -> None:
        self.active = active
        self.enabled = enabled
        self.silent = silent
        self.pauses: list[float] = []

    async def is_active(self, unit: str) -> bool | None:
        assert unit == STATION.unit
        self.silent -= 1
        if self.silent >= 0:
            raise UnitError("no connection to D-Bus")
        return self.active

    async def is_enabled(self, unit: str) -> bool:
        return unit == self.enabled

    async def start(self, unit: str) -> None:
        raise NotImplementedError

    restart = stop = enable = disable = start


async def waited(units: Units, events: Events, *, interfaces: list[bool]) -> bool:
    """What comes of it; the interface is there or not as it is looked for."""

    async def pause(seconds: float) -> None:
        units.pauses.append(seconds)

    async with asyncio.timeout(10):
        return await wait_for_wifi(events, units, STATION, lambda _name: interfaces.pop(0), pause)


async def test_an_interface_that_comes_late_is_waited_for() -> None:
    units, events = Units(), Events()
    assert await waited(units, events, interfaces=[False, False, True])
    assert events.all == [ABSENT]
    assert units.pauses == [5]


async def test_systemd_may_come_up_later() -> None:
    units, events = Units(silent=3), Events()
    assert await waited(units, events, interfaces=[True])
    assert (units.pauses, events.all) == ([1, 2, 4], [])


@pytest.mark.parametrize("units", [Units(active=None), Units(enabled="NetworkManager.service")])
async def test_without_the_unit_and_beside_another_program_there_is_no_wi_fi_to_set_up(units: Units) -> None:
    events = Events()
    assert not await waited(units, events, interfaces=[])
    assert events.all == [ABSENT]


def test_without_wi_fi_nothing_of_it_is_loaded() -> None:
    code = "import sys, mapio_display.daemon; print([name for name in sys.modules if '.wpa.' in name])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "['mapio_display.host.wpa.place']\n"
