"""Pictures to see whether a panel is wired and described right. ``size`` is width and height in pixels."""

from dataclasses import replace

from PIL import Image, ImageDraw

from mapio_display.core.frame import Box, Frame
from mapio_display.views.canvas import Canvas
from mapio_display.words.catalogue import Words

_SQUARE = 8
_CORNER = 12


def orientation(model: str, size: tuple[int, int], words: Words) -> Frame:
    """A line along each edge, a square in the corner that is up and left, and the model's name the right way up."""
    canvas = Canvas("orientation", size)
    right, bottom = canvas.width, canvas.height
    canvas.fill(Box(4, 4, 4 + _CORNER, 4 + _CORNER))
    middle = bottom // 2
    canvas.text(Box(24, 6, right - 24, 26), words.text("panel-test.picture.up"), 17, align="centre")
    canvas.text(Box(8, middle - 14, right - 8, middle + 14), model, 24, align="centre")
    canvas.text(Box(8, bottom - 26, right - 8, bottom - 6), f"{size[0]} × {size[1]}", 17, align="centre")
    frame = canvas.frame()
    picture = Image.frombytes("1", size, frame.bits)
    ImageDraw.Draw(picture).rectangle((0, 0, size[0] - 1, size[1] - 1), outline=0)
    return replace(frame, bits=picture.tobytes())


def checkerboard(size: tuple[int, int], *, inverse: bool = False) -> Frame:
    """Squares of eight pixels, the first one white, or black if ``inverse``."""
    width, height = size
    board = Image.new("1", size)
    board.putdata([(x // _SQUARE + y // _SQUARE + inverse) % 2 == 0 for y in range(height) for x in range(width)])
    return Frame("checkerboard", width, height, board.tobytes())


def caption(text: str, size: tuple[int, int]) -> Frame:
    """A few words in the middle of white."""
    canvas = Canvas("caption", size)
    canvas.text(Box(8, 8, canvas.width - 8, canvas.height - 8), text, 24, align="centre")
    return canvas.frame()
