"""The owner's picture: real files, good and bad, fitted to the panel."""

from pathlib import Path

import pytest
from PIL import Image, ImageOps

from mapio_display.core.facts.event import Event
from mapio_display.core.facts.picture import Picture, PictureChanged
from mapio_display.host import picture as module
from mapio_display.host.picture import PictureSource, read_picture
from tests.listener import Listener, running

SIZE = (250, 122)


def code(picture: Picture) -> str | None:
    return picture.error.code if picture.error else None


def dots(picture: Picture) -> Image.Image:
    assert picture.error is None
    return Image.frombytes("1", (picture.width, picture.height), picture.bits).convert("L")


def only(events: list[Event]) -> Picture:
    (event,) = events
    assert isinstance(event, PictureChanged)
    return event.picture


@pytest.mark.parametrize("name", ["picture.png", "picture.jpg", "picture.bmp", "picture.gif"])
def test_a_picture_is_centred_on_white_as_large_as_it_fits(name: str, tmp_path: Path) -> None:
    Image.new("RGB", (500, 500), "black").save(tmp_path / name)
    picture = dots(read_picture(tmp_path / name, SIZE))
    assert picture.size == SIZE
    assert picture.point(lambda value: 255 - value).getbbox() == (64, 0, 186, 122)


def test_grey_becomes_dots_of_both_colours_in_its_share(tmp_path: Path) -> None:
    Image.new("L", SIZE, 64).save(tmp_path / "grey.png")
    black = dots(read_picture(tmp_path / "grey.png", SIZE)).histogram()[0]
    assert 0.70 < black / (250 * 122) < 0.80


def test_grey_of_sixteen_bits_is_as_dark_as_of_eight(tmp_path: Path) -> None:
    for value in (0, 64, 128, 255):
        Image.new("L", SIZE, value).save(tmp_path / "eight.png")
        Image.new("I;16", SIZE, value * 257).save(tmp_path / "sixteen.png")
        with Image.open(tmp_path / "sixteen.png") as image:
            assert image.mode.startswith("I"), "a PNG of 16 bits"
        assert read_picture(tmp_path / "sixteen.png", SIZE) == read_picture(tmp_path / "eight.png", SIZE)


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    Image.new("RGBA", SIZE, (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert dots(read_picture(tmp_path / "clear.png", SIZE)).getextrema() == (255, 255)


def photo_taken_upright(path: Path, exif: bytes) -> None:
    photo = Image.new("L", (500, 244), 255)
    photo.paste(0, (0, 0, 250, 244))  # its left half, which is its top when the camera was turned
    photo.save(path, exif=exif)


def is_upright(picture: Picture) -> bool:
    return (dots(picture).getpixel((125, 10)), dots(picture).getpixel((125, 110))) == (0, 255)


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png"])
def test_a_photo_taken_upright_is_shown_upright(name: str, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    photo_taken_upright(tmp_path / name, exif.tobytes())
    assert is_upright(read_picture(tmp_path / name, SIZE))


def test_so_is_one_whose_camera_wrote_a_text_where_a_number_belongs(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "wide"
    text_for_the_width = exif.tobytes().replace(b"\x01\x0e\x00\x02", b"\x01\x00\x00\x02")
    photo_taken_upright(tmp_path / "photo.jpg", text_for_the_width)
    assert is_upright(read_picture(tmp_path / "photo.jpg", SIZE))


@pytest.mark.parametrize("orientation", range(10))
def test_every_orientation_is_undone(orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = Image.linear_gradient("L").resize((500, 244)).rotate(20, fillcolor=0)
    photo.save(tmp_path / "photo.png", exif=exif)
    with Image.open(tmp_path / "photo.png") as file:
        ImageOps.exif_transpose(file).save(tmp_path / "upright.png")
    shown, upright = (read_picture(tmp_path / name, SIZE) for name in ("photo.png", "upright.png"))
    assert shown == upright


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(30), b"\xff\xd8\xff\xe0" + bytes(9)]
)
def test_what_is_no_picture_is_reported_with_its_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    picture = read_picture(path, SIZE)
    assert picture.error is not None
    assert dict(picture.error.facts)["file"] == str(path)


def test_a_picture_cut_short_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    Image.effect_noise((300, 300), 50).save(path)
    path.write_bytes(path.read_bytes()[:5000])
    assert code(read_picture(path, SIZE)) == "picture.unreadable"


def test_a_picture_too_large_for_the_memory_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    Image.new("1", (6_000, 6_000)).save(path)
    assert code(read_picture(path, SIZE)) == "picture.too-large"


def test_a_photo_of_a_good_camera_is_small_enough(tmp_path: Path) -> None:
    Image.new("L", (6_000, 4_000)).save(tmp_path / "photo.jpg")
    assert read_picture(tmp_path / "photo.jpg", SIZE).error is None


async def test_the_file_is_read_again_only_when_it_is_another(tmp_path: Path) -> None:
    path, listener = tmp_path / "custom.png", Listener()
    async with running(PictureSource(listener, path, SIZE, pause=listener.pause).run):
        assert code(only(await listener.told())) == "picture.none"
        assert listener.paused_for == module.LOOK_EVERY_S
        assert await listener.later() == []
        Image.new("L", SIZE, 0).save(path)
        assert dots(only(await listener.later())).getextrema() == (0, 0)
        assert await listener.later() == []
        path.unlink()
        assert only(await listener.later()).error is not None
