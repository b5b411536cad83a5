"""The station over a socket: what is asked of wpa_supplicant and of systemd, in which order, and what is reported."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mapio_display.core.commands import (
    ConnectWifi,
    ForgetWifi,
    KeepWifi,
    LeaveWifi,
    PrepareWifi,
    ScanWifi,
    SetWifiCountry,
)
from mapio_display.core.facts import wifi
from mapio_display.core.facts.wifi import (
    WifiFileFailed,
    WifiFound,
    WifiJoined,
    WifiSaved,
    WifiScanFailed,
    WifiScanned,
)
from mapio_display.core.facts.wifi_join import WifiConnected, WifiJoinFailed, WifiKept, WifiPrepared, WifiTrouble
from mapio_display.core.ssid import Security, Ssid, ssid_of
from mapio_display.errors import UnitError
from mapio_display.host.wpa import supplicant as module
from mapio_display.host.wpa.file import Credentials, load, parse, pbkdf2, store
from mapio_display.host.wpa.place import Station
from mapio_display.host.wpa.station import StationActor
from mapio_display.virtual.wpa import AIR, Network, VirtualWpa
from mapio_display.words.catalogue import ENGLISH
from tests.host.conftest import Events
from tests.listener import running

UNIT = "wpa_supplicant@wlan0.service"
HOME, ATTIC, CELLAR, NEIGHBOUR = (ssid_of(router.ssid) for router in AIR)
OLD = Credentials(ssid_of(b"Old"))
HASTE = 100.0


class FakeUnits:
    """Units that are switched at once, the station's with its scripted wpa_supplicant."""

    def __init__(self, wpa: VirtualWpa, *, active: bool | None = False) -> None:
        self.wpa = wpa
        self.active = active
        self.enabled: set[str] = set()
        self.asked: list[str] = []
        self.fails = ""

    async def is_active(self, unit: str) -> bool | None:
        assert unit == UNIT
        return self.active

    async def is_enabled(self, unit: str) -> bool:
        return unit in self.enabled

    async def start(self, unit: str) -> None:
        self._do(f"start {unit}")
        self.active = True
        self.wpa.start()

    async def restart(self, unit: str) -> None:
        self._do(f"restart {unit}")
        self.wpa.stop()
        self.wpa.start()

    async def stop(self, unit: str) -> None:
        self._do(f"stop {unit}")
        self.active = False
        self.wpa.stop()

    async def enable(self, unit: str) -> None:
        self._do(f"enable {unit}")
        self.enabled.add(unit)

    async def disable(self, unit: str) -> None:
        self._do(f"disable {unit}")
        self.enabled.discard(unit)

    def _do(self, what: str) -> None:
        if what.startswith(self.fails or "\0"):
            raise UnitError(f"systemd did not {what}")
        self.asked.append(what.partition(" ")[0])


@dataclass
class Play:
    """A station and what is around it."""

    folder: Path
    events: Events = field(default_factory=Events)

    def __post_init__(self) -> None:
        self.file = self.folder / "station.conf"
        self.file.write_text(f"ctrl_interface={self.folder}/wpa\nupdate_config=1\n")
        self.wpa = VirtualWpa(self.folder / "wpa" / "wlan0", self.file, haste=HASTE)
        self.units = FakeUnits(self.wpa)
        self.interfaces = {"wlan0"}
        self.actor = StationActor(
            self.events,
            self.units,
            Station("wlan0", self.file, UNIT, self.folder / "ap.conf"),
            exists=lambda name: name in self.interfaces,
        )

    @asynccontextmanager
    async def runs(self) -> AsyncIterator["Play"]:
        async with running(self.actor.run):
            yield self

    @property
    def saved(self) -> tuple[Ssid, ...]:
        return load(self.file).saved

    def save(self, *networks: Credentials) -> None:
        file = load(self.file)
        for network in networks:
            file = file.with_network(network)
        store(self.file, file)

    async def join(
        self,
        ssid: Ssid,
        password: str | None,
        security: Security | None = None,
        *,
        hidden: bool = False,
        saved: bool = False,
    ) -> None:
        """Go as far as looking for the network."""
        self.actor.take(PrepareWifi(ssid, password, security, hidden, saved))
        await self.events.until(WifiPrepared)
        self.actor.take(ConnectWifi())


