"""Reading pictures, and codes as a phone does."""

import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from mapio_display.core.frame import Frame
from mapio_display.core.front.refresh import Change, change_between
from mapio_display.core.front.view import change_of_view, current_view
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.render import render
from mapio_display.words.catalogue import ENGLISH


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


def change_since(drawn: Snapshot | None, now: Snapshot) -> Change:
    """How urgent the picture of ``now`` is on a glass with the one of ``drawn``, as the screen's task finds it."""
    frames = [
        render(current_view(snapshot), snapshot, words=ENGLISH) for snapshot in (drawn, now) if snapshot is not None
    ]
    return change_of_view(drawn, now) or change_between(*frames)


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
