"""The view "result": what became of the last update; MID dismisses it."""

from mapio_display.core.facts.update import Phase
from mapio_display.core.front.refresh import Change
from mapio_display.core.record import Result
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.widgets import Row, address, foot, hint, page, statement, title, version
from mapio_display.words.catalogue import ENGLISH

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
_ICONS = {
    Result.FAILED: "cross",
    Result.ROLLED_BACK: "back",
    Result.INTERRUPTED: "alert",
    Result.INSTALLED: "check",
    Result.REPLACED: "check",
}


def draw(canvas: Canvas, snapshot: Snapshot) -> None:
    """What became of the update, why, and what to do."""
    bad = snapshot.update.phase is Phase.FAILED or not _went_well(snapshot)
    note = hint(snapshot, "result") if bad else version(snapshot)
    title(canvas, "Update", note, page=page(snapshot, "result"))
    error, last = snapshot.update.error, snapshot.last_update
    if snapshot.update.phase is Phase.FAILED and error is not None:
        headline = _HEADLINES.get(error.code, "Not installed")
        statement(canvas, "cross", headline, ENGLISH.say(error.message), canvas.height)
    elif last is None:
        statement(canvas, "check", "No update so far", "", canvas.height)
    elif last.result is Result.SUCCEEDED:
        where = address(snapshot)
        waits = Row("Waiting for the network", urgency=Change.STATE)
        bottom = foot(canvas, Row(f"Ready at {where}") if where else waits, size=17)
        running = f"{snapshot.os.version or last.to_version or 'The new version'} is running"
        text = f"{running}. {ENGLISH.say(last.reason)}" if last.reason else running
        statement(canvas, "check", ENGLISH.of_result("headline", last.result), text, bottom, size=20)
    else:
        headline = ENGLISH.of_result("headline", last.result)
        statement(canvas, _ICONS[last.result], headline, ENGLISH.say(last.reason), canvas.height)


def _went_well(snapshot: Snapshot) -> bool:
    return snapshot.last_update is None or not snapshot.last_update.result.is_bad
