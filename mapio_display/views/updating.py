"""The views of an update: its course, its result, and the restart."""

from mapio_display.core.record import LastUpdate, Result
from mapio_display.core.snapshot import Phase, Snapshot, Step
from mapio_display.views.canvas import TITLE_HEIGHT, Canvas
from mapio_display.views.fonts import bold, plain
from mapio_display.views.resting import RESULTS, address

_STEPS = {
    Phase.RECEIVING: ("1/3", "Transfer"),
    Phase.INSPECTING: ("2/3", "Checking"),
    Phase.INSTALLING: ("3/3", "Installing"),
    Phase.INSTALLED: ("done", "Installed"),
}
_TOP = TITLE_HEIGHT + 4


def update(snapshot: Snapshot, size: tuple[int, int]) -> Canvas:
    """Which step, how far, from which version to which, and the warning not to unplug."""
    state = snapshot.update
    count, doing = _STEPS.get(state.phase, ("", "Update"))
    canvas = Canvas("update", size, "Update", count)
    canvas.text(canvas.row(_TOP, 28), doing, [bold(22)])
    if state.percent is not None and state.phase is not Phase.INSTALLED:
        canvas.text(canvas.row(_TOP, 28), f"{state.percent} %", [bold(22)], align="right")
        canvas.bar(canvas.row(_TOP + 31, 16), state.percent)
    elif state.phase is Phase.INSTALLED:
        text = "It did not restart." if state.error else "Waits for a restart."
        canvas.text(canvas.row(_TOP + 30, 18), text, [bold(14), plain()])
    else:
        canvas.text(canvas.row(_TOP + 30, 18), _waiting(snapshot), [plain()])
    canvas.text(canvas.row(_TOP + 51, 19), from_to(snapshot), [bold(14), bold(12), plain()])
    _warn(canvas, "Restart to finish" if state.phase is Phase.INSTALLED else "Do not unplug")
    return canvas


def result(snapshot: Snapshot, size: tuple[int, int]) -> Canvas:
    """What became of the update, why, and what to do."""
    error, last = snapshot.update.error, snapshot.last_update
    if snapshot.update.phase is Phase.FAILED and error is not None:
        canvas = Canvas("result", size, "Update not installed")
        canvas.paragraph(canvas.row(_TOP + 1, 77), error.message)
        _running(canvas, snapshot)
    elif last is not None and last.result is Result.SUCCEEDED:
        canvas = _succeeded(snapshot, last, size)
    elif last is not None:
        canvas = Canvas("result", size, RESULTS[last.result])
        canvas.paragraph(canvas.row(_TOP + 1, 77), last.reason or "")
        _running(canvas, snapshot)
    else:
        canvas = Canvas("result", size, "No update so far")
        _running(canvas, snapshot)
    return canvas


def rebooting(snapshot: Snapshot, size: tuple[int, int]) -> Canvas:
    """That the gateway restarts, and into what."""
    bundle = snapshot.update.bundle
    canvas = Canvas("rebooting", size, "Restarting")
    canvas.text(canvas.row(_TOP + 6, 20), "The gateway restarts into", [bold(14), plain()])
    version = (bundle.version if bundle else None) or "the new version"
    canvas.text(canvas.row(_TOP + 30, 34), version, [bold(28), bold(22), bold(18), bold(14), plain()])
    _warn(canvas, "Do not unplug")
    return canvas


def from_to(snapshot: Snapshot) -> str:
    """``1.3.0 → 1.4.0``, as far as it is known."""
    bundle = snapshot.update.bundle
    if bundle is None:
        return ""
    if bundle.version is None:
        return f"{snapshot.os.version or '?'} → {bundle.filename}"
    return f"{snapshot.os.version or '?'} → {bundle.version}"


def _succeeded(snapshot: Snapshot, last: LastUpdate, size: tuple[int, int]) -> Canvas:
    canvas = Canvas("result", size, "Update succeeded")
    version = snapshot.os.version or last.to_version or "?"
    canvas.text(canvas.row(_TOP, 34), version, [bold(28), bold(22), bold(18), bold(14), plain()])
    canvas.text(canvas.row(_TOP + 34, 18), f"is running, before it {last.from_version or '?'}", [plain()])
    if last.reason:
        canvas.text(canvas.row(_TOP + 52, 17), last.reason, [plain()])
    canvas.rule(canvas.height - 27)
    canvas.text(canvas.row(canvas.height - 25, 22), address(snapshot), [bold(18), bold(15), bold(12), plain()])
    return canvas


def _running(canvas: Canvas, snapshot: Snapshot) -> None:
    canvas.rule(canvas.height - 22)
    text = f"Running: {snapshot.os.version or 'version unknown'}"
    canvas.text(canvas.row(canvas.height - 20, 18), text, [bold(14), bold(12), plain()])


def _warn(canvas: Canvas, text: str) -> None:
    """A black field at the foot, which is seen before it is read."""
    foot = canvas.row(canvas.height - 24, 20)
    canvas.filled(foot)
    canvas.text(foot, text, [bold(14)], align="centre", colour=1)


def _waiting(snapshot: Snapshot) -> str:
    if snapshot.update.step is Step.JUDGING:
        return snapshot.update.message or "Please wait"
    if snapshot.update.phase is Phase.INSPECTING:
        return "Is it signed and whole?"
    return "Please wait"
