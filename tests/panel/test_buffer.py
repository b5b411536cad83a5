"""A frame becomes the bytes that the vendor's own code would make of it."""

import pytest
from PIL import Image

from mapio_display.core.frame import Frame
from mapio_display.panel.buffer import pack
from mapio_display.panel.models import MODELS
from mapio_display.panel.transport import Transport
from mapio_display.panel.vendor import EpdConfig, load
from mapio_display.panel.waveshare import arranged
from mapio_display.virtual.ssd1680 import Ssd1680
from tests.panel.fakes import HeldTime, Wires, noise


def image(frame: Frame) -> Image.Image:
    return Image.frombytes("1", (frame.width, frame.height), frame.bits)


def any_transport() -> Transport:
    return Wires(Ssd1680(HeldTime().now))


@pytest.mark.usefixtures("rpi_gpio")
@pytest.mark.parametrize("rotation", [0, 180])
@pytest.mark.parametrize("model", MODELS)
def test_a_frame_is_packed_as_the_vendor_packs_it(model: str, rotation: int) -> None:
    epd = load(model, EpdConfig(any_transport(), 1.0))
    width, height = max(epd.width, epd.height), min(epd.width, epd.height)
    rows = Image.effect_noise((width, height), 100).convert("1")
    frame = Frame("noise", width, height, rows.tobytes())
    ours = arranged(pack(frame, portrait=epd.width < epd.height, rotation=rotation), epd.width, MODELS[model])
    theirs = bytes(epd.getbuffer(rows.rotate(rotation)))
    assert visible(ours, epd.width) == visible(theirs, epd.width)


def visible(packed: bytes, width: int) -> list[str]:
    """The rows of a buffer without what pads them, which lies beside the glass."""
    stride = (width + 7) // 8
    rows = (packed[start : start + stride] for start in range(0, len(packed), stride))
    return [format(int.from_bytes(row), f"0{8 * stride}b")[:width] for row in rows]


def test_pixels_beside_the_picture_do_not_get_into_the_buffer() -> None:
    frame = noise(1)
    dirty = bytes(byte | 0b0011_1111 if column % 32 == 31 else byte for column, byte in enumerate(frame.bits))
    padded = Frame("noise", frame.width, frame.height, dirty)
    assert pack(padded, portrait=True, rotation=0) == pack(frame, portrait=True, rotation=0)


def test_a_panel_the_other_way_up_gets_the_picture_turned() -> None:
    frame = noise(2)
    turned = Frame("noise", frame.width, frame.height, image(frame).rotate(180).tobytes())
    assert pack(frame, portrait=True, rotation=180) == pack(turned, portrait=True, rotation=0)