@pytest.fixture
async def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Play]:
    """A gateway that has no network yet, and whose wpa_supplicant does not run."""
    monkeypatch.setattr(module, "OFTEN_S", 0.005)
    monkeypatch.setattr(module, "LOOK_S", 0.05)
    play = Play(tmp_path)
    yield play
    play.wpa.kill()


@pytest.mark.parametrize(
    ("ssid", "password", "security", "hidden"),
    [
        (HOME, "correct horse", Security.WPA2, False),
        (ATTIC, "battery staple", Security.WPA3, False),
        (CELLAR, "down the stairs", None, True),
    ],
)
async def test_a_network_is_joined_in_memory_and_written_when_it_is_kept(
    play: Play, ssid: Ssid, password: str, security: Security | None, hidden: bool
) -> None:
    play.save(OLD)
    before = play.file.read_bytes()
    async with play.runs():
        assert await play.events.until(WifiFound) == WifiFound("wlan0", available=True)
        assert await play.events.until(WifiSaved) == WifiSaved((OLD.ssid,))
        await play.join(ssid, password, security, hidden=hidden)
        assert (await play.events.until(WifiJoined, lambda event: event.ssid is not None)).ssid == ssid
        await play.events.until(WifiConnected)
        assert play.file.read_bytes() == before, "not before it has an address"
        assert play.units.asked == ["start"]
        play.actor.take(KeepWifi())
        await play.events.until(WifiKept)
        assert await play.events.until(WifiSaved) == WifiSaved((OLD.ssid, ssid))
    assert play.saved == (OLD.ssid, ssid)
    assert play.file.read_bytes().startswith(before)
    assert play.units.asked == ["start", "enable"]
    assert password.encode() not in play.file.read_bytes()


async def test_a_wrong_password_is_recognized_and_costs_nothing(play: Play) -> None:
    play.save(OLD, Credentials(HOME, "ab" * 32))
    before = play.file.read_bytes()
    async with play.runs():
        await play.join(HOME, "wrong horse", Security.WPA2)
        assert await play.events.until(WifiJoinFailed) == WifiJoinFailed(wifi.WRONG_PASSWORD)
        play.actor.take(LeaveWifi())
        async with asyncio.timeout(10):
            while play.units.asked != ["start", "stop"]:  # noqa: ASYNC110 - a list reports nothing
                await asyncio.sleep(0.005)
    assert play.file.read_bytes() == before


@pytest.mark.parametrize(("ssid", "security"), [(NEIGHBOUR, Security.WPA2), (ATTIC, Security.WPA3)])
async def test_wpa3_and_a_router_that_refuses_everybody_say_wrong_password_too(
    play: Play, ssid: Ssid, security: Security
) -> None:
    async with play.runs():
        await play.join(ssid, "wrong horse", security)
        assert await play.events.until(WifiJoinFailed) == WifiJoinFailed(wifi.WRONG_PASSWORD)


async def test_a_network_that_is_not_there_is_reported_and_looked_for_on(play: Play) -> None:
    async with play.runs():
        await play.join(ssid_of(b"Nowhere"), "correct horse", Security.WPA2)
        assert await play.events.until(WifiTrouble) == WifiTrouble(wifi.NOT_FOUND)


async def test_given_up_the_networks_of_before_are_joined_again(play: Play) -> None:
    async with play.runs():
        await play.join(HOME, "correct horse", Security.WPA2)
        await play.events.until(WifiConnected)
        play.actor.take(KeepWifi())
        await play.events.until(WifiKept)
        await play.join(NEIGHBOUR, "wrong horse", Security.WPA2)
        await play.events.until(WifiJoinFailed)
        play.actor.take(LeaveWifi())
        assert (await play.events.until(WifiJoined, lambda event: event.ssid is not None)).ssid == HOME
    assert play.saved == (HOME,)


