"""The two typefaces, each at the sizes where one bit is enough for it.

Spleen is a bitmap font and crisp at its own size only; DejaVu Sans Bold is hinted well enough for one bit from 12
pixels up. Both are loaded when first used.
"""

from functools import cache
from typing import TypeAlias

from PIL import ImageFont

from mapio_display.resources import resource

Font: TypeAlias = ImageFont.FreeTypeFont


@cache
def plain() -> Font:
    """Spleen 8×16, for running text and small facts."""
    return ImageFont.truetype(str(resource("fonts", "spleen-8x16.pcf.gz")), 16)


@cache
def bold(size: int) -> Font:
    """DejaVu Sans Bold of ``size`` pixels, for what is read at arm's length."""
    if size < 12:
        raise ValueError(f"DejaVu Sans Bold is not readable in one bit at {size} pixels")
    # The basic layout is the same on every machine; Raqm would be used only where it is installed.
    return ImageFont.truetype(str(resource("fonts", "DejaVuSans-Bold.ttf")), size, layout_engine=ImageFont.Layout.BASIC)
