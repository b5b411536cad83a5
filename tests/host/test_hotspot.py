"""The access point: its file, the order in which Wi-Fi is switched, and the whole of it over a real bus."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from mapio_display.core.commands import Command, StartHotspot, StopHotspot
from mapio_display.core.facts.clock import Now, Tick
from mapio_display.core.facts.daemon import Daemon
from mapio_display.core.facts.hotspot import (
    HotspotFailed,
    HotspotFound,
    HotspotRules,
    HotspotStarted,
    HotspotState,
    HotspotStopped,
)
from mapio_display.core.facts.network import Address, NetworkChanged
from mapio_display.core.facts.web import WebListening
from mapio_display.core.snapshot import Snapshot
from mapio_display.errors import UnitError
from mapio_display.host.bus import SystemBus
from mapio_display.host.hotspot import ACCESS_POINT, LENGTH, LETTERS, HotspotActor
from mapio_display.host.systemd import Systemd
from mapio_display.state import State
from mapio_display.virtual.bus import PrivateBus
from mapio_display.virtual.systemd import VirtualSystemd
from mapio_display.words.catalogue import ENGLISH
from tests.host.conftest import Events
from tests.listener import PATIENCE_S, running

RULES = HotspotRules("wlan0_ap", "10.50.0.1", 60.0)
FILE = """# MAPIO's access point
country=FR
#psk="left alone"
network={
    ssid="MAPIO"
    mode=2
    key_mgmt=WPA-PSK
    psk="an old "one""  # in use
    frequency=2437
}
"""


class FakeUnits:
    """Units that are switched at once; ``fails`` names what cannot be done."""

    def __init__(self, active: bool | None = False) -> None:
        self.active = active
        self.asked: list[str] = []
        self.fails = ""

    async def is_active(self, unit: str) -> bool | None:
        assert unit == ACCESS_POINT
        return self.active

    async def start(self, unit: str) -> None:
        self._do(f"start {unit}")

    async def restart(self, unit: str) -> None:
        self._do(f"restart {unit}")

    async def stop(self, unit: str) -> None:
        self._do(f"stop {unit}")

    def _do(self, what: str) -> None:
        if what == self.fails:
            raise UnitError(f"systemd did not {what}")
        self.asked.append(what)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The access point's file."""
    file = tmp_path / "wpa_supplicant-ap.conf"
    file.write_text(FILE)
    return file


def has_wifi(name: str) -> bool:
    """A gateway's interfaces before there is a hotspot: the access point's own comes with it."""
    return name in ("eth0", "wlan0")


def actor(events: Events, units: FakeUnits, file: Path, *, exists: Callable[[str], bool] = has_wifi) -> HotspotActor:
    return HotspotActor(events, units, file, RULES, "wlan0", exists=exists)


async def test_the_stations_own_unit_is_stopped_and_started_where_it_is_another_unit(file: Path) -> None:
    events, units = Events(), FakeUnits()
    hotspot = HotspotActor(events, units, file, RULES, "wlan0", unit="station.service", exists=has_wifi)
    async with running(hotspot.run):
        for command, answer in ((StartHotspot(), HotspotStarted), (StopHotspot(), HotspotStopped)):
            hotspot.take(command)
            await events.until(answer)
    assert [what for what in units.asked if "station" in what] == ["stop station.service", "start station.service"]


async def test_up_it_has_a_new_password_and_nothing_else_of_the_file_is_another(file: Path) -> None:
    events, units = Events(), FakeUnits()
    hotspot = actor(events, units, file)
    passwords = set()
    async with running(hotspot.run):
        assert (await events.until(HotspotFound)).rules == RULES
        for _ in range(2):
            hotspot.take(StartHotspot())
            started = await events.until(HotspotStarted)
            assert started.ssid == "MAPIO"
            assert len(started.password) == LENGTH
            assert set(started.password) <= set(LETTERS)
            assert file.read_text() == FILE.replace('an old "one"', started.password)
            passwords.add(started.password)
    assert len(passwords) == 2
    assert file.stat().st_mode & 0o777 == 0o600
    assert units.asked[:2] == ["stop wpa_supplicant@wlan0.service", "restart wpa_supplicant-ap.service"]


async def test_down_wi_fi_looks_for_a_network_again(file: Path) -> None:
    events, units = Events(), FakeUnits()
    hotspot = actor(events, units, file)
    async with running(hotspot.run):
        hotspot.take(StopHotspot())
        await events.until(HotspotStopped)
    assert units.asked == ["stop wpa_supplicant-ap.service", "start wpa_supplicant@wlan0.service"]
    assert file.read_text() == FILE


async def test_it_goes_down_where_its_wi_fi_was_taken_out_too(file: Path) -> None:
    events, units = Events(), FakeUnits()
    hotspot = actor(events, units, file, exists=lambda _name: False)
    async with running(hotspot.run):
        hotspot.take(StopHotspot())
        await events.until(HotspotStopped)
    assert units.asked[0] == "stop wpa_supplicant-ap.service"


async def test_where_there_is_no_such_unit_there_is_no_hotspot(file: Path) -> None:
    events = Events()
    async with asyncio.timeout(PATIENCE_S):
        await actor(events, FakeUnits(active=None), file).run()
    assert events.all == []