async def test_a_scan_without_wpa_supplicant_starts_it_for_that_alone_and_joins_nothing(play: Play) -> None:
    play.save(Credentials(HOME, "ab" * 32))
    async with play.runs():
        play.actor.take(ScanWifi())
        networks = (await play.events.until(WifiScanned)).networks
        async with asyncio.timeout(10):
            while play.units.asked != ["start", "stop"]:  # noqa: ASYNC110 - a list reports nothing
                await asyncio.sleep(0.005)
    assert [(each.ssid, each.signal, each.security) for each in networks] == [
        (HOME, -48, Security.WPA2),
        (ATTIC, -61, Security.WPA3),
        (NEIGHBOUR, -80, Security.WPA2),
    ], "the hidden one has no name"


async def test_a_scan_before_a_boot_has_started_wpa_supplicant_does_not_stop_it(play: Play) -> None:
    play.units.enabled.add(UNIT)
    async with play.runs():
        play.actor.take(ScanWifi())
        await play.events.until(WifiScanned)
        await play.join(NEIGHBOUR, "wrong horse", Security.WPA2)
        await play.events.until(WifiJoinFailed)
        play.actor.take(LeaveWifi())
        play.actor.take(ScanWifi())
        await play.events.until(WifiScanned)
    assert play.units.asked == ["start"]


async def test_beside_the_hotspot_a_scan_stops_it_again_in_any_case(play: Play) -> None:
    play.units.enabled.add(UNIT)
    async with play.runs():
        play.actor.take(ScanWifi(over_hotspot=True))
        await play.events.until(WifiScanned)
        async with asyncio.timeout(10):
            while play.units.asked != ["start", "stop"]:  # noqa: ASYNC110 - a list reports nothing
                await asyncio.sleep(0.005)


async def test_a_scan_with_it_leaves_it_running(play: Play) -> None:
    await play.units.start(UNIT)
    async with play.runs():
        await play.events.until(WifiJoined)
        play.actor.take(ScanWifi())
        await play.events.until(WifiScanned)
    assert play.units.asked == ["start"]


async def test_with_a_scan_the_file_is_read_again(play: Play) -> None:
    async with play.runs():
        assert (await play.events.until(WifiSaved)).saved == ()
        play.save(Credentials(HOME, "ab" * 32))
        play.actor.take(ScanWifi())
        assert (await play.events.until(WifiSaved)).saved == (HOME,)
        await play.events.until(WifiScanned)


async def test_many_networks_come_in_pages(play: Play) -> None:
    many = tuple(
        AIR[0].__class__(f"network {at}".encode(), "02:00:00:00:00:01", -50, "[ESS]", None) for at in range(200)
    )
    play.wpa = VirtualWpa(play.wpa._path, play.file, haste=HASTE, air=many)
    play.units.wpa = play.wpa
    async with play.runs():
        play.actor.take(ScanWifi())
        assert len((await play.events.until(WifiScanned)).networks) == 200


