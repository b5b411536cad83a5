"""Wi-Fi as a station: the networks found, the one joined, and the steps of joining another.

A join goes through ``WifiStage``. The station's file gets the network only when it has been joined, so that a wrong
password costs nothing. The hotspot is taken down by its own rules (see ``hotspot``), because both use one radio.
"""

from collections.abc import Callable
from dataclasses import field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from mapio_display.core.commands import ConnectWifi, ForgetWifi, KeepWifi, LeaveWifi, PrepareWifi, ScanWifi
from mapio_display.core.facts import hotspot as access_point
from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.event import Change, Handlers, Observation, Request
from mapio_display.core.facts.hotspot import HotspotState
from mapio_display.core.failures import UPDATE_UNDER_WAY, Failure, failure
from mapio_display.core.ssid import Security, Ssid
from mapio_display.errors import NotNow, Refused
from mapio_display.frozen import Frozen

if TYPE_CHECKING:
    from mapio_display.core.snapshot import Snapshot

ANSWER_S = 2.0  # for the answer to reach a phone before the hotspot it came by goes down
PREPARE_S = 30.0  # to write a file, and for the hotspot to go down
JOIN_S = 45.0  # from looking for the network to an address in it
KEEP_S = 30.0
SCAN_S = 30.0
WATCH_S = 30.0  # after a network was given up: its address goes some seconds later
RESULT_S = 120.0  # how long the panel shows what became of a join, where the hotspot does not show it
FIRST_SCAN_S = 5.0  # after the start: without a network the hotspot comes up, and scans are better made before
OLD_ADDRESS_S = 5.0  # networkd keeps the address of a lost Wi-Fi for three seconds (IgnoreCarrierLoss=)
MOST_NETWORKS = 40

NO_WIFI = failure("no-wifi")
WIFI_BUSY = failure("wifi-busy")
NOT_SUPPORTED = failure("wifi-not-supported")
ENTERPRISE = failure("wifi-not-supported.enterprise")
NO_WPA3 = failure("wifi-not-supported.wpa3")
BAD_SSID = failure("wifi-ssid")
BAD_PASSWORD = failure("wifi-password")
NOT_SAVED = failure("wifi-not-saved")
WRONG_PASSWORD = failure("wifi-wrong-password")
NOT_FOUND = failure("wifi-not-found")
NO_ANSWER = failure("wifi-no-answer")
NO_ADDRESS = failure("wifi-no-address")
HOTSPOT_STAYS = failure("wifi-hotspot-stays")


def silent(text: str) -> Failure:
    """wpa_supplicant did not start, or does not answer; ``text`` says which."""
    return failure("wifi-silent", text)


def not_written(text: str) -> Failure:
    """The station's file cannot be written or understood; ``text`` says which file and why."""
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


class Wifi(Frozen):
    """Wi-Fi as a station. ``available`` is None while it is not known or not wanted, False without such an interface.

    ``networks`` were found by the last scan, the strongest first, and ``scan_error`` is why that failed; it has until
    ``scan_until``. At ``scan_at`` there is one by itself. ``saved`` are those of the station's file, and ``joined`` is
    the one that the station is connected to. ``result`` is the network of the last join, and ``error`` why it failed;
    the panel shows them until ``result_until``. A network that goes before ``watch_until`` was given up for another,
    so that the hotspot has to come up if none comes instead.
    """

    PUBLIC: ClassVar = ("available", "interface", "joined", "joining", "scanning", "result", "error")
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


class WifiFound(Observation):
    """The configuration wants Wi-Fi at ``interface``; ``available`` says whether there is such an interface."""

    interface: str
    available: bool


class WifiSaved(Observation):
    """The networks that the station's file has now."""

    saved: tuple[Ssid, ...]


class WifiJoined(Observation):
    """The station is connected to this network; None: to none."""

    ssid: Ssid | None


class WifiScanned(Observation):
    """What a scan found."""

    networks: tuple[WifiNetwork, ...]


class WifiScanFailed(Observation):
    """A scan failed."""

    reason: Failure


class WifiPrepared(Observation):
    """The station's file can be written; the join may begin."""


class WifiConnected(Observation):
    """The station is connected to the network that is being joined."""


class WifiTrouble(Observation):
    """Something went wrong in a join that continues; ``reason`` is why it fails if nothing else comes."""

    reason: Failure


class WifiJoinFailed(Observation):
    """The join cannot succeed."""

    reason: Failure


class WifiKept(Observation):
    """The network that was joined is in the station's file, and is joined at every boot."""


class WifiForgetFailed(Observation):
    """A network could not be taken out of the station's file."""

    reason: Failure


class WifiScanRequested(Request):
    """Look for networks. While that is under way, nothing more happens."""


class WifiJoinRequested(Request):
    """Join a network, of this security where that is known. An open one has no ``password``.

    ``hidden`` says that it does not send its name.
    """

    ssid: Ssid
    password: str | None = field(default=None, repr=False)
    security: Security | None = None
    hidden: bool = False


