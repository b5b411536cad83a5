"""A newer version on the pages, in a real Chromium: from the offer to the installation, with one press."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from mapio_display.core.facts.update import Phase
from tests.releases.conftest import BUNDLE, SHA256, looking
from tests.releases.server import Page as Served
from tests.releases.server import web_server
from tests.web.test_browser import sign_in

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("browser"),
    pytest.mark.usefixtures("without_proxy"),
]

NOTES = "Joins Wi-Fi networks.\n<b onclick='x'>Not HTML</b>"


async def test_an_offer_is_found_read_and_installed(tmp_path: Path, page: Page) -> None:
    async with web_server() as server, looking(tmp_path, server) as there:
        server.pages["/m.raucb"] = Served(BUNDLE)
        server.announce(version="1.4.0", url="m.raucb", size=len(BUNDLE), sha256=SHA256, notes=NOTES)
        await sign_in(page, there.gateway)
        await expect(page.get_by_text("Not checked yet.")).to_be_visible()
        await page.get_by_role("button", name="Check now").click()
        await expect(page.get_by_text("1.4.0 is available (1.1 MB)")).to_be_visible()
        await expect(page.locator(".notes")).to_have_text(NOTES)
        await page.goto(there.gateway.url)
        await expect(page.get_by_text("1.4.0 is available")).to_be_visible()
        await page.get_by_role("button", name="Download and install").click()
        await there.until(lambda snapshot: snapshot.update.phase is Phase.INSTALLING)
        await page.goto(f"{there.gateway.url}/update")
        await expect(page.get_by_text("Version 1.4.0 is being installed.")).to_be_visible()
        await expect(page.get_by_text("is available")).to_be_hidden()


async def test_a_dismissed_offer_leaves_the_home_page(tmp_path: Path, page: Page) -> None:
    async with web_server() as server, looking(tmp_path, server) as there:
        await there.offered()
        await sign_in(page, there.gateway)
        await page.goto(there.gateway.url)
        await page.get_by_role("button", name="Dismiss").click()
        await expect(page.get_by_text("is available")).to_be_hidden()
        await page.goto(f"{there.gateway.url}/update")
        await expect(page.get_by_role("button", name="Download and install")).to_be_visible()
        await expect(page.get_by_role("button", name="Dismiss")).to_be_hidden()


async def test_who_is_not_signed_in_is_led_to_where_that_is_done(tmp_path: Path, page: Page) -> None:
    async with web_server() as server, looking(tmp_path, server) as there:
        await there.offered()
        await page.goto(there.gateway.url)
        await page.get_by_role("link", name="Download and install").click()
        await page.get_by_role("button", name="Download and install").click()
        await expect(page.get_by_text("This needs the PIN")).to_be_visible()
        await expect(page.get_by_label("PIN")).to_be_focused()


async def test_what_a_server_does_wrong_is_reported_once(tmp_path: Path, page: Page) -> None:
    async with web_server() as server, looking(tmp_path, server) as there:
        await there.offered(Served(b"<html>", headers={"Content-Type": "text/html"}))
        await sign_in(page, there.gateway)
        await page.get_by_role("button", name="Download and install").click()
        await expect(page.get_by_text("The download did not begin")).to_be_visible()
        await expect(page.get_by_text("The server sent a web page")).to_have_count(1)
        await expect(page.get_by_role("button", name="Download and install")).to_be_enabled()


async def test_a_download_is_followed_interrupted_and_cancelled(tmp_path: Path, page: Page) -> None:
    async with web_server() as server, looking(tmp_path, server, stall_s=0.3) as there:
        half = len(BUNDLE) // 2
        await there.offered(Served(BUNDLE, stall=half, faults=1), size=len(BUNDLE))
        await sign_in(page, there.gateway)
        server.pages["/m.raucb"].on_ask = lambda: server.pages.update({"/m.raucb": Served(status=503)})
        await page.get_by_role("button", name="Download and install").click()
        await expect(page.get_by_text("The download was interrupted at 49 %")).to_be_visible()
        await expect(page.get_by_label("Choose file")).to_be_hidden()
        await page.get_by_role("button", name="Give up").click()
        await expect(page.get_by_role("button", name="Download and install")).to_be_visible()
        await there.gateway.until_no_file()
