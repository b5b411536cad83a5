"""Frames as PNG files."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from mapio_display.core.frame import Frame
from mapio_display.views.fonts import plain

GAP = 12


def png(frame: Frame, *, scale: int = 1, masked: bool = False) -> bytes:
    """The frame as a one-bit PNG, ``scale`` pixels a dot; ``masked`` leaves its secrets blank."""
    return _encoded(_image(frame, scale, masked=masked))


def contact_sheet(frames: Sequence[Frame], *, scale: int = 1, columns: int = 2) -> bytes:
    """All frames on one sheet, each under its view's name."""
    width, height = frames[0].width * scale, frames[0].height * scale
    rows = -(-len(frames) // columns)
    caption = 18
    sheet = Image.new("L", (columns * (width + GAP) + GAP, rows * (height + caption + GAP) + GAP), 208)
    draw = ImageDraw.Draw(sheet)
    for index, frame in enumerate(frames):
        left = GAP + index % columns * (width + GAP)
        top = GAP + index // columns * (height + caption + GAP)
        draw.text((left, top), frame.view, font=plain(), fill=0)
        sheet.paste(_image(frame, scale, masked=False), (left, top + caption))
    return _encoded(sheet)


def _image(frame: Frame, scale: int, *, masked: bool) -> Image.Image:
    image = Image.frombytes("1", (frame.width, frame.height), frame.bits)
    if masked:
        draw = ImageDraw.Draw(image)
        for box in frame.secrets:
            draw.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), fill=1)
    return image.resize((frame.width * scale, frame.height * scale), Image.Resampling.NEAREST)


def _encoded(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
