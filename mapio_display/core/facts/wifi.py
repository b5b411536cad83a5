"""Wi-Fi as a station: the networks found, those saved, and the one joined. ``wifi_join`` joins another."""

import re
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from mapio_display.core.commands import ForgetWifi, ScanWifi, SetWifiCountry
from mapio_display.core.facts import hotspot as access_point
from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.event import Change, Handlers, Observation, Request
from mapio_display.core.facts.hotspot import HotspotState
from mapio_display.core.failures import Failure, failure
from mapio_display.core.ssid import Security, Ssid
from mapio_display.errors import NotNow, Refused
from mapio_display.frozen import Frozen

if TYPE_CHECKING:
    from mapio_display.core.snapshot import Snapshot

SCAN_S = 30.0
WATCH_S = 30.0  # after a network was given up: its address goes some seconds later
FIRST_SCAN_S = 5.0  # after the start: without a network the hotspot comes up, and scans are better made before
MOST_NETWORKS = 40
_COUNTRY = re.compile("[A-Z]{2}")

NO_WIFI = failure("no-wifi")
WIFI_BUSY = failure("wifi-busy")
NOT_SUPPORTED = failure("wifi-not-supported")
ENTERPRISE = failure("wifi-not-supported.enterprise")
NO_WPA3 = failure("wifi-not-supported.wpa3")
BAD_SSID = failure("wifi-ssid")
BAD_PASSWORD = failure("wifi-password")
BAD_COUNTRY = failure("wifi-country")
NOT_SAVED = failure("wifi-not-saved")
WRONG_PASSWORD = failure("wifi-wrong-password")
NOT_FOUND = failure("wifi-not-found")
NO_ANSWER = failure("wifi-no-answer")
NO_ADDRESS = failure("wifi-no-address")
HOTSPOT_STAYS = failure("wifi-hotspot-stays")
SAVED_TOO_LATE = failure("wifi-file.late")


def silent(text: str) -> Failure:
    """wpa_supplicant did not start, or does not answer; ``text`` says which."""
    return failure("wifi-silent", text)


def not_saved(text: str) -> Failure:
    """Systemd or wpa_supplicant did not do what saving or removing a network takes; ``text`` is what they report."""
    return failure("wifi-file", text, text=text)


class WifiStage(StrEnum):
    """Where a join stands."""

    PREPARING = "preparing"  # the station's file is being looked at
    LEAVING = "leaving"  # the hotspot goes down
    CONNECTING = "connecting"
    ADDRESS = "address"  # connected, and waiting for an address
    KEEPING = "keeping"  # the network is being written into the station's file


class WifiNetwork(Frozen):
    """A network that was found; ``signal`` in dBm. ``saved`` says whether the station's file has it."""

    ssid: Ssid
    signal: int
    security: Security
    saved: bool = False


class Joining(Frozen):
    """A join under way. ``deadline`` ends its stage, and until ``not_before`` it does not continue.

    ``over_hotspot`` says whether the hotspot was up when it was requested, and ``trouble`` what went wrong so far.
    """

    PUBLIC: ClassVar = ("ssid", "stage")
    ssid: Ssid
    stage: WifiStage = WifiStage.PREPARING
    deadline: float | None = None
    not_before: float | None = None
    over_hotspot: bool = False
    trouble: Failure | None = None

    @property
    def needs_radio(self) -> bool:
        """Whether there can be no hotspot now. It stays while the file is checked, and until the answer is out."""
        answering = self.stage is WifiStage.LEAVING and self.not_before is not None
        return self.stage is not WifiStage.PREPARING and not answering


class Search(Frozen):
    """The search for a saved network while the hotspot is up (see ``wifi_return``), by a scan at ``at``.

    The next one comes ``every_s`` seconds later. ``known`` are the saved networks that were in reach before the scan
    under way; None: that scan is not of this search. ``found`` says that another one has come, for which the hotspot
    goes down.
    """

    at: float | None = None
    every_s: float = 120.0
    known: frozenset[Ssid] | None = None
    found: bool = False


