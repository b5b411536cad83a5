"""Joining a Wi-Fi, step by step.

A join goes through ``WifiStage``. The station's file gets the network only when it has been joined, so that a wrong
password costs nothing. The hotspot is taken down by its own rules (see ``hotspot``), because both use one radio.
"""

from collections.abc import Callable
from dataclasses import field, replace
from typing import TYPE_CHECKING

from mapio_display.core.commands import ConnectWifi, KeepWifi, LeaveWifi, PrepareWifi
from mapio_display.core.facts import hotspot as access_point
from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.event import Change, Handlers, Observation, Request
from mapio_display.core.facts.hotspot import HotspotState
from mapio_display.core.facts.wifi import (
    BAD_PASSWORD,
    BAD_SSID,
    ENTERPRISE,
    HOTSPOT_STAYS,
    NO_ADDRESS,
    NO_ANSWER,
    NOT_SUPPORTED,
    SAVED_TOO_LATE,
    WATCH_S,
    Joining,
    WifiStage,
    check_free,
)
from mapio_display.core.failures import UPDATE_UNDER_WAY, Failure
from mapio_display.core.ssid import Security, Ssid
from mapio_display.errors import NotNow, Refused

if TYPE_CHECKING:
    from mapio_display.core.snapshot import Snapshot

ANSWER_S = 2.0  # for the answer to reach a phone before the hotspot it came by goes down
PREPARE_S = 30.0  # to write a file, and for the hotspot to go down
JOIN_S = 45.0  # from looking for the network to an address in it
KEEP_S = 30.0
RESULT_S = 120.0  # how long the panel shows what became of a join, where the hotspot does not show it
OLD_ADDRESS_S = 5.0  # networkd keeps the address of a lost Wi-Fi for three seconds (IgnoreCarrierLoss=)


class WifiJoinRequested(Request):
    """Join a network, of this security where that is known. An open one has no ``password``.

    A saved one needs none: it is joined with what is saved. ``hidden`` says that it does not send its name.
    """

    ssid: Ssid
    password: str | None = field(default=None, repr=False)
    security: Security | None = None
    hidden: bool = False


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


def _join_requested(snapshot: "Snapshot", event: WifiJoinRequested, now: Now) -> Change:
    check_free(snapshot)
    if snapshot.updating:
        raise NotNow(UPDATE_UNDER_WAY)
    if not 1 <= len(event.ssid.octets) <= 32:
        raise Refused(BAD_SSID)
    # One that was saved with a password and is open by now is another one.
    saved = event.password is None and event.ssid in snapshot.wifi.saved and event.security is not Security.OPEN
    if not saved and event.security is not None and not event.security.supported:
        raise Refused(ENTERPRISE if event.security is Security.ENTERPRISE else NOT_SUPPORTED)
    if not saved and not may_be_password(event.password, event.security):
        raise Refused(BAD_PASSWORD)
    over = snapshot.hotspot.state in (HotspotState.ON, HotspotState.STARTING)
    joining = Joining(event.ssid, deadline=now.mono + PREPARE_S, over_hotspot=over)
    wifi = replace(snapshot.wifi, joining=joining, scan_at=None, result=None, error=None, result_until=None)
    prepare = PrepareWifi(event.ssid, event.password, event.security, event.hidden, saved)
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
    """Continue a join where what it waits for has come, and end one that takes too long."""
    wifi = snapshot.wifi
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
    joining = snapshot.wifi.joining
    waits = (joining.deadline, joining.not_before) if joining else ()
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
    WifiStage.PREPARING: lambda _snapshot: SAVED_TOO_LATE,
    WifiStage.LEAVING: lambda snapshot: UPDATE_UNDER_WAY if snapshot.updating else HOTSPOT_STAYS,
    WifiStage.CONNECTING: lambda _snapshot: NO_ANSWER,
    WifiStage.ADDRESS: lambda _snapshot: NO_ADDRESS,
    WifiStage.KEEPING: lambda _snapshot: SAVED_TOO_LATE,
}

HANDLERS: Handlers = {
    WifiJoinRequested: _join_requested,
    WifiPrepared: _prepared,
    WifiConnected: _connected,
    WifiTrouble: _trouble,
    WifiJoinFailed: _join_failed,
    WifiKept: _kept,
}
