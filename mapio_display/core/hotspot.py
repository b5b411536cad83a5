"""The gateway's own access point: up when a boot finds no network, and down when one comes.

Only the boot counts, and the web server's being turned on: a gateway whose router restarts waits for it. As an access
point its Wi-Fi could not find the router again.
"""

from dataclasses import replace

from mapio_display.core.commands import Command, StartHotspot, StopHotspot
from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.daemon import Lifecycle
from mapio_display.core.facts.event import Event
from mapio_display.core.facts.hotspot import (
    Hotspot,
    HotspotFailed,
    HotspotFound,
    HotspotStarted,
    HotspotState,
    HotspotStopped,
)
from mapio_display.core.facts.web import WebSwitched
from mapio_display.core.snapshot import Snapshot

COME_UP_S = 30.0  # for its address to appear


def seen(snapshot: Snapshot, event: Event, now: Now) -> Snapshot:
    """Take what became of the hotspot; every wait begins anew with it."""
    hotspot = snapshot.hotspot
    again = now.mono + hotspot.rules.after_s
    match hotspot.state, event:
        case _, HotspotFound(rules):
            hotspot = Hotspot(HotspotState.OFF, rules, deadline=now.mono + rules.after_s)
        case HotspotState.OFF, WebSwitched(enabled=True):
            hotspot = replace(hotspot, deadline=again)
        case HotspotState.OFF | HotspotState.STARTING, HotspotStarted(ssid, password):
            # Off: it is up from before a restart of the daemon.
            hotspot = Hotspot(HotspotState.STARTING, hotspot.rules, ssid, password, deadline=now.mono + COME_UP_S)
        case HotspotState.STARTING, HotspotFailed(reason):
            hotspot = replace(hotspot, error=reason, deadline=now.mono)
        case HotspotState.STOPPING, HotspotStopped():
            hotspot = Hotspot(HotspotState.OFF, hotspot.rules, error=hotspot.error, deadline=again)
        case HotspotState.STOPPING, HotspotFailed(reason):
            hotspot = Hotspot(HotspotState.OFF, hotspot.rules, error=reason, deadline=again)
        case _:
            return snapshot
    return replace(snapshot, hotspot=hotspot)


def settled(snapshot: Snapshot, now: Now) -> tuple[Snapshot, tuple[Command, ...]]:
    """Switch it on or off, where that is called for by now."""
    hotspot = snapshot.hotspot
    if hotspot.state is None or _held(snapshot):
        return snapshot, ()
    commands: tuple[Command, ...] = ()
    wanted = snapshot.web.enabled and not _has_network(snapshot)
    late = hotspot.deadline is not None and now.mono >= hotspot.deadline
    match hotspot.state:
        case HotspotState.OFF if not wanted:
            hotspot = replace(hotspot, deadline=None, error=None)
        case HotspotState.OFF if late:
            hotspot = replace(hotspot, state=HotspotState.STARTING, deadline=now.mono + COME_UP_S)
            commands = (StartHotspot(),)
        case HotspotState.STARTING | HotspotState.ON if not wanted:
            hotspot, commands = replace(hotspot, state=HotspotState.STOPPING, deadline=None), (StopHotspot(),)
        case HotspotState.STARTING if hotspot.ssid is not None and _has_its_address(snapshot):
            hotspot = replace(hotspot, state=HotspotState.ON, deadline=None, error=None)
        case HotspotState.STARTING if late:
            error = hotspot.error or f"{hotspot.rules.interface} did not get the address {hotspot.rules.address}"
            hotspot = replace(hotspot, state=HotspotState.STOPPING, deadline=None, error=error)
            commands = (StopHotspot(),)
        case HotspotState.ON if not _has_its_address(snapshot):
            hotspot = replace(hotspot, state=HotspotState.STARTING, deadline=now.mono + COME_UP_S)
    return replace(snapshot, hotspot=hotspot), commands


def wake_at(snapshot: Snapshot) -> float | None:
    """When ``settled`` has something to do, in seconds of CLOCK_MONOTONIC."""
    return None if _held(snapshot) else snapshot.hotspot.deadline


def _held(snapshot: Snapshot) -> bool:
    """Whether nothing may be switched: somebody could be updating over it, and a gateway that goes down goes down."""
    return snapshot.updating or snapshot.daemon.lifecycle is Lifecycle.STOPPING


def _has_network(snapshot: Snapshot) -> bool:
    """Whether there is an address by which the gateway can be reached without the hotspot.

    While that is up, no address of its interface is one. It goes by the hotspot's address too, whatever the interface
    that has it is called.
    """
    rules, addresses = snapshot.hotspot.rules, snapshot.network.addresses
    own: set[str] = set()
    if snapshot.hotspot.state is not HotspotState.OFF:
        own = {rules.interface, *(entry.interface for entry in addresses if entry.address == rules.address)}
    return any(entry.house and entry.address != rules.address and entry.interface not in own for entry in addresses)


def _has_its_address(snapshot: Snapshot) -> bool:
    return any(entry.address == snapshot.hotspot.rules.address for entry in snapshot.network.addresses)
