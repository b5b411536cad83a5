"""The stand-in for logind, and the daemon's own client of it, on a real bus."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from dbus_next.aio.message_bus import MessageBus
from dbus_next.message import Message

from mapio_display.core.facts.shutdown import Shutdown, ShutdownAnnounced, ShutdownCancelled
from mapio_display.errors import RebootError
from mapio_display.host.bus import DBUS, SystemBus, close
from mapio_display.host.logind import INTERFACE, MANAGER, NAME, SYSTEMD, Logind
from mapio_display.virtual.bus import OpenFile, PrivateBus, Service
from mapio_display.virtual.logind import VirtualLogind
from mapio_display.virtual.tools import ToolError
from tests.host.conftest import Events, unique_name_of_the_follower


@asynccontextmanager
async def following(events: Events) -> AsyncIterator[tuple[SystemBus, Logind]]:
    """The client at work."""
    bus = SystemBus()
    logind = Logind(bus, events, lambda: "14:05")
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        tasks = [group.create_task(bus.run()), group.create_task(logind.run())]
        yield bus, logind
        for task in tasks:
            task.cancel()


class Played(VirtualLogind):
    """The stand-in at work, and what it was asked for at last."""

    def __init__(self, address: str) -> None:
        self.down: list[str] = []
        super().__init__(
            address, {"reboot": lambda: self.down.append("reboot"), "poweroff": lambda: self.down.append("off")}
        )


@asynccontextmanager
async def played(dbus: PrivateBus) -> AsyncIterator[Played]:
    logind = Played(dbus.address)
    await logind.start()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(logind.run())
        yield logind
        running.cancel()
    logind.stop()


async def until(holds: Callable[[], bool]) -> None:
    """Let the loop turn until something holds."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - the stand-in does not tell
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("method", "kind", "down"), [("Reboot", Shutdown.RESTART, "reboot"), ("PowerOff", Shutdown.OFF, "off")]
)
async def test_the_machine_goes_down_only_when_it_may(dbus: PrivateBus, method: str, kind: Shutdown, down: str) -> None:
    events = Events()
    async with played(dbus) as machine, following(events) as (bus, logind):
        await until(lambda: machine.inhibitors == 1)
        await bus.call(*MANAGER, method, "b", False)
        assert await events.until(ShutdownAnnounced) == ShutdownAnnounced(kind, "14:05")
        assert await events.until(ShutdownAnnounced) == ShutdownAnnounced(None, "14:05"), "the older signal follows"
        assert machine.down == []
        logind.release()
        logind.release()
        await until(lambda: machine.down == [down])


async def test_a_client_that_ends_holds_nothing_up(dbus: PrivateBus) -> None:
    async with played(dbus) as machine:
        async with following(Events()):
            await until(lambda: machine.inhibitors == 1)
        await until(lambda: machine.inhibitors == 0)


async def test_a_logind_that_comes_later_is_asked_to_wait_too_and_one_that_comes_again(dbus: PrivateBus) -> None:
    async with following(Events()):
        for _ in range(2):
            async with played(dbus) as machine:
                await until(lambda: machine.inhibitors == 1)


async def test_the_older_signal_alone_does_not_say_what_for_and_a_cancelled_one_is_waited_for_again(
    dbus: PrivateBus,
) -> None:
    events = Events()
    asked: list[int] = []

    def inhibit(*_: str) -> OpenFile:
        asked.append(os.open("/dev/null", os.O_RDONLY))
        return OpenFile(asked[-1])

    old = Service(dbus.address, NAME, MANAGER[1])
    old.offer(INTERFACE, {"Inhibit": inhibit})
    await old.start()
    async with following(events):
        await until(lambda: len(asked) == 1)
        old.signal(INTERFACE, "PrepareForShutdown", "b", True)
        assert await events.until(ShutdownAnnounced) == ShutdownAnnounced(None, "14:05")
        old.signal(INTERFACE, "PrepareForShutdown", "b", False)
        await events.until(ShutdownCancelled)
        await until(lambda: len(asked) == 2)
    old.stop()


async def test_a_strangers_announcement_is_none(dbus: PrivateBus) -> None:
    events = Events()
    async with played(dbus) as machine, following(events) as (bus, _):
        await until(lambda: machine.inhibitors == 1)
        stranger = await MessageBus(bus_address=dbus.address).connect()
        forged = Message.new_signal(MANAGER[1], INTERFACE, "PrepareForShutdown", "b", [True])
        forged.destination = await unique_name_of_the_follower(stranger)
        await stranger.send(forged)
        await stranger.call(Message(*DBUS, "GetId"))  # all that has been sent
        close(stranger)
        await bus.call(*MANAGER, "Reboot", "b", False)
        assert (await events.until(ShutdownAnnounced)).kind is Shutdown.RESTART, "the forged one tells of no kind"


@pytest.mark.parametrize(
    ("jobs", "kind"),
    [
        ([("reboot.target", "start")], Shutdown.RESTART),
        ([("mapio-display.service", "stop"), ("poweroff.target", "start")], Shutdown.OFF),
        ([("kexec.target", "start")], Shutdown.RESTART),
        ([("mapio-display.service", "stop")], None),
        ([("reboot.target", "stop")], None),
        ([], None),
    ],
)
async def test_systemds_jobs_report_what_it_stops_us_for(
    dbus: PrivateBus, jobs: list[tuple[str, str]], kind: Shutdown | None
) -> None:
    rows = [[number, unit, job, "waiting", f"/job/{number}", "/unit"] for number, (unit, job) in enumerate(jobs)]
    systemd = Service(dbus.address, SYSTEMD[0], SYSTEMD[1])
    systemd.offer(SYSTEMD[2], {"ListJobs": lambda: ("a(usssoo)", [rows])})
    await systemd.start()
    async with following(events := Events()) as (bus, logind):
        await until(lambda: bus.connected)
        assert await logind.going() is kind
    systemd.stop()
    assert events.all == []


@pytest.mark.parametrize("reply", [None, ("s", ["jobs"]), ("", []), ("a(s)", [[["reboot.target"]]])])
async def test_a_systemd_that_does_not_report_or_talks_nonsense_is_not_waited_for(
    dbus: PrivateBus, reply: tuple[str, list[object]] | None
) -> None:
    systemd = Service(dbus.address, SYSTEMD[0], SYSTEMD[1])
    systemd.offer(SYSTEMD[2], {"ListJobs": lambda: reply})
    await systemd.start()
    async with following(Events()) as (bus, logind):
        await until(lambda: bus.connected)
        assert await logind.going() is None
    systemd.stop()


async def test_without_it_the_reboot_is_an_error(dbus: PrivateBus) -> None:
    async with following(Events()) as (bus, logind):
        await until(lambda: bus.connected)
        with pytest.raises(RebootError, match="logind did not take the reboot"):
            await logind.reboot()


async def test_a_name_has_one_owner(dbus: PrivateBus) -> None:
    async with played(dbus):
        second = Played(dbus.address)
        with pytest.raises(ToolError, match=r"org\.freedesktop\.login1 is on the bus already"):
            await second.start()
        second.stop()
