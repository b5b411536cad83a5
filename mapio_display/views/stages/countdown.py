"""The view "countdown": MID is held, and the gateway restarts soon."""

from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.widgets import statement, title, version


def draw(canvas: Canvas, snapshot: Snapshot) -> None:
    """How long MID has yet to be held for a restart."""
    left = snapshot.front.countdown
    title(canvas, "Restart", version(snapshot))
    statement(canvas, "restart", f"Restart in {left}", "Let go of the button to stay.", canvas.height, size=20)
