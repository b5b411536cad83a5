"""The view "countdown": MID is held, and the gateway restarts soon."""

from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.widgets import statement, title, version
from mapio_display.words.catalogue import Words


def draw(canvas: Canvas, snapshot: Snapshot, words: Words) -> None:
    """How long MID has yet to be held for a restart."""
    left = snapshot.front.countdown
    title(canvas, words.text("title.restart"), version(snapshot, words))
    headline = words.text("countdown", seconds=left or 0)
    statement(canvas, "restart", headline, words.text("countdown.stay"), canvas.height, size=20)
