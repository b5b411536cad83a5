"""The view "system": load, memory, data partition, temperature and uptime."""

from mapio_display.core.facts.system import System
from mapio_display.core.front.refresh import Change
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.widgets import Line, page, table, title, version
from mapio_display.words.catalogue import ENGLISH

_UNKNOWN = "unknown"


def draw(canvas: Canvas, snapshot: Snapshot) -> None:
    """Load, memory, data partition, temperature and uptime."""
    title(canvas, "System", version(snapshot), page=page(snapshot, "system"))
    now = snapshot.system
    table(
        canvas,
        _load(now),
        _used("Memory", now.memory_total, now.memory_available),
        _used("Data", now.data_total, now.data_free),
        _line("Processor", f"{now.temperature} °C" if now.temperature is not None else _UNKNOWN),
        _line("Up", _UNKNOWN if now.uptime is None else duration(now.uptime)),
    )


def duration(seconds: int) -> str:
    """Word a time in its two largest units; less than an hour in minutes."""
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return f"{days} d {hours % 24} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def _line(label: str, value: str, percent: int | None = None) -> Line:
    """What moves all the time, and nobody waits for."""
    return Line(label, value, percent, urgency=Change.BACKGROUND)


def _load(now: System) -> Line:
    if now.load is None:
        return _line("Load", _UNKNOWN)
    return _line("Load", f"{now.load:.1f}", round(100 * now.load / (now.cores or 1)))


def _used(label: str, total: int | None, free: int | None) -> Line:
    if not total or free is None:
        return _line(label, _UNKNOWN)
    percent = round(100 * (total - free) / total)
    return _line(label, f"{ENGLISH.amount(free)} free", percent)
