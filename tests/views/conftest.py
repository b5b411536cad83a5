"""Reading pictures, and codes as a phone does."""

import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from mapio_display.core.frame import Frame


@pytest.fixture
def codes_in(tmp_path: Path) -> Callable[[bytes], list[str]]:
    """Give the texts of all codes that zbar finds in a PNG."""

    def read(picture: bytes) -> list[str]:
        file = tmp_path / "code.png"
        file.write_bytes(picture)
        found = subprocess.run(
            ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", str(file)],
            capture_output=True,
            text=True,
            check=False,
        )
        # zbarimg(1): 4 means that no code was found.
        assert found.returncode in (0, 4), found.stderr
        return found.stdout.splitlines()

    return read


def image(picture: bytes) -> Image.Image:
    """Open a PNG."""
    with Image.open(io.BytesIO(picture)) as opened:
        opened.load()
        return opened


def encoded(picture: Image.Image) -> bytes:
    """Give a picture as PNG."""
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def drawn(frame: Frame) -> Image.Image:
    """Give a frame as a picture of 0 (black) and 255 (white)."""
    return Image.frombytes("1", (frame.width, frame.height), frame.bits).convert("L")
