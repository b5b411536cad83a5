"""The services of the configuration, followed over a real bus by the signals of a played systemd."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from xml.etree import ElementTree

import pytest
from dbus_next.message import Message

from mapio_display.config.sections import DOCKER
from mapio_display.core.facts.services import Service, ServicesObserved, ServiceState
from mapio_display.host import bus as bus_module
from mapio_display.host import services
from mapio_display.host.bus import SystemBus
from mapio_display.host.services import ServicesSource
from mapio_display.host.systemd import MANAGER, UNIT
from mapio_display.virtual.bus import CallRefused, PrivateBus
from mapio_display.virtual.systemd import VirtualSystemd
from tests.host.conftest import Events

OURS = {"Docker": "docker.service", "MQTT": "mosquitto.service"}
THERE = {"docker.service": "active", "mosquitto.service": "inactive"}
RUNNING, STARTING, STOPPING, STOPPED, FAILED, MISSING = ServiceState


class Played(VirtualSystemd):
    """A systemd that counts what it is asked, and answers ``refused`` calls of a member with an error."""

    def __init__(self, address: str, units: Mapping[str, str]) -> None:
        super().__init__(address, units)
        self.calls: list[str] = []
        self.refused: dict[str, int] = {}

    def _answer(self, message: Message) -> Message | bool | None:
        member = message.member or ""
        if message.interface in (MANAGER, "org.freedesktop.DBus.Properties") and message.destination:
            self.calls.append(member)
            if self.refused.get(member, 0):
                self.refused[member] -= 1
                return Message.new_error(message, "org.freedesktop.DBus.Error.Failed", "not now")
        return super()._answer(message)


@pytest.fixture
async def played(dbus: PrivateBus) -> AsyncIterator[Played]:
    """A systemd with Docker running and a broker that does not."""
    played = Played(dbus.address, THERE)
    await played.start()
    yield played
    played.stop()


class Reports(Events):
    """What the source reports."""

    async def states(self, *states: ServiceState | None) -> None:
        """Wait until the services listed have these states."""
        await self.until(ServicesObserved, lambda event: [one.state for one in event.services] == [*states])


@asynccontextmanager
async def following(units: Mapping[str, str] = OURS) -> AsyncIterator[Reports]:
    """The source at work on these units."""
    reports, bus = Reports(), SystemBus()
    source = ServicesSource(bus, reports, units)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        tasks = [group.create_task(part) for part in (source.run(), bus.run())]
        yield reports
        for task in tasks:
            task.cancel()


async def test_a_units_state_is_followed_by_its_signals_alone(played: Played) -> None:
    async with following() as reports:
        event = await reports.until(ServicesObserved, lambda event: len(event.services) == 2)
        assert event.services[1] == Service("MQTT", "mosquitto.service", STOPPED)
        at_first = len(played.calls)
        for wire, state in (
            ("deactivating", STOPPING),
            ("failed", FAILED),
            ("activating", STARTING),
            ("active", RUNNING),
            ("inactive", STOPPED),
        ):
            played.change("docker.service", wire)
            await reports.states(state, STOPPED)
        assert played.calls.count("Subscribe") == 1
        assert played.calls[at_first:] == ["Get"] * 2 * 5, "nothing is asked but what a signal gave the reason for"


async def test_docker_is_shown_by_default_where_its_unit_exists(played: Played) -> None:
    played.units = {}
    async with following({**DOCKER, "MQTT": "mosquitto.service"}) as reports:
        await reports.states(MISSING)
        played.reload({"docker.service": "inactive"})
        await reports.states(STOPPED, MISSING)
        played.reload({})
        await reports.states(MISSING)


async def test_another_unit_that_does_not_exist_is_shown_as_missing_until_it_does(played: Played) -> None:
    async with following({"Node-RED": "nodered.service"}) as reports:
        await reports.states(MISSING)
        played.reload({**THERE, "nodered.service": "active"})
        await reports.states(RUNNING)


async def test_a_unit_that_runs_though_its_file_is_gone_is_running(played: Played) -> None:
    async with following({"Node-RED": "nodered.service"}) as reports:
        await reports.states(MISSING)
        played.change("nodered.service", "active")
        await reports.states(RUNNING)


async def test_a_unit_that_reads_its_configuration_anew_is_running(played: Played) -> None:
    played.units["docker.service"] = "reloading"
    async with following() as reports:
        await reports.states(RUNNING, STOPPED)


async def test_a_state_of_a_later_systemd_is_not_known(played: Played) -> None:
    async with following() as reports:
        await reports.states(RUNNING, STOPPED)
        played.change("docker.service", "hibernating")
        await reports.states(None, STOPPED)


async def test_without_systemd_nothing_is_known_and_another_systemd_is_asked_anew(
    played: Played, dbus: PrivateBus
) -> None:
    async with following() as reports:
        await reports.states(RUNNING, STOPPED)
        played.stop()
        await reports.states(None, None)
        another = Played(dbus.address, {"docker.service": "failed", "mosquitto.service": "active"})
        await another.start()
        await reports.states(FAILED, RUNNING)
        another.change("mosquitto.service", "failed")
        await reports.states(FAILED, FAILED)
        another.stop()


async def test_another_bus_is_asked_for_the_signals_anew(
    played: Played, dbus: PrivateBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_module, "FIRST_PAUSE_S", 0.01)
    async with following() as reports:
        await reports.states(RUNNING, STOPPED)
        played.stop()
        await dbus.stop()
        await reports.states(None, None)
        await dbus.start()
        await played.start()
        await reports.states(RUNNING, STOPPED)
        played.change("docker.service", "failed")
        await reports.states(FAILED, STOPPED)


@pytest.mark.parametrize("member", ["Subscribe", "LoadUnit", "Get"])
async def test_a_systemd_that_refuses_is_asked_again(
    played: Played, monkeypatch: pytest.MonkeyPatch, member: str
) -> None:
    monkeypatch.setattr(services, "AGAIN_S", 0.01)
    played.refused = {member: 2}
    async with following() as reports:
        await reports.states(None)  # whether there is Docker is not known yet
        await reports.states(RUNNING, STOPPED)


async def test_a_client_that_is_subscribed_already_goes_on(played: Played) -> None:
    def refuse() -> None:
        raise CallRefused(services.SUBSCRIBED, "Client is already subscribed.")

    played.offer(MANAGER, {"Subscribe": refuse})
    async with following() as reports:
        await reports.states(RUNNING, STOPPED)


async def test_an_answer_that_is_none_of_systemds_ends_nothing(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "AGAIN_S", 0.01)
    odd = iter((("", []), ("as", [["/org"]])))
    played.offer(MANAGER, {"LoadUnit": lambda unit: next(odd, None) or played.loaded(unit)})
    async with following() as reports:
        await reports.states(None)  # whether there is Docker is not known yet
        await reports.states(RUNNING, STOPPED)


@pytest.mark.tools
def test_systemd_itself_offers_what_is_asked_of_it() -> None:
    """By what the installed systemd says of its own interfaces."""

    def offered(interface: str) -> ElementTree.Element:
        command = [shutil.which("systemd") or "/usr/lib/systemd/systemd", f"--bus-introspect={interface}"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found = ElementTree.fromstring(text).find(f"interface[@name='{interface}']")  # noqa: S314 - our own systemd
        assert found is not None, text
        return found

    def types(member: ElementTree.Element | None) -> list[str]:
        assert member is not None
        return [argument.attrib["type"] for argument in member.findall("arg")]

    manager, unit = offered(MANAGER), offered(UNIT)
    assert types(manager.find("method[@name='Subscribe']")) == []
    assert types(manager.find("method[@name='LoadUnit']")) == ["s", "o"]
    assert types(manager.find("signal[@name='Reloading']")) == ["b"]
    active, loaded = (unit.find(f"property[@name='{name}']") for name in ("ActiveState", "LoadState"))
    assert active is not None
    assert loaded is not None
    assert active.find("annotation") is None, "its changes are signalled, with or without the value"
