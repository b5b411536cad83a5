"""The home page's part that changes: from the snapshot to what its template shows."""

from mapio_display.core.facts.data import DataPartition
from mapio_display.core.facts.panel import PanelState
from mapio_display.core.facts.power import Power
from mapio_display.core.facts.rauc import Rauc
from mapio_display.core.facts.system import System
from mapio_display.core.facts.update import Phase
from mapio_display.core.facts.web import Web
from mapio_display.core.snapshot import Snapshot
from mapio_display.web.pages import sentences
from mapio_display.words.catalogue import ENGLISH


def fields(snapshot: Snapshot) -> dict[str, object]:
    """What the template ``home-state.html`` shows beside the snapshot itself."""
    last = snapshot.last_update
    return {
        "headline": sentences.headline(snapshot),
        "wrong_pins": sentences.wrong_pins(snapshot),
        "space": _space(snapshot.system),
        "power": _power(snapshot.power),
        "web": _web(snapshot.web, snapshot.url),
        "rauc": _rauc(snapshot.rauc),
        "panel_is_dead": snapshot.panel.state is PanelState.NOT_RESPONDING,
        "last_result": sentences.result(last) if last else None,
        "data_is_missing": snapshot.data_partition is DataPartition.MISSING,
    }


def promises_return(snapshot: Snapshot) -> bool:
    """Say whether the headline promises that this page comes back."""
    return snapshot.update.phase is Phase.REBOOTING and snapshot.update.id is None


def _space(system: System) -> str:
    if system.data_free is None or not system.data_total:
        return "unknown"
    return f"{ENGLISH.amount(system.data_free)} of {ENGLISH.amount(system.data_total)} free"


def _power(power: Power) -> str:
    """What is known of it; nothing where nothing is."""
    battery = "" if power.battery_percent is None else f"battery {power.battery_percent}\N{NO-BREAK SPACE}%"
    mains = {True: "mains", False: "no mains", None: ""}[power.mains]
    return ", ".join(filter(None, (mains, battery, "charging" if power.mains and power.charging else "")))


def _rauc(rauc: Rauc) -> str:
    if rauc.fails:
        return "RAUC does not start"
    return {True: "ready", False: "RAUC does not answer", None: "not known yet"}[rauc.available]


def _web(web: Web, url: str | None) -> str:
    if not web.enabled:
        return "off"
    return web.error or url or "on"