async def test_a_silent_wpa_supplicant_is_reported_as_such(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COME_UP_S", 0.2)
    play.wpa.silent = True
    async with play.runs():
        play.actor.take(ScanWifi())
        assert (await play.events.until(WifiScanFailed)).reason.code == "wifi-silent"
        await play.join(HOME, "correct horse", Security.WPA2)
        failed = await play.events.until(WifiJoinFailed)
        assert failed.reason.code == "wifi-silent"
        assert failed.reason.detail == f"{UNIT} gives no control socket within 0 s"


async def test_one_that_dies_in_the_middle_of_a_join_ends_it(play: Play) -> None:
    async with play.runs():
        await play.join(HOME, "correct horse", Security.WPA2)
        await play.events.until(WifiConnected)
        play.wpa.stop()
        assert (await play.events.until(WifiJoined)).ssid is None
        assert (await play.events.until(WifiJoinFailed)).reason.code == "wifi-silent"


async def test_a_unit_that_does_not_start_is_reported(play: Play) -> None:
    play.units.fails = "start"
    async with play.runs():
        await play.join(HOME, "correct horse", Security.WPA2)
        assert (await play.events.until(WifiJoinFailed)).reason == wifi.silent(f"systemd did not start {UNIT}")


async def test_a_file_that_cannot_be_written_is_reported_before_anything_is_switched(play: Play) -> None:
    play.file.unlink()
    play.file.mkdir()
    async with play.runs():
        play.actor.take(PrepareWifi(HOME, "correct horse", Security.WPA2, hidden=False))
        reason = (await play.events.until(WifiJoinFailed)).reason
    assert (reason.code, reason.detail) == ("wifi-file", "Is a directory")
    assert (
        ENGLISH.say(reason.message) == f"The gateway cannot save networks: {play.file} cannot be read: Is a directory."
    )
    assert play.units.asked == []


async def test_a_file_without_a_control_socket_gets_one_and_a_running_wpa_supplicant_reads_it(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONTROL", play.folder / "wpa")
    monkeypatch.setattr("mapio_display.host.wpa.file.CONTROL", play.folder / "wpa")
    play.file.write_text("country=CH\n")
    await play.units.start(UNIT)
    async with play.runs():
        await play.join(HOME, "correct horse", Security.WPA2)
        await play.events.until(WifiConnected)
    assert play.units.asked == ["start", "restart"]
    assert parse(play.file.read_bytes()).folder == play.folder / "wpa"


async def test_a_network_that_is_forgotten_is_left_and_with_the_last_the_unit_goes(play: Play) -> None:
    play.save(OLD)
    async with play.runs():
        await play.join(HOME, "correct horse", Security.WPA2)
        await play.events.until(WifiConnected)
        play.actor.take(KeepWifi())
        await play.events.until(WifiKept)
        await play.events.until(WifiSaved)
        play.actor.take(ForgetWifi(HOME))
        assert await play.events.until(WifiSaved) == WifiSaved((OLD.ssid,), changed=True)
        assert play.units.asked[-1] == "enable"
        play.actor.take(ForgetWifi(OLD.ssid))
        assert await play.events.until(WifiSaved) == WifiSaved((), changed=True)
    assert play.units.asked[-2:] == ["disable", "stop"]
    assert play.file.read_text() == f"ctrl_interface={play.folder}/wpa\nupdate_config=1\n"


async def test_what_cannot_be_forgotten_is_reported(play: Play) -> None:
    play.save(OLD)
    play.units.fails = "disable"
    async with play.runs():
        play.actor.take(ForgetWifi(OLD.ssid))
        assert (await play.events.until(WifiFileFailed)).reason.code == "wifi-file"


async def test_an_interface_that_was_taken_out_is_reported(play: Play) -> None:
    async with play.runs():
        await play.events.until(WifiFound)
        play.interfaces.clear()
        play.actor.take(ScanWifi())
        assert await play.events.until(WifiScanFailed) == WifiScanFailed(wifi.NO_WIFI)
        play.actor.take(PrepareWifi(HOME, "correct horse", Security.WPA2, hidden=False))
        assert await play.events.until(WifiJoinFailed) == WifiJoinFailed(wifi.NO_WIFI)
    assert play.units.asked == []


async def test_a_network_that_its_owner_has_disabled_stays_so(play: Play) -> None:
    play.save(OLD)
    await play.units.start(UNIT)
    play.wpa._networks[0].disabled = True
    play.wpa._networks[1] = Network({"ssid": '"Other"'}, disabled=False)
    play.wpa._next = 2
    async with play.runs():
        await play.join(HOME, "correct horse", Security.WPA2)
        await play.events.until(WifiConnected)
        assert [network.disabled for network in play.wpa._networks.values()] == [True, True, False]
        play.actor.take(KeepWifi())
        await play.events.until(WifiKept)
        async with asyncio.timeout(10):
            while play.wpa._networks[1].disabled:  # noqa: ASYNC110 - a list reports nothing
                await asyncio.sleep(0.005)
    assert play.wpa._networks[0].disabled


async def test_a_daemon_that_ends_in_the_middle_leaves_wpa_supplicant_as_its_file_has_it(play: Play) -> None:
    play.save(OLD)
    async with play.runs():
        await play.join(HOME, "correct horse", Security.WPA2)
        await play.events.until(WifiConnected)
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        while len(play.wpa._networks) > 1:  # noqa: ASYNC110 - a list reports nothing
            await asyncio.sleep(0.005)
    assert [network.disabled for network in play.wpa._networks.values()] == [False]


async def test_nothing_secret_is_logged(play: Play, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with play.runs():
        await play.join(HOME, "wrong horse", None)
        await play.events.until(WifiJoinFailed)
        play.actor.take(LeaveWifi())
        await asyncio.sleep(0.05)
    assert "wrong horse" not in caplog.text
    assert b"wrong horse".hex() not in caplog.text


async def test_a_saved_network_is_joined_with_what_is_saved_and_preferred_from_then_on(play: Play) -> None:
    key = pbkdf2(b"correct horse", HOME.octets).hex()
    play.save(Credentials(HOME, key), OLD)
    async with play.runs():
        await play.join(HOME, None, Security.WPA2, saved=True)
        await play.events.until(WifiConnected)
        assert [network.disabled for network in play.wpa._networks.values()] == [False, True]
        play.actor.take(KeepWifi())
        await play.events.until(WifiKept)
        async with asyncio.timeout(10):
            while play.wpa._networks[1].disabled:  # noqa: ASYNC110 - a list reports nothing
                await asyncio.sleep(0.005)
    assert [(part.ssid, part.priority) for part in load(play.file).parts if part.ssid] == [(HOME, 2), (OLD.ssid, 1)]
    assert key.encode() in play.file.read_bytes()
    assert play.units.asked == ["start", "enable"]


async def test_a_saved_network_that_is_not_joined_stays_as_it_was(play: Play) -> None:
    play.save(Credentials(NEIGHBOUR, "ab" * 32), OLD)
    before = play.file.read_bytes()
    await play.units.start(UNIT)
    play.units.enabled.add(UNIT)
    async with play.runs():
        await play.join(NEIGHBOUR, None, Security.WPA2, saved=True)
        assert await play.events.until(WifiJoinFailed) == WifiJoinFailed(wifi.WRONG_PASSWORD)
        assert [network.disabled for network in play.wpa._networks.values()] == [False, True]
        play.actor.take(LeaveWifi())
        async with asyncio.timeout(10):
            while play.wpa._networks[1].disabled:  # noqa: ASYNC110 - a list reports nothing
                await asyncio.sleep(0.005)
    assert len(play.wpa._networks) == 2
    assert play.file.read_bytes() == before


async def test_a_saved_network_that_wpa_supplicant_does_not_have_is_reported(play: Play) -> None:
    await play.units.start(UNIT)
    play.save(OLD)
    async with play.runs():
        await play.join(OLD.ssid, None, saved=True)
        assert (await play.events.until(WifiJoinFailed)).reason.code == "wifi-silent"


async def until_country(play: Play, country: str | None) -> None:
    """Wait until the file is reported to name this country."""
    await play.events.until(WifiSaved, lambda event: event.country == country)


async def test_a_country_is_written_and_used_at_once(play: Play) -> None:
    play.save(OLD)
    await play.units.start(UNIT)
    async with play.runs():
        await play.events.until(WifiJoined)
        for country in ("FR", None):
            play.actor.take(SetWifiCountry(country))
            await until_country(play, country)
            assert play.wpa.country == (country or "00")
            assert load(play.file).country == country


async def test_a_file_that_is_yet_to_be_made_has_the_access_points_country(play: Play) -> None:
    play.file.unlink()
    (play.folder / "ap.conf").write_text("country=FR\n")
    async with play.runs():
        assert await play.events.until(WifiSaved) == WifiSaved((), "FR")
        play.actor.take(SetWifiCountry(None))
        await until_country(play, None)
    assert b"country" not in play.file.read_bytes()


async def test_a_country_that_cannot_be_written_is_reported(play: Play) -> None:
    play.file.unlink()
    play.file.mkdir()
    async with play.runs():
        play.actor.take(SetWifiCountry("FR"))
        assert (await play.events.until(WifiFileFailed)).reason.code == "wifi-file"
