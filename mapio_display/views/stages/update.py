"""The view "update": the course of an update."""

from mapio_display.core.facts.update import Phase, Step
from mapio_display.core.frame import Box
from mapio_display.core.front.refresh import Change
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.widgets import (
    GAP,
    MARGIN,
    TITLE,
    Row,
    bundle_version,
    do_not_unplug,
    foot,
    statement,
    title,
    version,
)
from mapio_display.words.catalogue import Words

_STEPS = (Phase.RECEIVING, Phase.INSPECTING, Phase.INSTALLING)


def draw(canvas: Canvas, snapshot: Snapshot, words: Words) -> None:
    """Which step, how far, from which version to which, and the warning not to unplug."""
    state = snapshot.update
    canvas.mark(Change.STATE, state.phase)
    if state.phase not in _STEPS:
        _installed(canvas, snapshot, words)
        return
    title(canvas, words.text("title.update"), words.text("update.step", number=_STEPS.index(state.phase) + 1))
    bottom = foot(canvas, do_not_unplug(words), size=17)
    left, right, top = MARGIN, canvas.width - MARGIN, TITLE + 3
    far = Box(right - 100, top, right, top + 30)
    canvas.text(Box(left, top, far.left - GAP, top + 30), words.text(f"doing.{state.phase}"), 24)
    canvas.text(far, _amount(snapshot, words), 24, align="right", urgency=Change.PROGRESS)
    canvas.bar(Box(left, top + 32, right, top + 48), state.percent, urgency=Change.PROGRESS)
    canvas.text(Box(left, top + 50, right, bottom - 1), _what(snapshot, words), 17)


def _installed(canvas: Canvas, snapshot: Snapshot, words: Words) -> None:
    error = snapshot.update.error
    title(canvas, words.text("title.update"), version(snapshot, words))
    if error is not None:
        statement(canvas, "alert", words.text("update.not-restarted"), words.say(error.message), canvas.height)
    else:
        bottom = foot(canvas, Row(words.text("update.restart"), alert=True), size=17)
        new = bundle_version(snapshot)
        text = words.text("update.restart-for", version=new) if new else words.text("update.restart-for-new")
        statement(canvas, "check", words.text("update.installed"), text, bottom)


def _amount(snapshot: Snapshot, words: Words) -> str:
    state = snapshot.update
    if state.percent is not None:
        return words.text("percent", percent=state.percent)
    if state.phase is Phase.RECEIVING and state.bundle is not None:
        return words.amount(state.bundle.received)
    return ""


def _what(snapshot: Snapshot, words: Words) -> str:
    """What is being installed over what, as far as it is known; or what is being waited for."""
    state = snapshot.update
    if state.message and (state.step is Step.JUDGING or state.stalled):
        return words.say(state.message)
    bundle = state.bundle
    if bundle is None:
        return words.text("by-another-program")
    if bundle.version is None:
        return bundle.filename
    return f"{snapshot.os.version or '?'} → {bundle.version}"
