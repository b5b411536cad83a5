"""The view "stopped": the last picture before the power goes."""

from mapio_display.core.facts.shutdown import Shutdown
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.widgets import statement, title, version
from mapio_display.words.catalogue import Words


def draw(canvas: Canvas, snapshot: Snapshot, words: Words) -> None:
    """That nothing runs, since when if the clock can be believed, and nothing that would look live."""
    title(canvas, "MAPIO", version(snapshot, words), live=False)
    if snapshot.daemon.error is not None:
        statement(canvas, "cross", words.text("stopped.cannot-run"), snapshot.daemon.error, canvas.height)
        return
    time = snapshot.stopped_at
    if snapshot.shutdown is Shutdown.OFF:
        headline = words.text("stopped.off-since", time=time) if time else words.text("stopped.off")
        text = words.text("stopped.off-text")
    else:
        headline = words.text("stopped.at", time=time) if time else words.text("stopped")
        text = words.text("stopped.text")
    statement(canvas, "power", headline, text, canvas.height)
