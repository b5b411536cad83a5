"""The view "system": load, memory, data partition, temperature and uptime."""

from mapio_display.core.facts.system import System
from mapio_display.core.front.refresh import Change
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.widgets import Line, page, table, title, version
from mapio_display.words.catalogue import Words


def draw(canvas: Canvas, snapshot: Snapshot, words: Words) -> None:
    """Load, memory, data partition, temperature and uptime."""
    title(canvas, words.text("title.system"), version(snapshot, words), page=page(snapshot, "system"))
    now, unknown = snapshot.system, words.text("unknown")
    degrees, up = now.temperature, now.uptime
    table(
        canvas,
        _load(now, words),
        _used(words.text("system.memory"), now.memory_total, now.memory_available, words),
        _used(words.text("system.data"), now.data_total, now.data_free, words),
        _line(
            words.text("system.processor"), unknown if degrees is None else words.text("temperature", degrees=degrees)
        ),
        _line(words.text("system.up"), unknown if up is None else duration(up, words)),
    )


def duration(seconds: int, words: Words) -> str:
    """Word a time in its two largest units; less than an hour in minutes."""
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return words.text("duration.days", days=days, hours=hours % 24)
    if hours:
        return words.text("duration.hours", hours=hours, minutes=minutes % 60)
    return words.text("duration.minutes", minutes=minutes)


def _line(label: str, value: str, percent: int | None = None) -> Line:
    """A line whose value changes all the time, and is not waited for."""
    return Line(label, value, percent, urgency=Change.BACKGROUND)


def _load(now: System, words: Words) -> Line:
    label = words.text("system.load")
    if now.load is None:
        return _line(label, words.text("unknown"))
    return _line(label, words.decimal(now.load), round(100 * now.load / (now.cores or 1)))


def _used(label: str, total: int | None, free: int | None, words: Words) -> Line:
    if not total or free is None:
        return _line(label, words.text("unknown"))
    percent = round(100 * (total - free) / total)
    return _line(label, words.text("free", amount=words.amount(free)), percent)
