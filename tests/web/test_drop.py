"""A file dragged over the pages in a real Chromium, as a mouse brings it from a folder."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import CDPSession, Locator, Page, expect

from mapio_display.core.facts.update import Phase
from tests.web.gateway import PATIENCE_S, serving
from tests.web.test_browser import bundle, sign_in

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]

WATCH = """() => { window.held = null; window.addEventListener("dragover", (event) => {
  window.held = [event.defaultPrevented, event.dataTransfer.dropEffect]; }); }"""

CHOSEN = "Array.from(document.getElementById('bundle').files, (file) => file.name)"


class Mouse:
    """Drags files out of a folder."""

    def __init__(self, session: CDPSession, *files: Path) -> None:
        self._session = session
        self._data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}

    async def over(self, place: Locator) -> None:
        """Hold them over the middle of something."""
        for kind in ("dragEnter", "dragOver"):
            await self._do(kind, place)

    async def drop(self, place: Locator) -> None:
        """Let them go."""
        await self._do("drop", place)

    async def _do(self, kind: str, place: Locator) -> None:
        box = await place.bounding_box()
        assert box is not None
        where = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        await self._session.send("Input.dispatchDragEvent", {"type": kind, **where, "data": self._data})


async def test_a_bundle_dropped_anywhere_on_the_page_is_chosen_and_sent_on_a_press(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await sign_in(page, gateway)
        mouse = Mouse(await page.context.new_cdp_session(page), bundle(tmp_path, "good"))
        hint, header = page.get_by_text("Drop the bundle here"), page.get_by_role("banner")
        await expect(hint).to_be_hidden()
        await mouse.over(header)
        await expect(hint).to_be_visible()
        await mouse.drop(header)
        await expect(hint).to_be_hidden()
        assert await page.evaluate(CHOSEN) == ["good.raucb"]
        assert gateway.phase is Phase.IDLE
        await expect(page.get_by_role("button", name="update", exact=True)).to_be_focused()
        await page.keyboard.press("Enter")
        await gateway.until(Phase.INSTALLING)


async def test_the_hint_goes_with_the_file(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await sign_in(page, gateway)
        mouse = Mouse(await page.context.new_cdp_session(page), bundle(tmp_path, "good"))
        await mouse.over(page.get_by_role("heading"))
        await expect(page.get_by_text("Drop the bundle here")).to_be_visible()
        await expect(page.get_by_text("Drop the bundle here")).to_be_hidden()


async def test_of_two_files_none_is_chosen(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await sign_in(page, gateway)
        mouse = Mouse(await page.context.new_cdp_session(page), bundle(tmp_path, "good"), bundle(tmp_path, "older"))
        await mouse.over(page.get_by_role("heading"))
        await mouse.drop(page.get_by_role("heading"))
        await expect(page.get_by_role("alert")).to_contain_text("Drop one file")
        assert await page.evaluate(CHOSEN) == []


@pytest.mark.parametrize("path", ["/", "/update", "/nothing-here"])
async def test_where_no_file_is_taken_the_browser_does_not_leave_the_page_for_one(
    tmp_path: Path, page: Page, path: str
) -> None:
    async with serving(tmp_path) as gateway:
        await page.goto(gateway.url + path)
        await page.evaluate(WATCH)
        mouse = Mouse(await page.context.new_cdp_session(page), bundle(tmp_path, "good"))
        async with asyncio.timeout(PATIENCE_S):
            # A page may renew what lies there between the two events, and the second is then another dragenter.
            while (held := await page.evaluate("window.held")) is None:
                await mouse.over(page.locator("main"))
        assert held == [True, "none"]
        await expect(page.get_by_text("Drop the bundle here")).to_be_hidden()
