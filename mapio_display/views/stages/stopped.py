"""The view "stopped": the last picture before the power goes."""

from mapio_display.core.facts.shutdown import Shutdown
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.widgets import statement, title, version


def draw(canvas: Canvas, snapshot: Snapshot) -> None:
    """That nothing runs, since when if the clock can be believed, and nothing that would look live."""
    title(canvas, "MAPIO", version(snapshot), live=False)
    if snapshot.daemon.error is not None:
        statement(canvas, "cross", "Cannot run", snapshot.daemon.error, canvas.height)
        return
    if snapshot.shutdown is Shutdown.OFF:
        headline, word, text = "Off", "since", "This picture stays without power."
    else:
        headline, word, text = "Stopped", "at", "Display and setup web server do not run."
    if snapshot.stopped_at is not None:
        headline = f"{headline} {word} {snapshot.stopped_at}"
    statement(canvas, "power", headline, text, canvas.height)
