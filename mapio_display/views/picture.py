"""Frames as PNG files."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from mapio_display.core.frame import Frame
from mapio_display.views.fonts import bold

_GAP = 12
_CAPTION = 18
_GREY = 208


def png(frame: Frame, *, scale: int = 1, masked: bool = False) -> bytes:
    """The frame as a one-bit PNG, ``scale`` pixels a dot; ``masked`` leaves its secrets blank."""
    return _encoded(_image(frame, scale, masked=masked))


def contact_sheet(frames: Sequence[Frame], *, scale: int = 1, columns: int = 2) -> bytes:
    """All frames, of one or of several sizes, on a grey sheet as PNG; above each the name of its view."""
    width = max(frame.width for frame in frames) * scale
    height = max(frame.height for frame in frames) * scale
    rows = -(-len(frames) // columns)
    sheet = Image.new("L", (columns * (width + _GAP) + _GAP, rows * (height + _CAPTION + _GAP) + _GAP), _GREY)
    draw = ImageDraw.Draw(sheet)
    draw.fontmode = "1"
    for index, frame in enumerate(frames):
        left = _GAP + index % columns * (width + _GAP)
        top = _GAP + index // columns * (height + _CAPTION + _GAP)
        draw.text((left, top), frame.view, font=bold(13), fill=0)
        sheet.paste(_image(frame, scale, masked=False), (left, top + _CAPTION))
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
