"""From a view's name and a snapshot to the frame."""

from importlib import import_module

from mapio_display.core.frame import Frame
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.names import module
from mapio_display.words.catalogue import Words


def render(view: str, snapshot: Snapshot, size: tuple[int, int] = (250, 122), *, words: Words) -> Frame:
    """Draw ``view`` at ``size`` (width, height in pixels) in the words of its reader."""
    return paint(view, snapshot, size, words).frame()


def paint(view: str, snapshot: Snapshot, size: tuple[int, int], words: Words) -> Canvas:
    """The canvas with all that the view has drawn on it."""
    canvas = Canvas(view, size)
    import_module(module(view)).draw(canvas, snapshot, words)
    return canvas
