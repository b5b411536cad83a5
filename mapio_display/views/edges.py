"""The first picture after the power comes, and the last one before it goes."""

from mapio_display.core.facts.daemon import Lifecycle
from mapio_display.core.facts.shutdown import Shutdown
from mapio_display.core.facts.update import Step
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.parts import Row, foot, statement, title, version


def starting(snapshot: Snapshot, size: tuple[int, int]) -> Canvas:
    """The version, and what is being waited for."""
    canvas = Canvas("starting", size)
    title(canvas, "MAPIO")
    bottom = foot(canvas, Row(_waiting_for(snapshot)))
    statement(canvas, "wait", "Starting", version(snapshot), bottom, size=20)
    return canvas


def stopped(snapshot: Snapshot, size: tuple[int, int]) -> Canvas:
    """That nothing runs, since when if the clock can be believed, and nothing that would look live."""
    canvas = Canvas("stopped", size)
    title(canvas, "MAPIO", version(snapshot), live=False)
    if snapshot.daemon.error is not None:
        statement(canvas, "cross", "Cannot run", snapshot.daemon.error, canvas.height)
        return canvas
    if snapshot.shutdown is Shutdown.OFF:
        headline, word, text = "Off", "since", "This picture stays without power."
    else:
        headline, word, text = "Stopped", "at", "Display and setup web server do not run."
    if snapshot.stopped_at is not None:
        headline = f"{headline} {word} {snapshot.stopped_at}"
    statement(canvas, "power", headline, text, canvas.height)
    return canvas


def _waiting_for(snapshot: Snapshot) -> str:
    if snapshot.update.step is Step.JUDGING:
        return "Checking the update"
    if snapshot.daemon.lifecycle is Lifecycle.WAITING:
        return "Waiting for the data partition" if snapshot.data_partition else "Please wait"
    return "Please wait"