class Wifi(Frozen):
    """Wi-Fi as a station. ``available`` is None while it is not known or not wanted, False without such an interface.

    ``networks`` were found by the last scan, the strongest first, and ``scan_error`` is why that failed; it has until
    ``scan_until``. At ``scan_at`` there is one by itself. ``saved`` are those of the station's file and ``country`` is
    its country code; ``saving`` says that they are being changed. ``joined`` is the network that the station is
    connected to. ``result`` is the network of the last join, and ``error`` why it failed;
    the panel shows them until ``result_until``. A network that goes before ``watch_until`` was given up for another,
    so that the hotspot has to come up if none comes instead.
    """

    PUBLIC: ClassVar = ("available", "interface", "joined", "joining", "scanning", "saving", "result", "error")
    available: bool | None = None
    interface: str = ""
    networks: tuple[WifiNetwork, ...] = ()
    saved: tuple[Ssid, ...] = ()
    joined: Ssid | None = None
    joining: Joining | None = None
    scanning: bool = False
    scan_at: float | None = None
    scan_until: float | None = None
    scan_error: Failure | None = None
    result: Ssid | None = None
    error: Failure | None = None
    result_until: float | None = None
    watch_until: float | None = None
    country: str | None = None
    saving: bool = False
    search: Search = Search()


class WifiFound(Observation):
    """The configuration wants Wi-Fi at ``interface``; ``available`` says whether there is such an interface."""

    interface: str
    available: bool


class WifiSaved(Observation):
    """The networks that the station's file has now, and the country that it names, or would when it is made.

    ``changed`` says that this comes of what was to be changed in it.
    """

    saved: tuple[Ssid, ...]
    country: str | None = None
    changed: bool = False


class WifiJoined(Observation):
    """The station is connected to this network; None: to none."""

    ssid: Ssid | None


class WifiScanned(Observation):
    """What a scan found."""

    networks: tuple[WifiNetwork, ...]


class WifiScanFailed(Observation):
    """A scan failed."""

    reason: Failure


class WifiFileFailed(Observation):
    """What was to be changed in the station's file could not be."""

    reason: Failure


class WifiScanRequested(Request):
    """Look for networks. While that is under way, nothing more happens."""


class WifiForgetRequested(Request):
    """Take a network out of the station's file."""

    ssid: Ssid


class WifiCountryRequested(Request):
    """Write this country code into the station's file; None: take it out."""

    country: str | None


def _found(snapshot: "Snapshot", event: WifiFound, now: Now) -> Change:
    at = now.mono + FIRST_SCAN_S if event.available else None
    wifi = replace(snapshot.wifi, interface=event.interface, available=event.available, scan_at=at)
    return replace(snapshot, wifi=wifi), ()


def _saved(snapshot: "Snapshot", event: WifiSaved, now: Now) -> Change:
    wifi = snapshot.wifi
    networks = tuple(replace(each, saved=each.ssid in event.saved) for each in wifi.networks)
    wifi = replace(
        wifi, saved=event.saved, networks=networks, country=event.country, saving=wifi.saving and not event.changed
    )
    return replace(snapshot, wifi=wifi), ()


def _joined(snapshot: "Snapshot", event: WifiJoined, now: Now) -> Change:
    return replace(snapshot, wifi=replace(snapshot.wifi, joined=event.ssid)), ()


def _scan_requested(snapshot: "Snapshot", event: WifiScanRequested, now: Now) -> Change:
    check_free(snapshot)
    return (snapshot, ()) if snapshot.wifi.scanning else scan(snapshot, now)


def scan(snapshot: "Snapshot", now: Now) -> Change:
    """Begin a scan."""
    wifi = replace(snapshot.wifi, scanning=True, scan_at=None, scan_until=now.mono + SCAN_S)
    over = snapshot.hotspot.state not in (None, HotspotState.OFF)
    return replace(snapshot, wifi=wifi), (ScanWifi(over),)


