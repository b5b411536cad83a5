"""The view "status": network, power, updates, the two slots, and the last update."""

from dataclasses import replace

from mapio_display.core.facts.power import Power, too_low
from mapio_display.core.facts.rauc import Slot
from mapio_display.core.facts.services import SERVICES, Service, ServiceState
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
from mapio_display.words.catalogue import Words

_WORST_FIRST = (
    ServiceState.FAILED,
    ServiceState.MISSING,
    None,
    ServiceState.STOPPED,
    ServiceState.STOPPING,
    ServiceState.STARTING,
    ServiceState.RUNNING,
)
# One that restarts again and again must not wear the glass; that it has stopped or failed is shown at once.
_RESTARTING = (ServiceState.RUNNING, ServiceState.STARTING, ServiceState.STOPPING)


def draw(canvas: Canvas, snapshot: Snapshot, words: Words) -> None:
    """Network, updates, the two slots, and the last update."""
    title(canvas, words.text("title.status"), version(snapshot, words), page=page(snapshot, "status"))
    primary = snapshot.network.primary
    interface = primary.interface if primary else words.text("status.network")
    network = Line(interface, _address(snapshot, words), urgency=Change.FACT if primary else Change.STATE)
    power = snapshot.power
    canvas.mark(Change.FACT, power.mains, power.charging, too_low(snapshot))  # the percentage beside them is not urgent
    slots = [slot for slot in snapshot.slots if slot.bootname]
    table(
        canvas,
        network if fits(canvas, network) else replace(network, label=""),  # an IPv6 address takes all of it
        *_power(power, words),
        _updates(snapshot, words),
        *(Line(words.text("slot", slot=str(slot.bootname)), _slot(slot, words)) for slot in slots[:2]),
        *_services(snapshot[SERVICES], words),
        Line(words.text("status.last-update"), _last(snapshot, words), urgency=Change.STATE),
    )


def _services(services: tuple[Service, ...], words: Words) -> tuple[Line, ...]:
    """The first of the services that are worst off, and how many more are in that state; the page lists each."""
    if not services:
        return ()
    worst = min((service.state for service in services), key=_WORST_FIRST.index)
    first, *more = [service.name for service in services if service.state is worst]
    urgency = Change.BACKGROUND if worst in _RESTARTING else Change.FACT
    return (Line(f"{first} + {len(more)}" if more else first, words.of_state(worst), urgency=urgency),)


def _address(snapshot: Snapshot, words: Words) -> str:
    primary = snapshot.network.primary
    address = primary.address if primary else words.text("status.no-address")
    if snapshot.internet is None:
        return address
    return words.text("status.internet" if snapshot.internet else "status.no-internet", address=address)


def _power(power: Power, words: Words) -> tuple[Line, ...]:
    full = "" if power.battery_percent is None else words.text("percent", percent=power.battery_percent)
    if power.mains is None:  # other services hold both lines that report it
        return (Line(words.text("status.battery"), full, urgency=Change.BACKGROUND),) if full else ()
    battery = words.text("power.battery")
    if power.mains:
        battery = words.text("power.charging") if power.charging else battery if full else ""
    mains = words.text("power.mains") if power.mains else ""
    text = ", ".join(filter(None, (mains, f"{battery} {full}".strip())))
    return (Line(words.text("status.power"), text, urgency=Change.BACKGROUND),)


def _updates(snapshot: Snapshot, words: Words) -> Line:
    label = words.text("status.updates")
    under_way = UPDATE_UNDER_WAY if snapshot.rauc.available and snapshot.updating else None
    why = why_no_updates(snapshot) or under_way or why_no_update(snapshot)
    if why and why is not LOW_BATTERY:
        return Line(label, words.in_short(why), urgency=Change.STATE)
    return Line(label, words.in_short(why) if why else words.text("status.ready"))


def _slot(slot: Slot, words: Words) -> str:
    running = words.text("status.runs") if slot.state == "booted" else ""
    held = slot.version or words.text("slot.half-written" if slot.incomplete else "unknown")
    return ", ".join(filter(None, (held, running, words.text("slot.bad") if slot.boot_status == "bad" else "")))


def _last(snapshot: Snapshot, words: Words) -> str:
    last = snapshot.last_update
    if last is None:
        return words.text("status.none" if snapshot.last_update_known else "unknown")
    result = words.of_result("alone", last.result)
    return words.text("status.last", version=last.to_version, result=result) if last.to_version else result
