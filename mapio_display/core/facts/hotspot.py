"""The gateway's own access point: up when a boot finds no network, and down when one comes.

Only the boot counts, the web server's being turned on, and an attempt to join another Wi-Fi (see ``wifi_join``): a
gateway whose router restarts waits for it. The radio joins nothing beside it, so that it also goes down for a saved
network that has come into reach (see ``wifi_return``).
"""

from dataclasses import field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from mapio_display.core.commands import Command, StartHotspot, StopHotspot
from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.daemon import Lifecycle
from mapio_display.core.facts.event import Change, Handlers, Observation
from mapio_display.core.facts.web import WebSwitched
from mapio_display.core.message import Message, message
from mapio_display.frozen import Frozen

if TYPE_CHECKING:
    from mapio_display.core.snapshot import Snapshot


class HotspotState(StrEnum):
    """Where the gateway's own access point stands; ``starting`` lasts until it has its address."""

    OFF = "off"
    STARTING = "starting"
    ON = "on"
    STOPPING = "stopping"


class HotspotRules(Frozen):
    """The access point's interface, its address there, and after how many seconds without a network it starts.

    Where that interface is made with the access point it does not exist before.
    """

    interface: str = ""
    address: str = ""
    after_s: float = 60.0


class Hotspot(Frozen):
    """The gateway's own access point, for where there is no network; ``state`` is None where it has none.

    ``error`` is why it did not come up the last time. ``deadline`` ends a wait: for a network, or for its address.
    """

    PUBLIC: ClassVar = ("state", "ssid", "error")
    state: HotspotState | None = None
    rules: HotspotRules = HotspotRules()
    ssid: str | None = None
    password: str | None = field(default=None, repr=False)
    error: Message | None = None
    deadline: float | None = None


class HotspotFound(Observation):
    """The gateway can be an access point, by these rules."""

    rules: HotspotRules


class HotspotStarted(Observation):
    """Wi-Fi has been switched over to the access point; its address is still to come."""

    ssid: str
    password: str = field(repr=False)


class HotspotStopped(Observation):
    """Wi-Fi looks for a network again."""


class HotspotFailed(Observation):
    """Wi-Fi could not be switched over, or back."""

    reason: Message


COME_UP_S = 30.0  # for its address to appear


def _found(snapshot: "Snapshot", event: HotspotFound, now: Now) -> Change:
    rules = event.rules
    return replace(snapshot, hotspot=Hotspot(HotspotState.OFF, rules, deadline=now.mono + rules.after_s)), ()


def _web_switched(snapshot: "Snapshot", event: WebSwitched, now: Now) -> Change:
    return (wait_anew(snapshot, now) if event.enabled else snapshot), ()


def _started(snapshot: "Snapshot", event: HotspotStarted, now: Now) -> Change:
    rules, deadline = snapshot.hotspot.rules, now.mono + COME_UP_S
    # Off: it is up from before a restart of the daemon.
    if snapshot.hotspot.state not in (HotspotState.OFF, HotspotState.STARTING):
        return snapshot, ()
    hotspot = Hotspot(HotspotState.STARTING, rules, event.ssid, event.password, deadline=deadline)
    return replace(snapshot, hotspot=hotspot), ()


def _stopped(snapshot: "Snapshot", event: HotspotStopped, now: Now) -> Change:
    return _off(snapshot, snapshot.hotspot.error, now), ()


def _failed(snapshot: "Snapshot", event: HotspotFailed, now: Now) -> Change:
    hotspot = snapshot.hotspot
    if hotspot.state is HotspotState.STARTING:
        return replace(snapshot, hotspot=replace(hotspot, error=event.reason, deadline=now.mono)), ()
    return _off(snapshot, event.reason, now), ()


def _off(snapshot: "Snapshot", error: Message | None, now: Now) -> "Snapshot":
    """Say that it is off, where it was to go off; the wait for a network begins anew."""
    if snapshot.hotspot.state is not HotspotState.STOPPING:
        return snapshot
    rules = snapshot.hotspot.rules
    hotspot = Hotspot(HotspotState.OFF, rules, error=error, deadline=now.mono + rules.after_s)
    return replace(snapshot, hotspot=hotspot)