class WifiForgetRequested(Request):
    """Take a network out of the station's file."""

    ssid: Ssid


def _found(snapshot: "Snapshot", event: WifiFound, now: Now) -> Change:
    at = now.mono + FIRST_SCAN_S if event.available else None
    wifi = replace(snapshot.wifi, interface=event.interface, available=event.available, scan_at=at)
    return replace(snapshot, wifi=wifi), ()


def _saved(snapshot: "Snapshot", event: WifiSaved, now: Now) -> Change:
    wifi = snapshot.wifi
    networks = tuple(replace(each, saved=each.ssid in event.saved) for each in wifi.networks)
    return replace(snapshot, wifi=replace(wifi, saved=event.saved, networks=networks)), ()


def _joined(snapshot: "Snapshot", event: WifiJoined, now: Now) -> Change:
    return replace(snapshot, wifi=replace(snapshot.wifi, joined=event.ssid)), ()


def _scan_requested(snapshot: "Snapshot", event: WifiScanRequested, now: Now) -> Change:
    _check_free(snapshot)
    return (snapshot, ()) if snapshot.wifi.scanning else _scan(snapshot, now)


def _scan(snapshot: "Snapshot", now: Now) -> Change:
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


def _join_requested(snapshot: "Snapshot", event: WifiJoinRequested, now: Now) -> Change:
    _check_free(snapshot)
    if snapshot.updating:
        raise NotNow(UPDATE_UNDER_WAY)
    if not 1 <= len(event.ssid.octets) <= 32:
        raise Refused(BAD_SSID)
    if event.security is not None and not event.security.supported:
        raise Refused(ENTERPRISE if event.security is Security.ENTERPRISE else NOT_SUPPORTED)
    if not may_be_password(event.password, event.security):
        raise Refused(BAD_PASSWORD)
    over = snapshot.hotspot.state in (HotspotState.ON, HotspotState.STARTING)
    joining = Joining(event.ssid, deadline=now.mono + PREPARE_S, over_hotspot=over)
    wifi = replace(snapshot.wifi, joining=joining, scan_at=None, result=None, error=None, result_until=None)
    prepare = PrepareWifi(event.ssid, event.password, event.security, event.hidden)
    return replace(snapshot, wifi=wifi), (prepare,)


def may_be_password(password: str | None, security: Security | None) -> bool:
    """Whether this can be the password: 8 to 63 bytes of printable text, or 64 hexadecimal digits for WPA2's key."""
    if security is Security.OPEN or (security is None and password is None):
        return password is None
    if password is None or not password.isprintable():
        return False
    try:
        length = len(password.encode())
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return 8 <= length <= 63 or (security is not Security.WPA3 and _is_key(password))


def _is_key(password: str) -> bool:
    return len(password) == 64 and set(password) <= set("0123456789abcdefABCDEF")


def _forget_requested(snapshot: "Snapshot", event: WifiForgetRequested, now: Now) -> Change:
    _check_free(snapshot)
    if event.ssid not in snapshot.wifi.saved:
        raise Refused(NOT_SAVED)
    wifi = replace(snapshot.wifi, result=None, error=None, result_until=None, watch_until=now.mono + WATCH_S)
    return replace(snapshot, wifi=wifi), (ForgetWifi(event.ssid),)


def _forget_failed(snapshot: "Snapshot", event: WifiForgetFailed, now: Now) -> Change:
    return replace(snapshot, wifi=replace(snapshot.wifi, error=event.reason)), ()


def _check_free(snapshot: "Snapshot") -> None:
    """Raise ``NotNow`` where there is no Wi-Fi, or a join is under way."""
    if not snapshot.wifi.available:
        raise NotNow(NO_WIFI)
    if snapshot.wifi.joining is not None:
        raise NotNow(WIFI_BUSY)


def _prepared(snapshot: "Snapshot", event: WifiPrepared, now: Now) -> Change:
    joining = snapshot.wifi.joining
    answered = now.mono + ANSWER_S if joining and joining.over_hotspot else None
    return _enter(snapshot, WifiStage.PREPARING, WifiStage.LEAVING, now.mono + PREPARE_S, answered), ()


def _connected(snapshot: "Snapshot", event: WifiConnected, now: Now) -> Change:
    joining = snapshot.wifi.joining
    other = now.mono + OLD_ADDRESS_S if _has_address(snapshot) else None
    return _enter(snapshot, WifiStage.CONNECTING, WifiStage.ADDRESS, joining.deadline if joining else None, other), ()


def _enter(
    snapshot: "Snapshot", of: WifiStage, to: WifiStage, deadline: float | None, not_before: float | None = None
) -> "Snapshot":
    joining = snapshot.wifi.joining
    if joining is None or joining.stage is not of:
        return snapshot
    joining = replace(joining, stage=to, deadline=deadline, not_before=not_before, trouble=None)
    return replace(snapshot, wifi=replace(snapshot.wifi, joining=joining))


