"""The home page's part that changes: from the snapshot to what its template shows."""

from mapio_display.core.facts.data import DataPartition
from mapio_display.core.facts.network import Address
from mapio_display.core.facts.panel import PanelState
from mapio_display.core.facts.power import Power
from mapio_display.core.facts.rauc import Rauc
from mapio_display.core.facts.system import System
from mapio_display.core.facts.update import Phase
from mapio_display.core.facts.web import Web
from mapio_display.core.snapshot import Snapshot
from mapio_display.web.pages import sentences
from mapio_display.words.catalogue import Words


def fields(snapshot: Snapshot, words: Words) -> dict[str, object]:
    """What the template ``home-state.html`` shows beside the snapshot itself."""
    last = snapshot.last_update
    return {
        "headline": sentences.headline(snapshot, words),
        "wrong_pins": sentences.wrong_pins(snapshot, words),
        "space": _space(snapshot.system, words),
        "power": _power(snapshot.power, words),
        "web": _web(snapshot.web, snapshot.url, words),
        "rauc": _rauc(snapshot.rauc, words),
        "panel_is_dead": snapshot.panel.state is PanelState.NOT_RESPONDING,
        "last_result": sentences.result(last, words) if last else None,
        "no_network": snapshot.wifi.available is True and not any(one.house for one in _others(snapshot)),
        "data_is_missing": snapshot.data_partition is DataPartition.MISSING,
    }


def _others(snapshot: Snapshot) -> list[Address]:
    """The addresses but for the hotspot's own."""
    own = snapshot.hotspot.rules.address
    return [one for one in snapshot.network.addresses if one.address != own]


def promises_return(snapshot: Snapshot) -> bool:
    """Say whether the headline promises that this page comes back."""
    return snapshot.update.phase is Phase.REBOOTING and snapshot.update.id is None


def _space(system: System, words: Words) -> str:
    if system.data_free is None or not system.data_total:
        return words.text("page.home.unknown")
    return words.text("page.home.data.free", free=words.amount(system.data_free), total=words.amount(system.data_total))


def _power(power: Power, words: Words) -> str:
    """What is known of it; nothing where nothing is."""
    known = []
    if power.mains is not None:
        known.append(words.text("page.home.power.mains" if power.mains else "page.home.power.no-mains"))
    if power.battery_percent is not None:
        known.append(words.text("page.home.power.battery", percent=power.battery_percent))
    if power.mains and power.charging:
        known.append(words.text("page.home.power.charging"))
    return ", ".join(known)


def _rauc(rauc: Rauc, words: Words) -> str:
    if rauc.fails:
        return words.text("page.home.rauc.fails")
    if rauc.available is None:
        return words.text("page.home.rauc.unheard")
    if rauc.available:
        return words.text("page.home.rauc.ready")
    return words.text("page.home.rauc.slow" if rauc.slow else "page.home.rauc.absent")


def _web(web: Web, url: str | None, words: Words) -> str:
    if not web.enabled:
        return words.text("page.home.web.off")
    return words.say(web.error) or url or words.text("page.home.web.on")
