"""The view "update": the course of an update."""

from mapio_display.core.facts.update import Phase, Step
from mapio_display.core.frame import Box
from mapio_display.core.front.refresh import Change
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.widgets import (
    DO_NOT_UNPLUG,
    GAP,
    MARGIN,
    TITLE,
    Row,
    bundle_version,
    foot,
    statement,
    title,
    version,
)
from mapio_display.words.catalogue import ENGLISH

_STEPS = {
    Phase.RECEIVING: ("Step 1 of 3", "Transfer"),
    Phase.INSPECTING: ("Step 2 of 3", "Check"),
    Phase.INSTALLING: ("Step 3 of 3", "Install"),
}


def draw(canvas: Canvas, snapshot: Snapshot) -> None:
    """Which step, how far, from which version to which, and the warning not to unplug."""
    state = snapshot.update
    canvas.mark(Change.STATE, state.phase)
    if state.phase not in _STEPS:
        _installed(canvas, snapshot)
        return
    note, doing = _STEPS[state.phase]
    title(canvas, "Update", note)
    bottom = foot(canvas, DO_NOT_UNPLUG, size=17)
    left, right, top = MARGIN, canvas.width - MARGIN, TITLE + 3
    far = Box(right - 100, top, right, top + 30)
    canvas.text(Box(left, top, far.left - GAP, top + 30), doing, 24)
    canvas.text(far, _amount(snapshot), 24, align="right", urgency=Change.PROGRESS)
    canvas.bar(Box(left, top + 32, right, top + 48), state.percent, urgency=Change.PROGRESS)
    canvas.text(Box(left, top + 50, right, bottom - 1), _what(snapshot), 17)


def _installed(canvas: Canvas, snapshot: Snapshot) -> None:
    error = snapshot.update.error
    title(canvas, "Update", version(snapshot))
    if error is not None:
        statement(canvas, "alert", "Not restarted", ENGLISH.say(error.message), canvas.height)
    else:
        bottom = foot(canvas, Row("Restart to finish", alert=True), size=17)
        text = f"Restart the gateway from the setup page to run {bundle_version(snapshot)}."
        statement(canvas, "check", "Installed", text, bottom)


def _amount(snapshot: Snapshot) -> str:
    state = snapshot.update
    if state.percent is not None:
        return f"{state.percent} %"
    if state.phase is Phase.RECEIVING and state.bundle is not None:
        return ENGLISH.amount(state.bundle.received)
    return ""


def _what(snapshot: Snapshot) -> str:
    """What is being installed over what, as far as it is known; or what is being waited for."""
    state = snapshot.update
    if state.message and (state.step is Step.JUDGING or state.stalled):
        return ENGLISH.say(state.message)
    bundle = state.bundle
    if bundle is None:
        return "by another program"
    if bundle.version is None:
        return bundle.filename
    return f"{snapshot.os.version or '?'} → {bundle.version}"
