"""A one-bit picture in a terminal, two dots a character."""

import io

from PIL import Image

_HALVES = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}


def half_blocks(picture: bytes) -> str:
    """Word a PNG with half blocks; white dots are drawn, so that it looks right on a dark terminal."""
    image = Image.open(io.BytesIO(picture)).convert("1")
    rows = [[1 if image.getpixel((x, y)) else 0 for x in range(image.width)] for y in range(image.height)]
    if len(rows) % 2:
        rows.append([0] * image.width)
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "\n".join("".join(_HALVES[pair] for pair in zip(upper, lower, strict=True)) for upper, lower in pairs)