def wait_anew(snapshot: "Snapshot", now: Now, *, at_once: bool = False) -> "Snapshot":
    """Where it is off, wait for a network as after a boot, or ``at_once`` not at all."""
    hotspot = snapshot.hotspot
    if hotspot.state is not HotspotState.OFF:
        return snapshot
    after = 0.0 if at_once else hotspot.rules.after_s
    return replace(snapshot, hotspot=replace(hotspot, deadline=now.mono + after))


def settle(snapshot: "Snapshot", now: Now) -> Change:
    """Switch it on or off, where that is called for by now."""
    hotspot = snapshot.hotspot
    if hotspot.state is None or is_held(snapshot):
        return snapshot, ()
    commands: tuple[Command, ...] = ()
    joins = snapshot.wifi.joining is not None and snapshot.wifi.joining.needs_radio
    wanted = snapshot.web.enabled and not _has_network(snapshot) and not joins
    stays = wanted and not snapshot.wifi.search.found
    late = hotspot.deadline is not None and now.mono >= hotspot.deadline
    match hotspot.state:
        case HotspotState.OFF if not wanted:
            hotspot = replace(hotspot, deadline=None, error=None)
        case HotspotState.OFF if late and not snapshot.wifi.scanning:
            hotspot = replace(hotspot, state=HotspotState.STARTING, deadline=now.mono + COME_UP_S)
            commands = (StartHotspot(),)
        case HotspotState.STARTING | HotspotState.ON if not stays:
            hotspot, commands = replace(hotspot, state=HotspotState.STOPPING, deadline=None), (StopHotspot(),)
        case HotspotState.STARTING if hotspot.ssid is not None and _has_its_address(snapshot):
            hotspot = replace(hotspot, state=HotspotState.ON, deadline=None, error=None)
        case HotspotState.STARTING if late:
            no_address = message("hotspot-no-address", interface=hotspot.rules.interface, address=hotspot.rules.address)
            error = hotspot.error or no_address
            hotspot = replace(hotspot, state=HotspotState.STOPPING, deadline=None, error=error)
            commands = (StopHotspot(),)
        case HotspotState.ON if not _has_its_address(snapshot):
            hotspot = replace(hotspot, state=HotspotState.STARTING, deadline=now.mono + COME_UP_S)
    return replace(snapshot, hotspot=hotspot), commands


def wake_at(snapshot: "Snapshot") -> float | None:
    """When ``settle`` has something to do, in seconds of CLOCK_MONOTONIC."""
    scans = snapshot.hotspot.state is HotspotState.OFF and snapshot.wifi.scanning  # which its start would cut off
    return None if is_held(snapshot) or scans else snapshot.hotspot.deadline


def is_held(snapshot: "Snapshot") -> bool:
    """Whether nothing may be switched: an update may be coming over it, and a shutdown must not be disturbed."""
    return snapshot.updating or snapshot.daemon.lifecycle is Lifecycle.STOPPING


def _has_network(snapshot: "Snapshot") -> bool:
    """Whether there is an address by which the gateway can be reached without the hotspot.

    While that is up, no address of its interface is one. It goes by the hotspot's address too, whatever the interface
    that has it is called.
    """
    rules, addresses = snapshot.hotspot.rules, snapshot.network.addresses
    own: set[str] = set()
    if snapshot.hotspot.state is not HotspotState.OFF:
        own = {rules.interface, *(entry.interface for entry in addresses if entry.address == rules.address)}
    return any(entry.house and entry.address != rules.address and entry.interface not in own for entry in addresses)


def _has_its_address(snapshot: "Snapshot") -> bool:
    return any(entry.address == snapshot.hotspot.rules.address for entry in snapshot.network.addresses)


HANDLERS: Handlers = {
    HotspotFound: _found,
    WebSwitched: _web_switched,
    HotspotStarted: _started,
    HotspotStopped: _stopped,
    HotspotFailed: _failed,
}
