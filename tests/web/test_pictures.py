"""The README's pictures of the pages are of the pages as they are; `make pictures` draws them anew."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.async_api import Browser

from mapio_display.host.authorized_keys import AuthorizedKeys
from mapio_display.views.picture import png
from mapio_display.views.render import render
from mapio_display.views.sample import sample
from mapio_display.words.catalogue import ENGLISH
from tests.core.test_public_keys import ED25519
from tests.host.test_authorized_keys import file_in
from tests.web.test_accessibility import IDLE, SET_UPS, UNKNOWN, Shown, enter_pin, showing

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]

IMAGES = Path(__file__).parents[2] / "docs" / "images"
HEIGHTS = {390: 844, 1280: 800}
COLOURS = 48  # enough for a page, and a tenth of a photograph's bytes
ALIKE = 12.0  # of 255: another Chromium smooths and spaces letters otherwise; another page differs by far more


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", HEIGHTS)
async def test_the_readmes_pictures_are_of_these_pages(
    tmp_path: Path, browser: Browser, request: pytest.FixtureRequest, width: int, scheme: Literal["light", "dark"]
) -> None:
    frame = render("home", sample("home"), words=ENGLISH)

    def picture(masked: bool) -> bytes:
        return png(frame, masked=masked)

    state, at_rest = Shown(UNKNOWN), replace(sample("home"), panel=IDLE.panel)
    context = await browser.new_context(
        viewport={"width": width, "height": HEIGHTS[width]}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = await context.new_page()
    async with showing(state, tmp_path, picture=picture) as url:
        state.snapshot = at_rest
        for name, path in {"ota": "/update", "home": "/"}.items():
            await page.goto(url + path)
            shot = await page.screenshot(full_page=True)
            compare(IMAGES / f"page-{name}-{width}-{scheme}.png", shot, request)
    keys = AuthorizedKeys(file_in(tmp_path, f"{ED25519}\n".encode()))
    state = Shown(UNKNOWN)  # whose server does not listen yet
    async with showing(state, tmp_path, require_pin=True, keys=keys) as url:
        state.snapshot = SET_UPS["hotspot"]
        await enter_pin(page, url, tmp_path)
        await page.goto(f"{url}/setup")
        shot = await page.screenshot(full_page=True)
        compare(IMAGES / f"page-setup-{width}-{scheme}.png", shot, request)
    await context.close()


def compare(path: Path, shot: bytes, request: pytest.FixtureRequest) -> None:
    """Fail if the picture in ``path`` is of another page than ``shot``; with --update-golden write it there."""
    with Image.open(io.BytesIO(shot)) as opened:
        now = opened.convert("RGB")
    if request.config.getoption("--update-golden"):
        now.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        return
    assert path.exists(), f"{path} is missing; draw it with `make pictures` and look at it"
    with Image.open(path) as opened:
        before = opened.convert("RGB")
    assert before.width == now.width
    small = (now.width // 8, now.height // 8)
    differs = ImageChops.difference(before.resize(small), now.resize(small))
    assert max(ImageStat.Stat(differs).mean) < ALIKE, f"{path.name} is of another page; draw it with `make pictures`"
