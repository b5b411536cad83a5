"""The view "custom": the owner's picture."""

from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.widgets import page, statement, title


def draw(canvas: Canvas, snapshot: Snapshot) -> None:
    """The owner's picture and nothing else, or why there is none."""
    picture = snapshot.picture
    if picture is not None and (picture.width, picture.height) == canvas.size:
        canvas.whole(picture.bits)
        return
    title(canvas, "Picture", page=page(snapshot, "custom"))
    error = picture.error if picture else None
    statement(canvas, "alert" if error else "wait", "No picture" if error else "Loading", error or "", canvas.height)
