"""The view "result": what became of the last update; MID dismisses it."""

from mapio_display.core.facts.update import Phase
from mapio_display.core.record import Result
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.widgets import foot, hint, page, reached_at, statement, title, version
from mapio_display.words.catalogue import Words

_HEADLINES = {
    "untrusted",
    "wrong-device",
    "damaged",
    "no-space",
    "too-large",
    "rauc-unavailable",
    "storage",
    "low-battery",
    "reboot-failed",
}
_ICONS = {
    Result.FAILED: "cross",
    Result.ROLLED_BACK: "back",
    Result.INTERRUPTED: "alert",
    Result.INSTALLED: "check",
    Result.REPLACED: "check",
}


def draw(canvas: Canvas, snapshot: Snapshot, words: Words) -> None:
    """What became of the update, why, and what to do."""
    bad = snapshot.update.phase is Phase.FAILED or not _went_well(snapshot)
    note = hint(snapshot, "result", words) if bad else version(snapshot, words)
    title(canvas, words.text("title.update"), note, page=page(snapshot, "result"))
    error, last = snapshot.update.error, snapshot.last_update
    if snapshot.update.phase is Phase.FAILED and error is not None:
        headline = words.text(f"headline.{error.code if error.code in _HEADLINES else 'other'}")
        statement(canvas, "cross", headline, words.say(error.message), canvas.height)
    elif last is None:
        statement(canvas, "check", words.text("no-update-yet"), "", canvas.height)
    elif last.result is Result.SUCCEEDED:
        bottom = foot(canvas, reached_at(snapshot, words), size=17)
        new, reason = snapshot.os.version or last.to_version, words.say(last.reason)
        running = words.text("outcome.runs", version=new) if new else words.text("outcome.new-runs")
        text = words.text("outcome.runs-because", running=running, reason=reason) if reason else running
        statement(canvas, "check", words.of_result("headline", last.result), text, bottom, size=20)
    else:
        headline = words.of_result("headline", last.result)
        statement(canvas, _ICONS[last.result], headline, words.say(last.reason), canvas.height)


def _went_well(snapshot: Snapshot) -> bool:
    return snapshot.last_update is None or not snapshot.last_update.result.is_bad
