"""Back from the hotspot: while it is up, a scan from time to time looks for a saved network.

After a power cut a router often starts later than the gateway. Only a network that the scan before did not find ends
the hotspot: one that was there already could not be joined, or a person had the choice on the page. The scans come less
and less often, because one that ends the hotspot in vain interrupts a person who uses it.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.event import Change, Handlers
from mapio_display.core.facts.hotspot import HotspotState, is_held
from mapio_display.core.facts.wifi import Search, WifiScanFailed, WifiScanned, WifiScanRequested, saved_in_reach, scan

if TYPE_CHECKING:
    from mapio_display.core.snapshot import Snapshot

MOST_S = 900.0  # between two scans


def _scanned(snapshot: "Snapshot", event: WifiScanned, now: Now) -> Change:
    """Compare what is in reach now, which ``wifi`` has taken before: subjects come in the order of their names."""
    search = snapshot.wifi.search
    if search.known is None:
        return snapshot, ()
    found = not saved_in_reach(snapshot.wifi) <= search.known
    return _with(snapshot, replace(search, known=None, found=found)), ()


def _left(snapshot: "Snapshot", event: WifiScanFailed | WifiScanRequested, now: Now) -> Change:
    """The scan under way has failed, or serves a person now, who can join what it finds."""
    return _with(snapshot, replace(snapshot.wifi.search, known=None)), ()


def settle(snapshot: "Snapshot", now: Now) -> Change:
    """Scan when it is time."""
    wifi, hotspot, search = snapshot.wifi, snapshot.hotspot, snapshot.wifi.search
    busy = wifi.joining is not None or wifi.scanning or wifi.saving
    if hotspot.state in (None, HotspotState.OFF):
        search = Search() if snapshot.network.primary else Search(every_s=search.every_s)
    elif hotspot.state is not HotspotState.ON or busy or not wifi.saved or search.found or is_held(snapshot):
        search = replace(search, at=None)
    elif search.at is None:
        search = replace(search, at=now.mono + search.every_s, known=None)
    elif now.mono >= search.at:
        search = Search(every_s=min(2 * search.every_s, MOST_S), known=saved_in_reach(wifi))
        return scan(_with(snapshot, search), now)
    return _with(snapshot, search), ()


def wake_at(snapshot: "Snapshot") -> float | None:
    """When ``settle`` has something to do, in seconds of CLOCK_MONOTONIC."""
    return snapshot.wifi.search.at


def _with(snapshot: "Snapshot", search: Search) -> "Snapshot":
    return snapshot if search == snapshot.wifi.search else replace(snapshot, wifi=replace(snapshot.wifi, search=search))


HANDLERS: Handlers = {
    WifiScanned: _scanned,
    WifiScanFailed: _left,
    WifiScanRequested: _left,
}