def _trouble(snapshot: "Snapshot", event: WifiTrouble, now: Now) -> Change:
    joining = snapshot.wifi.joining
    if joining is None:
        return snapshot, ()
    return replace(snapshot, wifi=replace(snapshot.wifi, joining=replace(joining, trouble=event.reason))), ()


def _join_failed(snapshot: "Snapshot", event: WifiJoinFailed, now: Now) -> Change:
    return _fail(snapshot, event.reason, now)


def _kept(snapshot: "Snapshot", event: WifiKept, now: Now) -> Change:
    joining = snapshot.wifi.joining
    if joining is None or joining.stage is not WifiStage.KEEPING:
        return snapshot, ()
    wifi = replace(snapshot.wifi, joining=None, result=joining.ssid, error=None, result_until=now.mono + RESULT_S)
    return replace(snapshot, wifi=wifi), ()


def _fail(snapshot: "Snapshot", reason: Failure, now: Now) -> Change:
    """End a join that failed: the saved networks are looked for again, and the hotspot comes back."""
    joining = snapshot.wifi.joining
    if joining is None:
        return snapshot, ()
    until = now.mono + RESULT_S
    wifi = replace(snapshot.wifi, joining=None, result=joining.ssid, error=reason, result_until=until)
    if joining.stage is WifiStage.KEEPING:  # it is connected, until the next start at least
        return replace(snapshot, wifi=wifi), ()
    snapshot = replace(snapshot, wifi=replace(wifi, watch_until=now.mono + WATCH_S))
    if joining.over_hotspot:
        snapshot = access_point.wait_anew(snapshot, now, at_once=True)
    return snapshot, (LeaveWifi(),)


def settle(snapshot: "Snapshot", now: Now) -> Change:
    """Continue a join where what it waits for has come, and end what took too long."""
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
        return _scan(snapshot, now) if alone else (replace(snapshot, wifi=replace(wifi, scan_at=None)), ())
    if (joining := wifi.joining) is None:
        return snapshot, ()
    late = joining.deadline is not None and now.mono >= joining.deadline
    if joining.not_before is not None and not late:
        if now.mono < joining.not_before:
            return snapshot, ()
        joining = replace(joining, not_before=None)
        snapshot = replace(snapshot, wifi=replace(wifi, joining=joining))
    match joining.stage:
        case WifiStage.LEAVING if snapshot.hotspot.state in (None, HotspotState.OFF):
            return _enter(snapshot, WifiStage.LEAVING, WifiStage.CONNECTING, now.mono + JOIN_S), (ConnectWifi(),)
        case WifiStage.ADDRESS if _has_address(snapshot):
            return _enter(snapshot, WifiStage.ADDRESS, WifiStage.KEEPING, now.mono + KEEP_S), (KeepWifi(),)
        case _ if late:
            return _fail(snapshot, joining.trouble or _LATE[joining.stage](snapshot), now)
    return snapshot, ()


def wake_at(snapshot: "Snapshot") -> float | None:
    """When ``settle`` has something to do, in seconds of CLOCK_MONOTONIC."""
    wifi = snapshot.wifi
    waits = [wifi.scan_at, wifi.scan_until, wifi.result_until, wifi.watch_until]
    if wifi.joining is not None:
        waits += [wifi.joining.deadline, wifi.joining.not_before]
    return min((at for at in waits if at is not None), default=None)


def _has_address(snapshot: "Snapshot") -> bool:
    """Whether the station's interface has an address that others can reach, not one that it gave itself."""
    return any(
        entry.interface == snapshot.wifi.interface
        and entry.address != snapshot.hotspot.rules.address
        and not entry.link_local
        for entry in snapshot.network.addresses
    )


_LATE: dict[WifiStage, Callable[["Snapshot"], Failure]] = {
    WifiStage.PREPARING: lambda _snapshot: not_written("No answer in time"),
    WifiStage.LEAVING: lambda snapshot: UPDATE_UNDER_WAY if snapshot.updating else HOTSPOT_STAYS,
    WifiStage.CONNECTING: lambda _snapshot: NO_ANSWER,
    WifiStage.ADDRESS: lambda _snapshot: NO_ADDRESS,
    WifiStage.KEEPING: lambda _snapshot: not_written("No answer in time"),
}

HANDLERS: Handlers = {
    WifiFound: _found,
    WifiSaved: _saved,
    WifiJoined: _joined,
    WifiScanned: _scanned,
    WifiScanFailed: _scan_failed,
    WifiPrepared: _prepared,
    WifiConnected: _connected,
    WifiTrouble: _trouble,
    WifiJoinFailed: _join_failed,
    WifiKept: _kept,
    WifiForgetFailed: _forget_failed,
    WifiScanRequested: _scan_requested,
    WifiJoinRequested: _join_requested,
    WifiForgetRequested: _forget_requested,
}