async def test_one_that_is_up_already_is_reported(file: Path) -> None:
    events = Events()
    async with running(actor(events, FakeUnits(active=True), file).run):
        assert await events.until(HotspotStarted) == HotspotStarted("MAPIO", 'an old "one"')


async def test_its_name_may_be_written_in_digits(file: Path) -> None:
    file.write_text(FILE.replace('"MAPIO"', "476172C3A46765"))
    events = Events()
    async with running(actor(events, FakeUnits(active=True), file).run):
        assert (await events.until(HotspotStarted)).ssid == "Gar\u00e4ge"


async def test_without_a_name_in_the_file_it_is_mapio_and_a_key_in_digits_is_replaced_too(file: Path) -> None:
    file.write_bytes(b"# \xe9t\xe9\nnetwork={\n\tpsk=" + b"0a" * 32 + b"\n}\n")
    events = Events()
    hotspot = actor(events, FakeUnits(), file)
    async with running(hotspot.run):
        hotspot.take(StartHotspot())
        started = await events.until(HotspotStarted)
    assert started.ssid == "MAPIO"
    assert file.read_bytes() == b'# \xe9t\xe9\nnetwork={\n\tpsk="' + started.password.encode() + b'"\n}\n'


async def test_a_name_that_is_no_utf_8_is_reported_without_what_cannot_be_drawn(file: Path) -> None:
    old = b'network={\n\tssid="Caf\xe9"\n\tpsk="cr\xe8me"\n}\n'
    file.write_bytes(old)
    events = Events()
    hotspot = actor(events, FakeUnits(active=True), file)
    async with running(hotspot.run):
        assert await events.until(HotspotStarted) == HotspotStarted("Caf\ufffd", "cr\ufffdme")
        hotspot.take(StartHotspot())
        started = await events.until(HotspotStarted)
    assert started.ssid == "Caf\ufffd"
    assert file.read_bytes() == old.replace(b"cr\xe8me", started.password.encode())


async def refusal(file: Path, units: FakeUnits | None = None, exists: Callable[[str], bool] = has_wifi) -> str:
    """Have the hotspot started, and give the reason why it did not."""
    events, units = Events(), units or FakeUnits()
    hotspot = actor(events, units, file, exists=exists)
    async with running(hotspot.run):
        hotspot.take(StartHotspot())
        reason = ENGLISH.say((await events.until(HotspotFailed)).reason)
    assert "restart wpa_supplicant-ap.service" not in units.asked
    return reason


async def test_what_stands_in_its_way_is_reported(file: Path) -> None:
    units = FakeUnits()
    units.fails = "restart wpa_supplicant-ap.service"
    assert await refusal(file, units) == "systemd did not restart wpa_supplicant-ap.service"
    file.write_text("network={\n}\n")
    assert await refusal(file) == f'{file} has no line psk="…"'
    file.unlink()
    assert await refusal(file) == f"{file} cannot be read: No such file or directory"
    assert await refusal(file, exists=lambda _name: False) == "There is no wlan0"


async def test_a_file_that_cannot_be_written_stays_and_nothing_is_switched(file: Path) -> None:
    (file.parent / f".{file.name}.new").mkdir()  # where the new one would be written
    units = FakeUnits()
    assert await refusal(file, units) == f"{file} cannot be written: Is a directory"
    assert (file.read_text(), units.asked) == (FILE, [])


@pytest.mark.tools
async def test_from_a_boot_without_a_network_to_the_cable_over_a_real_bus(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dbus = PrivateBus(tmp_path)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", dbus.address)
    await dbus.start()
    systemd = VirtualSystemd(dbus.address, {ACCESS_POINT: "inactive", "wpa_supplicant@wlan0.service": "active"})
    await systemd.start()
    now = 100.0
    bus = SystemBus()

    def handle(command: Command) -> None:
        assert isinstance(command, StartHotspot | StopHotspot)
        hotspot.take(command)

    async def pause(_seconds: float) -> None:
        await asyncio.sleep(0.01)  # until the bus is there

    state = State(Snapshot(Daemon("0")), handle, lambda: Now(now, now))
    hotspot = HotspotActor(state, Systemd(bus), file, RULES, "wlan0", exists=has_wifi, pause=pause)

    async def until(wanted: HotspotState) -> Snapshot:
        while (snapshot := state.snapshot).hotspot.state is not wanted:
            await state.after(snapshot)
        return snapshot

    state.dispatch(WebListening(80))
    async with running(bus.run), running(hotspot.run), asyncio.timeout(PATIENCE_S):
        await until(HotspotState.OFF)
        now += RULES.after_s
        state.dispatch(Tick())
        state.dispatch(NetworkChanged(None, (Address("wlan0_ap", "10.50.0.1"),), "mapio"))
        told = (await until(HotspotState.ON)).hotspot
        assert f'psk="{told.password}"' in file.read_text()
        assert systemd.units == {ACCESS_POINT: "active", "wpa_supplicant@wlan0.service": "inactive"}
        state.dispatch(NetworkChanged("eth0", (Address("eth0", "192.168.1.20"),), "mapio"))
        await until(HotspotState.OFF)
        assert systemd.units == {ACCESS_POINT: "inactive", "wpa_supplicant@wlan0.service": "active"}
    systemd.stop()
    await dbus.stop()
