"""The owner's own picture: a file on the data partition, dithered to the panel's size when it changes."""

import asyncio
import os
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from mapio_display.core.facts.picture import Picture, PictureChanged
from mapio_display.core.message import message
from mapio_display.core.protocols import Pause, StatePort
from mapio_display.files import open_regular

LOOK_EVERY_S = 30.0
FORMATS = "PNG", "JPEG", "GIF", "BMP"
LARGEST = 6_000_000  # pixels to unpack; more would take more memory than a gateway has to spare

# How a photo gets upright, by its orientation (Exif 2.3, section 4.6.4). Pillow's own exif_transpose also writes its
# Exif anew, and struct.error comes of that where a camera did not keep to the standard.
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class PictureSource:
    """Dispatches ``PictureChanged`` at the start and whenever the file is another. ``size`` is the panel's."""

    def __init__(self, state: StatePort, path: Path, size: tuple[int, int], *, pause: Pause = asyncio.sleep) -> None:
        self._state = state
        self._path = path
        self._size = size
        self._pause = pause

    async def run(self) -> None:
        """Follow the file, endlessly."""
        known: tuple[int, int] | None = (-1, -1)
        while True:
            now = _identity(self._path)
            if now != known:
                known = now
                picture = await asyncio.to_thread(read_picture, self._path, self._size)
                self._state.dispatch(PictureChanged(picture))
            await self._pause(LOOK_EVERY_S)


def read_picture(path: Path, size: tuple[int, int]) -> Picture:
    """Fit a PNG, JPEG, GIF or BMP file into ``size`` (width, height in pixels), dithered and centred on white."""
    try:
        with os.fdopen(open_regular(path), "rb") as content, Image.open(content, formats=FORMATS) as file:
            file.draft("L", size)  # lets the decoder of a JPEG skip what a small panel cannot show
            if file.width * file.height > LARGEST:
                return Picture(error=message("picture.too-large", file=str(path), millions=LARGEST // 1_000_000))
            upright = _eight_bits(file).convert("LA")
            if (way := _UPRIGHT.get(file.getexif().get(_ORIENTATION, 1))) is not None:
                upright = upright.transpose(way)
    except FileNotFoundError:
        return Picture(error=message("picture.none", file=str(path)))
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return Picture(error=message("picture.unreadable", file=str(path), reason=str(error)))
    sheet = Image.new("L", upright.size, 255)
    sheet.paste(upright.getchannel("L"), mask=upright.getchannel("A"))
    fitted = ImageOps.pad(sheet, size, method=Image.Resampling.LANCZOS, color=255)
    dots = fitted.convert("1", dither=Image.Dither.FLOYDSTEINBERG)
    return Picture(*size, dots.tobytes())


def _eight_bits(image: Image.Image) -> Image.Image:
    """``image`` with 8 bits a channel: a PNG's grey of 16 bits would be cut off at 255, and be white."""
    if not image.mode.startswith("I"):
        return image
    return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")


def _identity(path: Path) -> tuple[int, int] | None:
    """What changes when the file does; None while there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
