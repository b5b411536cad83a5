"""The views about the gateway itself: its load, its connections and systems, and the owner's picture."""

from dataclasses import replace

from mapio_display.core.facts.power import Power, too_low
from mapio_display.core.facts.rauc import Slot
from mapio_display.core.facts.system import System
from mapio_display.core.frame import Frame
from mapio_display.core.record import Result
from mapio_display.core.sizes import amount
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.words import no_updates
from mapio_display.views.canvas import Canvas
from mapio_display.views.parts import Line, fits, page, statement, table, title, version

_UNKNOWN = "unknown"
_INTERNET = {True: ", Internet", False: ", no Internet", None: ""}
_RESULTS = {
    Result.SUCCEEDED: "succeeded",
    Result.FAILED: "failed",
    Result.ROLLED_BACK: "rolled back",
    Result.INTERRUPTED: "interrupted",
    Result.INSTALLED: "installed",
    Result.REPLACED: "replaced",
}


def system(snapshot: Snapshot, size: tuple[int, int]) -> Canvas:
    """Load, memory, data partition, temperature and uptime."""
    canvas = Canvas("system", size)
    title(canvas, "System", version(snapshot), page=page(snapshot, "system"))
    now = snapshot.system
    table(
        canvas,
        _load(now),
        _used("Memory", now.memory_total, now.memory_available),
        _used("Data", now.data_total, now.data_free),
        Line("Processor", f"{now.temperature} °C" if now.temperature is not None else _UNKNOWN),
        Line("Up", _UNKNOWN if now.uptime is None else duration(now.uptime)),
    )
    return canvas


def status(snapshot: Snapshot, size: tuple[int, int]) -> Canvas:
    """Network, updates, the two slots, and the last update."""
    canvas = Canvas("status", size)
    title(canvas, "Status", version(snapshot), page=page(snapshot, "status"))
    primary = snapshot.network.primary
    address, interface = (primary.address, primary.interface) if primary else ("no address", "Network")
    network = Line(interface, address + _INTERNET[snapshot.internet])
    slots = [slot for slot in snapshot.slots if slot.bootname]
    table(
        canvas,
        network if fits(canvas, network) else replace(network, label=""),  # an IPv6 address takes all of it
        *_power(snapshot.power),
        Line("Updates", _updates(snapshot)),
        *(Line(f"Slot {slot.bootname}", _slot(slot)) for slot in slots[:2]),
        Line("Last update", _last(snapshot)),
    )
    return canvas


def custom(snapshot: Snapshot, size: tuple[int, int]) -> Frame:
    """The owner's picture and nothing else, or why there is none."""
    picture = snapshot.picture
    if picture is not None and (picture.width, picture.height) == size:
        return Frame("custom", *size, picture.bits)
    canvas = Canvas("custom", size)
    title(canvas, "Picture", page=page(snapshot, "custom"))
    error = picture.error if picture else None
    statement(canvas, "alert" if error else "wait", "No picture" if error else "Loading", error or "", canvas.height)
    return canvas.frame()


def duration(seconds: int) -> str:
    """Word a time in its two largest units; less than an hour in minutes."""
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return f"{days} d {hours % 24} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def _load(now: System) -> Line:
    if now.load is None:
        return Line("Load", _UNKNOWN)
    return Line("Load", f"{now.load:.1f}", round(100 * now.load / (now.cores or 1)))


def _used(label: str, total: int | None, free: int | None) -> Line:
    if not total or free is None:
        return Line(label, _UNKNOWN)
    percent = round(100 * (total - free) / total)
    return Line(label, f"{amount(free)} free", percent)


def _power(power: Power) -> tuple[Line, ...]:
    full = "" if power.battery_percent is None else f"{power.battery_percent} %"
    if power.mains is None:  # other services hold both lines that tell
        return (Line("Battery", full),) if full else ()
    if not power.mains:
        return (Line("Power", f"battery {full}"),)
    battery = "charging" if power.charging else "battery" if full else ""
    return (Line("Power", ", ".join(filter(None, ("mains", f"{battery} {full}".strip())))),)


def _updates(snapshot: Snapshot) -> str:
    if why := no_updates(snapshot):
        return why
    if not snapshot.rauc.available:
        return "waiting for RAUC"
    if snapshot.updating:
        return "one is under way"
    return "battery too low" if too_low(snapshot.power) else "ready"


def _slot(slot: Slot) -> str:
    running = "runs" if slot.state == "booted" else ""
    held = slot.version or ("half written" if slot.incomplete else _UNKNOWN)
    return ", ".join(filter(None, (held, running, "bad" if slot.boot_status == "bad" else "")))


def _last(snapshot: Snapshot) -> str:
    last = snapshot.last_update
    if last is None:
        return "none" if snapshot.last_update_known else _UNKNOWN
    return f"{last.to_version} {_RESULTS[last.result]}" if last.to_version else _RESULTS[last.result]
