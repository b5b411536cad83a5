"""Units switched over a real bus, by a stand-in for systemd."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from mapio_display.errors import UnitError
from mapio_display.host import systemd
from mapio_display.host.bus import Connected, SystemBus
from mapio_display.host.systemd import Systemd
from mapio_display.virtual.bus import PrivateBus
from mapio_display.virtual.systemd import VirtualSystemd


@pytest.fixture
async def bus(dbus: PrivateBus) -> AsyncIterator[SystemBus]:
    """A connection to the test's bus."""
    bus = SystemBus()
    inbox = bus.follow()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        task = group.create_task(bus.run())
        assert isinstance(await inbox.get(), Connected)
        yield bus
        task.cancel()


@pytest.fixture
async def played(dbus: PrivateBus) -> AsyncIterator[VirtualSystemd]:
    """A systemd with a unit that runs and one that does not."""
    played = VirtualSystemd(dbus.address, {"one.service": "active", "two.service": "inactive"})
    await played.start()
    yield played
    played.stop()


@pytest.mark.usefixtures("played")
async def test_a_unit_runs_or_not_or_is_not_there(bus: SystemBus) -> None:
    asked = [await Systemd(bus).is_active(f"{name}.service") for name in ("one", "two", "three")]
    assert asked == [True, False, None]


async def test_a_unit_that_was_stopped_has_ended(bus: SystemBus, played: VirtualSystemd) -> None:
    await Systemd(bus).stop("one.service")
    assert played.units["one.service"] == "inactive"
    await Systemd(bus).start("one.service")
    await Systemd(bus).restart("two.service")
    assert played.asked == ["StopUnit one.service", "StartUnit one.service", "RestartUnit two.service"]


async def test_a_unit_is_enabled_for_every_boot_and_disabled_again(bus: SystemBus, played: VirtualSystemd) -> None:
    await Systemd(bus).enable("two.service")
    assert [await Systemd(bus).is_enabled(f"{name}.service") for name in ("one", "two", "three")] == [
        False,
        True,
        False,
    ]
    played.booted()
    assert await Systemd(bus).is_active("two.service")
    await Systemd(bus).disable("two.service")
    assert not await Systemd(bus).is_enabled("two.service")
    with pytest.raises(UnitError, match=r"EnableUnitFiles of three\.service: Unit three\.service not loaded"):
        await Systemd(bus).enable("three.service")


@pytest.mark.usefixtures("played")
async def test_what_is_not_there_need_not_be_stopped_but_cannot_be_started(bus: SystemBus) -> None:
    await Systemd(bus).stop("three.service")
    with pytest.raises(UnitError, match=r"StartUnit of three\.service: Unit three\.service not loaded"):
        await Systemd(bus).start("three.service")


async def test_a_unit_that_does_not_end_is_an_error(
    bus: SystemBus, played: VirtualSystemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(systemd, "STOP_S", 0.0)
    played.lasting.add("one.service")
    with pytest.raises(UnitError, match="did not end within"):
        await Systemd(bus).stop("one.service")


async def test_without_systemd_or_a_bus_it_is_an_error(bus: SystemBus) -> None:
    for connection in (bus, SystemBus()):
        with pytest.raises(UnitError, match=r"systemd: LoadUnit of one\.service"):
            await Systemd(connection).is_active("one.service")


@pytest.mark.parametrize(("status", "succeeds"), [(0, True), (1, False)])
async def test_a_oneshot_unit_is_run_to_its_end(bus: SystemBus, dbus: PrivateBus, status: int, succeeds: bool) -> None:
    ended = asyncio.Event()

    async def once(instance: str) -> int:
        assert instance == "rootfs.1"
        await asyncio.sleep(0)
        ended.set()
        return status

    systemd_there = VirtualSystemd(dbus.address, {}, templates={"repair": once})
    await systemd_there.start()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(systemd_there.run())
        assert await Systemd(bus).run("repair@rootfs.1.service") is succeeds
        assert ended.is_set()
        with pytest.raises(UnitError, match=r"StartUnit of other@rootfs\.1\.service: Unit .* not loaded"):
            await Systemd(bus).run("other@rootfs.1.service")
        running.cancel()
    systemd_there.stop()
