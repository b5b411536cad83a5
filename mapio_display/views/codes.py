"""QR codes, drawn for a phone's camera: whole-number modules, and the quiet zone that the standard asks for."""

from functools import lru_cache

import segno
from PIL import Image

QUIET_MODULES = 4  # ISO/IEC 18004
SMALLEST_MODULE = 3  # pixels, at the panel's 0.194 mm a pixel


def qr_code(text: str, side: int) -> Image.Image | None:
    """The code of ``text``, as large as fits into a square of ``side`` pixels.

    None if that is too small to read, or there is more text than a code holds.
    """
    try:
        symbol = _symbol(text)
    except segno.DataOverflowError:
        return None
    scale = side // symbol.width
    if scale < SMALLEST_MODULE:
        return None
    return symbol.resize((symbol.width * scale, symbol.height * scale), Image.Resampling.NEAREST)


@lru_cache(maxsize=4)
def _symbol(text: str) -> Image.Image:
    """The code with a pixel a module, in its quiet zone."""
    # The lowest error level has the largest modules, and nothing covers or soils a code behind glass.
    code = segno.make(text, error="l", micro=False, boost_error=False)
    side = len(code.matrix)
    picture = Image.new("1", (side + 2 * QUIET_MODULES, side + 2 * QUIET_MODULES), 1)
    modules = Image.new("1", (side, side))
    modules.putdata([not dark for row in code.matrix for dark in row])
    picture.paste(modules, (QUIET_MODULES, QUIET_MODULES))
    return picture