def _scanned(snapshot: "Snapshot", event: WifiScanned, now: Now) -> Change:
    wifi = snapshot.wifi
    strongest: dict[Ssid, WifiNetwork] = {}
    for network in sorted(event.networks, key=lambda each: -each.signal):
        strongest.setdefault(network.ssid, replace(network, saved=network.ssid in wifi.saved))
    own = snapshot.hotspot.ssid  # which a scan finds too, while it is up
    networks = tuple(each for each in strongest.values() if each.ssid.name != own)[:MOST_NETWORKS]
    wifi = replace(wifi, networks=networks, scanning=False, scan_until=None, scan_error=None)
    return replace(snapshot, wifi=wifi), ()


def _scan_failed(snapshot: "Snapshot", event: WifiScanFailed, now: Now) -> Change:
    wifi = replace(snapshot.wifi, scanning=False, scan_until=None, scan_error=event.reason)
    return replace(snapshot, wifi=wifi), ()


def _forget_requested(snapshot: "Snapshot", event: WifiForgetRequested, now: Now) -> Change:
    check_free(snapshot)
    if event.ssid not in snapshot.wifi.saved:
        raise Refused(NOT_SAVED)
    wifi = replace(_saving(snapshot.wifi), watch_until=now.mono + WATCH_S)
    return replace(snapshot, wifi=wifi), (ForgetWifi(event.ssid),)


def _country_requested(snapshot: "Snapshot", event: WifiCountryRequested, now: Now) -> Change:
    check_free(snapshot)
    if event.country is not None and not _COUNTRY.fullmatch(event.country):
        raise Refused(BAD_COUNTRY)
    return replace(snapshot, wifi=_saving(snapshot.wifi)), (SetWifiCountry(event.country),)


def _saving(wifi: Wifi) -> Wifi:
    return replace(wifi, saving=True, result=None, error=None, result_until=None)


def _file_failed(snapshot: "Snapshot", event: WifiFileFailed, now: Now) -> Change:
    return replace(snapshot, wifi=replace(snapshot.wifi, error=event.reason, saving=False)), ()


def saved_in_reach(wifi: Wifi) -> frozenset[Ssid]:
    """The saved networks that the last scan found."""
    return frozenset(each.ssid for each in wifi.networks if each.saved)


def check_free(snapshot: "Snapshot") -> None:
    """Raise ``NotNow`` where there is no Wi-Fi, or a join is under way."""
    if not snapshot.wifi.available:
        raise NotNow(NO_WIFI)
    if snapshot.wifi.joining is not None:
        raise NotNow(WIFI_BUSY)


def settle(snapshot: "Snapshot", now: Now) -> Change:
    """End what took too long, and scan when it is time."""
    wifi = snapshot.wifi
    if wifi.scan_until is not None and now.mono >= wifi.scan_until:
        wifi = replace(wifi, scanning=False, scan_until=None, scan_error=silent("No scan results in time"))
    if wifi.result_until is not None and now.mono >= wifi.result_until:
        wifi = replace(wifi, result_until=None)
    if wifi.watch_until is not None and now.mono >= wifi.watch_until:
        wifi = replace(wifi, watch_until=None)
    snapshot = replace(snapshot, wifi=wifi)
    if wifi.watch_until is not None and snapshot.hotspot.deadline is None and snapshot.network.primary is None:
        snapshot = access_point.wait_anew(snapshot, now)
    if wifi.scan_at is not None and now.mono >= wifi.scan_at:
        alone = snapshot.network.primary is None
        return scan(snapshot, now) if alone else (replace(snapshot, wifi=replace(wifi, scan_at=None)), ())
    return snapshot, ()


def wake_at(snapshot: "Snapshot") -> float | None:
    """When ``settle`` has something to do, in seconds of CLOCK_MONOTONIC."""
    wifi = snapshot.wifi
    waits = [wifi.scan_at, wifi.scan_until, wifi.result_until, wifi.watch_until]
    return min((at for at in waits if at is not None), default=None)


HANDLERS: Handlers = {
    WifiFound: _found,
    WifiSaved: _saved,
    WifiJoined: _joined,
    WifiScanned: _scanned,
    WifiScanFailed: _scan_failed,
    WifiFileFailed: _file_failed,
    WifiScanRequested: _scan_requested,
    WifiForgetRequested: _forget_requested,
    WifiCountryRequested: _country_requested,
}
