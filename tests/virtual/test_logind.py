"""The stand-in for logind, asked by the daemon's own client on a real bus."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mapio_display.errors import RebootError
from mapio_display.update.bus import SystemBus
from mapio_display.update.logind import MANAGER, Logind
from mapio_display.virtual.bus import PrivateBus
from mapio_display.virtual.logind import virtual_logind
from mapio_display.virtual.tools import ToolError
from tests.virtual.conftest import connected


@pytest.fixture
async def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SystemBus]:
    private = PrivateBus(tmp_path)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", private.address)
    await private.start()
    bus = SystemBus([])
    try:
        async with connected(bus):
            yield bus
    finally:
        await private.stop()


async def test_it_is_told_to_reboot_and_to_power_off(bus: SystemBus, tmp_path: Path) -> None:
    asked: list[str] = []
    service = virtual_logind(PrivateBus(tmp_path).address, lambda: asked.append("reboot"), lambda: asked.append("off"))
    await service.start()
    await Logind(bus).reboot()
    await bus.call(*MANAGER, "PowerOff", "b", False)
    assert asked == ["reboot", "off"]
    assert await bus.call(*MANAGER, "CanReboot") == ("yes",)
    service.stop()


async def test_without_it_the_reboot_is_an_error(bus: SystemBus) -> None:
    with pytest.raises(RebootError, match="logind did not take the reboot"):
        await Logind(bus).reboot()


async def test_a_name_has_one_owner(bus: SystemBus, tmp_path: Path) -> None:
    address = PrivateBus(tmp_path).address
    first = virtual_logind(address, print, print)
    second = virtual_logind(address, print, print)
    await first.start()
    with pytest.raises(ToolError, match=r"org\.freedesktop\.login1 is on the bus already"):
        await second.start()
    first.stop()
    second.stop()
