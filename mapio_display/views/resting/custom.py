"""The view "custom": the owner's picture."""

from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.widgets import page, statement, title
from mapio_display.words.catalogue import Words


def draw(canvas: Canvas, snapshot: Snapshot, words: Words) -> None:
    """The owner's picture and nothing else, or why there is none."""
    picture = snapshot.picture
    if picture is not None and (picture.width, picture.height) == canvas.size:
        canvas.whole(picture.bits)
        return
    title(canvas, words.text("title.picture"), page=page(snapshot, "custom"))
    if picture is not None and picture.error:
        statement(canvas, "alert", words.text("custom.none"), words.say(picture.error), canvas.height)
    else:
        statement(canvas, "wait", words.text("custom.loading"), "", canvas.height)
