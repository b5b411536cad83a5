"""The QR code can be read by a phone, and a secret by nobody who may not."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PIL import Image

from mapio_display.core.facts.web import Web
from mapio_display.core.frame import Frame
from mapio_display.core.front.names import View
from mapio_display.views.codes import qr_code
from mapio_display.views.picture import png
from mapio_display.views.render import render
from mapio_display.views.sample import AT_REST, variants
from mapio_display.words.catalogue import ENGLISH
from tests.views.conftest import encoded, image

Reader = Callable[[bytes], list[str]]
CODES = {
    "webserver": "http://192.168.1.123/#402915",
    "webserver-other-port": "http://192.168.1.123:8080/#402915",
    "webserver-ipv6": "http://mapio-in-the-garden-house.local:8080/#402915",
    "hotspot": "WIFI:T:WPA;S:MAPIO;P:k7xq4nzt2h;;",
}
VARIANTS = variants()


def draw(name: str) -> Frame:
    return render(*VARIANTS[name], words=ENGLISH)


@pytest.mark.parametrize(("name", "text"), CODES.items())
def test_the_code_holds_address_and_pin(name: str, text: str, codes_in: Reader) -> None:
    assert codes_in(png(draw(name), scale=3)) == [text]


@pytest.mark.parametrize(("name", "text"), CODES.items())
@pytest.mark.parametrize("scale", [1.0, 1.3, 0.8])
def test_the_code_is_read_at_any_distance_and_in_a_dark_bezel(
    name: str, text: str, scale: float, codes_in: Reader
) -> None:
    panel = image(png(draw(name))).convert("L")
    photo = Image.new("L", (panel.width + 80, panel.height + 80), 0)
    photo.paste(panel, (40, 40))
    size = round(photo.width * scale), round(photo.height * scale)
    assert codes_in(encoded(photo.resize(size, Image.Resampling.BICUBIC))) == [text]


@pytest.mark.parametrize("name", CODES)
def test_the_modules_are_whole_dots_with_the_quiet_zone_around(name: str) -> None:
    code = qr_code(CODES[name], 122)
    assert code is not None
    black = image(encoded(code)).convert("L").point(lambda value: 255 - value).getbbox()
    assert black is not None
    module = next(x for x in range(black[0], code.width) if code.getpixel((x, black[1]))) - black[0]
    assert module % 7 == 0, "the finder pattern is seven modules wide"
    side = module // 7
    assert side >= 3
    assert black == (4 * side, 4 * side, code.width - 4 * side, code.height - 4 * side)


def test_a_code_too_fine_to_read_is_left_out() -> None:
    assert qr_code("http://" + "a" * 60 + ".local/#402915", 122) is None


def test_without_a_pin_the_code_is_the_bare_address_and_no_secret(codes_in: Reader) -> None:
    frame = render("webserver", replace(AT_REST, pin=None), words=ENGLISH)
    assert codes_in(png(frame, scale=3)) == ["http://192.168.1.123/"]
    assert frame.secrets == ()


@pytest.mark.parametrize("name", VARIANTS)
def test_another_pin_changes_nothing_outside_the_secret_boxes(name: str) -> None:
    view, snapshot = VARIANTS[name]
    frames = {
        render(view, replace(snapshot, pin=pin), words=ENGLISH)
        for pin in ("402915", *(digit * 6 for digit in "0123456789"))
    }
    assert len({png(frame, masked=True) for frame in frames}) == 1


def test_what_parts_the_hotspots_code_is_escaped_in_its_name(codes_in: Reader) -> None:
    text = 'WIFI:T:WPA;S:a\\;b\\:c\\\\\\";P:k7xq4nzt2h;;'
    hotspot = replace(VARIANTS["hotspot"][1].hotspot, ssid='a;b:c\\"')
    assert codes_in(png(render(View.HOTSPOT, replace(AT_REST, hotspot=hotspot), words=ENGLISH), scale=3)) == [text]


def test_another_password_changes_nothing_outside_the_secret_boxes() -> None:
    snapshot = VARIANTS["hotspot"][1]
    pictures = {
        png(
            render(View.HOTSPOT, replace(snapshot, hotspot=replace(snapshot.hotspot, password=word)), words=ENGLISH),
            masked=True,
        )
        for word in ("k7xq4nzt2h", "gggggggggg", "jjjjjjjjjj")
    }
    assert len(pictures) == 1


@pytest.mark.parametrize("name", CODES)
def test_masked_the_code_is_blank(name: str, codes_in: Reader) -> None:
    frame = draw(name)
    masked = png(frame, masked=True)
    assert codes_in(png(frame, scale=3, masked=True)) == []
    picture = image(masked)
    for box in frame.secrets:
        area = picture.crop((box.left, box.top, box.right, box.bottom))
        assert area.convert("L").getextrema() == (255, 255)
    assert masked != png(frame)


@pytest.mark.parametrize(
    "name", ["stopped", "starting", "rebooting", "home-web-off", "webserver-off", "update-installing"]
)
def test_no_pin_is_shown_where_it_opens_nothing(name: str) -> None:
    view, snapshot = VARIANTS[name]
    with_pin, without = (render(view, replace(snapshot, pin=pin), words=ENGLISH) for pin in ("402915", None))
    assert with_pin == without


@pytest.mark.parametrize("view", ["home", "webserver"])
def test_no_pin_is_shown_while_a_server_that_was_switched_off_closes(view: str) -> None:
    closing = replace(AT_REST, web=Web(enabled=False, listening=True))
    assert render(view, closing, words=ENGLISH) == render(view, replace(closing, pin=None), words=ENGLISH)
    assert render(view, closing, words=ENGLISH).secrets == ()


def test_the_code_follows_the_address() -> None:
    one, other = (
        render("webserver", replace(AT_REST, web=Web(listening=True, port=port)), words=ENGLISH).bits
        for port in (8080, 8081)
    )
    assert one != other
