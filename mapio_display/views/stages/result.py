"""The view "result": what became of the last update; MID dismisses it."""

from mapio_display.core.facts.update import Phase
from mapio_display.core.front.refresh import Change
from mapio_display.core.record import Result
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.widgets import Row, address, foot, hint, page, statement, title, version

_HEADLINES = {
    "untrusted": "Not trusted",
    "wrong-device": "Wrong device",
    "damaged": "Damaged file",
    "no-space": "No space left",
    "too-large": "Too large",
    "rauc-unavailable": "RAUC is down",
    "storage": "Disk error",
    "low-battery": "Battery is low",
    "reboot-failed": "No restart",
}
_ENDS = {
    Result.FAILED: ("cross", "Failed"),
    Result.ROLLED_BACK: ("back", "Rolled back"),
    Result.INTERRUPTED: ("alert", "Interrupted"),
    Result.INSTALLED: ("check", "Installed"),
    Result.REPLACED: ("check", "Replaced"),
}


def draw(canvas: Canvas, snapshot: Snapshot) -> None:
    """What became of the update, why, and what to do."""
    bad = snapshot.update.phase is Phase.FAILED or not _went_well(snapshot)
    note = hint(snapshot, "put away") if bad else version(snapshot)
    title(canvas, "Update", note, page=page(snapshot, "result"))
    error, last = snapshot.update.error, snapshot.last_update
    if snapshot.update.phase is Phase.FAILED and error is not None:
        statement(canvas, "cross", _HEADLINES.get(error.code, "Not installed"), error.message, canvas.height)
    elif last is None:
        statement(canvas, "check", "No update so far", "", canvas.height)
    elif last.result is Result.SUCCEEDED:
        where = address(snapshot)
        waits = Row("Waiting for the network", urgency=Change.STATE)
        bottom = foot(canvas, Row(f"Ready at {where}") if where else waits, size=17)
        running = f"{snapshot.os.version or last.to_version or 'The new version'} is running"
        statement(canvas, "check", "Updated", f"{running}. {last.reason}" if last.reason else running, bottom, size=20)
    else:
        statement(canvas, *_ENDS[last.result], last.reason or "", canvas.height)


def _went_well(snapshot: Snapshot) -> bool:
    return snapshot.last_update is None or not snapshot.last_update.result.is_bad
