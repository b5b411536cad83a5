"""The views of an update: its course, its result, and the restart."""

from mapio_display.core.facts.update import Phase, Step
from mapio_display.core.frame import Box
from mapio_display.core.record import Result
from mapio_display.core.sizes import amount
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.parts import GAP, MARGIN, TITLE, Row, address, foot, hint, page, statement, title, version

_DO_NOT_UNPLUG = Row("Do not unplug", alert=True)
_STEPS = {
    Phase.RECEIVING: ("Step 1 of 3", "Transfer"),
    Phase.INSPECTING: ("Step 2 of 3", "Check"),
    Phase.INSTALLING: ("Step 3 of 3", "Install"),
}
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


def update(snapshot: Snapshot, size: tuple[int, int]) -> Canvas:
    """Which step, how far, from which version to which, and the warning not to unplug."""
    canvas = Canvas("update", size)
    state = snapshot.update
    if state.phase not in _STEPS:
        return _installed(canvas, snapshot)
    note, doing = _STEPS[state.phase]
    title(canvas, "Update", note)
    bottom = foot(canvas, _DO_NOT_UNPLUG, size=17)
    left, right, top = MARGIN, canvas.width - MARGIN, TITLE + 3
    far = Box(right - 100, top, right, top + 30)
    canvas.text(Box(left, top, far.left - GAP, top + 30), doing, 24)
    canvas.text(far, _amount(snapshot), 24, align="right")
    canvas.bar(Box(left, top + 32, right, top + 48), state.percent)
    canvas.text(Box(left, top + 50, right, bottom - 1), _what(snapshot), 17)
    return canvas


def result(snapshot: Snapshot, size: tuple[int, int]) -> Canvas:
    """What became of the update, why, and what to do."""
    canvas = Canvas("result", size)
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
        bottom = foot(canvas, Row(f"Ready at {where}" if where else "Waiting for the network"), size=17)
        running = f"{snapshot.os.version or last.to_version or 'The new version'} is running"
        statement(canvas, "check", "Updated", f"{running}. {last.reason}" if last.reason else running, bottom, size=20)
    else:
        statement(canvas, *_ENDS[last.result], last.reason or "", canvas.height)
    return canvas


def _went_well(snapshot: Snapshot) -> bool:
    return snapshot.last_update is None or not snapshot.last_update.result.is_bad


def rebooting(snapshot: Snapshot, size: tuple[int, int]) -> Canvas:
    """That the gateway restarts, and into what; or how long MID has yet to be held for that."""
    left = snapshot.front.countdown
    if left is not None:
        canvas = Canvas("countdown", size)  # only a frame named "rebooting" lets the restart go ahead
        title(canvas, "Restart", version(snapshot))
        statement(canvas, "restart", f"Restart in {left}", "Let go of the button to stay.", canvas.height, size=20)
        return canvas
    canvas = Canvas("rebooting", size)
    state = snapshot.update
    if state.id is None or state.step not in (Step.INSTALLED, Step.ANNOUNCING, Step.REBOOTING):
        title(canvas, "Restart", version(snapshot))
        running = f"OS {snapshot.os.version}" if snapshot.os.version else ""
        # Somebody restarts the gateway, update or not; what becomes of it is judged after the start.
        text = "Update cut off" if state.id and state.phase in _STEPS else running
        statement(canvas, "restart", "Restarting", text, canvas.height, size=20)
        return canvas
    title(canvas, "Update")
    bottom = foot(canvas, _DO_NOT_UNPLUG, size=17)
    statement(canvas, "restart", "Restarting", f"into {_name(snapshot)}", bottom, size=20)
    return canvas


def _installed(canvas: Canvas, snapshot: Snapshot) -> Canvas:
    error = snapshot.update.error
    title(canvas, "Update", version(snapshot))
    if error is not None:
        statement(canvas, "alert", "Not restarted", error.message, canvas.height)
    else:
        bottom = foot(canvas, Row("Restart to finish", alert=True), size=17)
        text = f"Restart the gateway from the setup page to run {_name(snapshot)}."
        statement(canvas, "check", "Installed", text, bottom)
    return canvas


def _name(snapshot: Snapshot) -> str:
    """The version that is being installed, in words."""
    bundle = snapshot.update.bundle
    return (bundle.version if bundle else None) or "the new version"


def _amount(snapshot: Snapshot) -> str:
    state = snapshot.update
    if state.percent is not None:
        return f"{state.percent} %"
    if state.phase is Phase.RECEIVING and state.bundle is not None:
        return amount(state.bundle.received)
    return ""


def _what(snapshot: Snapshot) -> str:
    """What is being installed over what, as far as it is known; or what is being waited for."""
    state = snapshot.update
    if state.message and (state.step is Step.JUDGING or state.stalled):
        return state.message
    bundle = state.bundle
    if bundle is None:
        return "by another program"
    if bundle.version is None:
        return bundle.filename
    return f"{snapshot.os.version or '?'} → {bundle.version}"
