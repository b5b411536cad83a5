"""QR codes, drawn for a phone's camera: whole-number modules, and the quiet zone that the standard asks for."""

from functools import lru_cache

import segno
from PIL import Image

QUIET_MODULES = 4  # ISO/IEC 18004
SMALLEST_MODULE = 3  # pixels, at the panel's 0.194 mm a pixel


@lru_cache(maxsize=4)
def qr_code(text: str, side: int) -> Image.Image | None:
    """The code of ``text``, as large as fits into a square of ``side`` pixels; None if that is too small to read."""
    code = segno.make(text, error="l", micro=False, boost_error=False)
    rows = [bytes(row) for row in code.matrix]
    modules = len(rows) + 2 * QUIET_MODULES
    scale = side // modules
    if scale < SMALLEST_MODULE:
        return None
    picture = Image.new("1", (modules, modules), 1)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                picture.putpixel((x + QUIET_MODULES, y + QUIET_MODULES), 0)
    return picture.resize((modules * scale, modules * scale), Image.Resampling.NEAREST)
