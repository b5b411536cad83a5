"""The view "status": network, power, updates, the two slots, and the last update."""

from dataclasses import replace

from mapio_display.core.facts.power import Power, too_low
from mapio_display.core.facts.rauc import Slot
from mapio_display.core.failures import LOW_BATTERY, UPDATE_UNDER_WAY
from mapio_display.core.front.refresh import Change
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update.obstacles import why_no_update, why_no_updates
from mapio_display.views.canvas import Canvas
from mapio_display.views.widgets import (
    Line,
    fits,
    page,
    table,
    title,
    version,
)
from mapio_display.words.catalogue import ENGLISH

_UNKNOWN = "unknown"
_INTERNET = {True: ", Internet", False: ", no Internet", None: ""}


def draw(canvas: Canvas, snapshot: Snapshot) -> None:
    """Network, updates, the two slots, and the last update."""
    title(canvas, "Status", version(snapshot), page=page(snapshot, "status"))
    primary = snapshot.network.primary
    address, interface = (primary.address, primary.interface) if primary else ("no address", "Network")
    network = Line(interface, address + _INTERNET[snapshot.internet], urgency=Change.FACT if primary else Change.STATE)
    power = snapshot.power
    canvas.mark(Change.FACT, power.mains, power.charging, too_low(snapshot))  # the percentage beside them is not urgent
    slots = [slot for slot in snapshot.slots if slot.bootname]
    table(
        canvas,
        network if fits(canvas, network) else replace(network, label=""),  # an IPv6 address takes all of it
        *_power(power),
        _updates(snapshot),
        *(Line(f"Slot {slot.bootname}", _slot(slot)) for slot in slots[:2]),
        Line("Last update", _last(snapshot), urgency=Change.STATE),
    )


def _power(power: Power) -> tuple[Line, ...]:
    full = "" if power.battery_percent is None else f"{power.battery_percent} %"
    if power.mains is None:  # other services hold both lines that tell
        return (Line("Battery", full, urgency=Change.BACKGROUND),) if full else ()
    if not power.mains:
        return (Line("Power", f"battery {full}", urgency=Change.BACKGROUND),)
    battery = "charging" if power.charging else "battery" if full else ""
    text = ", ".join(filter(None, ("mains", f"{battery} {full}".strip())))
    return (Line("Power", text, urgency=Change.BACKGROUND),)


def _updates(snapshot: Snapshot) -> Line:
    under_way = UPDATE_UNDER_WAY if snapshot.rauc.available and snapshot.updating else None
    why = why_no_updates(snapshot) or under_way or why_no_update(snapshot)
    if why and why is not LOW_BATTERY:
        return Line("Updates", ENGLISH.in_short(why), urgency=Change.STATE)
    return Line("Updates", ENGLISH.in_short(why) if why else "ready")


def _slot(slot: Slot) -> str:
    running = "runs" if slot.state == "booted" else ""
    held = slot.version or ("half written" if slot.incomplete else _UNKNOWN)
    return ", ".join(filter(None, (held, running, "bad" if slot.boot_status == "bad" else "")))


def _last(snapshot: Snapshot) -> str:
    last = snapshot.last_update
    if last is None:
        return "none" if snapshot.last_update_known else _UNKNOWN
    result = ENGLISH.of_result("alone", last.result)
    return f"{last.to_version} {result}" if last.to_version else result
