"""The first picture after the power comes, and the last one before it goes."""

from mapio_display.core.snapshot import Snapshot, Step
from mapio_display.views.canvas import TITLE_HEIGHT, Canvas
from mapio_display.views.fonts import bold, plain


def starting(snapshot: Snapshot, size: tuple[int, int]) -> Canvas:
    """The version, and what is being waited for."""
    canvas = Canvas("starting", size, "MAPIO")
    top = TITLE_HEIGHT + 8
    canvas.text(canvas.row(top, 34), "Starting", [bold(28)])
    canvas.text(
        canvas.row(top + 36, 20), f"OS version {snapshot.os.version or 'unknown'}", [bold(14), bold(12), plain()]
    )
    canvas.rule(canvas.height - 27)
    canvas.text(canvas.row(canvas.height - 25, 22), _waiting_for(snapshot), [plain()])
    return canvas


def stopped(snapshot: Snapshot, size: tuple[int, int], local_time: str | None) -> Canvas:
    """That nothing runs, since when if the clock could be believed, and nothing that would look live."""
    canvas = Canvas("stopped", size, "MAPIO")
    top = TITLE_HEIGHT + 8
    canvas.text(canvas.row(top, 34), "Off", [bold(28)])
    if local_time is not None:
        canvas.text(canvas.row(top + 36, 20), f"since {local_time}", [bold(14)])
    canvas.rule(canvas.height - 27)
    canvas.text(canvas.row(canvas.height - 25, 22), f"Last used: OS {snapshot.os.version or '?'}", [plain()])
    return canvas


def _waiting_for(snapshot: Snapshot) -> str:
    if snapshot.update.step is Step.JUDGING:
        return "Checking the update"
    if snapshot.daemon.started_at is None:
        return "Please wait"
    return "Waiting for the web server"
