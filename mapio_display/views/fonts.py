"""The two typefaces, each only at sizes where one bit is enough for it.

DejaVu Sans Bold says everything. Its hinting leaves stems even, and the dots of an address in their place, at the sizes
listed here. From 14 to 16, at 18 and at 22 stems are thin beside those of the next sizes, and below 12 counters close.
Terminus at its native 6×12 is the small print, for what is too long for its field in the other. A font is loaded when
first used.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TypeAlias

from PIL import ImageFont

from mapio_display.core.frame import Box
from mapio_display.resources import resource

Font: TypeAlias = ImageFont.FreeTypeFont

BOLD_SIZES = (28, 24, 20, 17, 13, 12)


@cache
def bold(size: int) -> Font:
    """DejaVu Sans Bold, ``size`` pixels to the em."""
    # The basic layout is the same on every machine; Raqm would be used only where it is installed.
    return ImageFont.truetype(str(resource("fonts", "DejaVuSans-Bold.ttf")), size, layout_engine=ImageFont.Layout.BASIC)


@cache
def small_print() -> Font:
    """Terminus of 12 pixels, each character 6 wide.

    The file is unpacked, because FreeType would unpack a compressed one again for every glyph.
    """
    return ImageFont.truetype(str(resource("fonts", "terminus-12.pcf")), 12, layout_engine=ImageFont.Layout.BASIC)


def bold_from(largest: int) -> Iterator[Font]:
    """DejaVu Sans Bold from ``largest`` pixels downwards, each size loaded when it is asked for."""
    return (bold(size) for size in BOLD_SIZES if size <= largest)


@lru_cache(maxsize=1024)
def ink(font: Font, text: str) -> Box:
    """What ``text`` blackens, in pixels right of and below the pen's starting point.

    Pillow's ``getbbox`` counts the white on both sides of the letters too, and large figures would seem indented.
    """
    mask, (left, top) = font.getmask2(text, mode="1")
    box = mask.getbbox() or (0, 0, 0, 0)
    return Box(left + box[0], top + box[1], left + box[2], top + box[3])


def line_step(font: Font) -> int:
    """From one base line to the next, in pixels."""
    return int(font.size) + (0 if font is small_print() else 2)
