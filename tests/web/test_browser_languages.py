"""The pages in a real Chromium whose owner reads French or German."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from mapio_display.core.facts.rauc import RaucInstalling, RaucProgress
from mapio_display.core.facts.update import Phase
from mapio_display.web.auth.gate import Rules
from mapio_display.words.catalogue import of
from tests.web.gateway import Gateway, serving
from tests.web.slow_line import SlowLine
from tests.web.test_accessibility import STATES, Shown, showing
from tests.web.test_browser import MIB, bundle

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser-kinds")]

WIDE = "\N{NO-BREAK SPACE}"
# A rate is shown for three seconds only; on a busy machine that is too short to be looked at.
WATCH_THE_RATE = """() => {
  window.rates = [];
  const rate = document.getElementById("sending-rate");
  new MutationObserver(() => window.rates.push(rate.textContent)).observe(rate, { childList: true });
}"""


@asynccontextmanager
async def reader(browser: Browser, locale: str, *, script: bool = True) -> AsyncIterator[Page]:
    """The page of a browser in this language."""
    context = await browser.new_context(locale=locale, timezone_id="Europe/Paris", java_script_enabled=script)
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def sign_in(page: Page, gateway: Gateway, language: str) -> None:
    words = of(language)
    await page.goto(f"{gateway.url}/update")
    await page.get_by_label(words.text("page.pin"), exact=True).fill(gateway.pin)
    await page.get_by_role("button", name=words.text("page.sign-in")).click()
    await expect(page.get_by_label(words.text("page.ota.choose"))).to_be_visible()


async def send(page: Page, path: Path, language: str) -> None:
    words = of(language)
    await page.get_by_label(words.text("page.ota.choose")).set_input_files(path)
    await page.get_by_role("button", name=words.text("page.ota.send"), exact=True).click()


@pytest.mark.parametrize("language", ["fr", "de"])
async def test_a_press_a_transfer_and_a_refusal_are_in_the_readers_language(
    tmp_path: Path, browser: Browser, language: str
) -> None:
    words = of(language)
    async with (
        serving(tmp_path) as gateway,
        SlowLine(gateway.port, 6 * MIB) as line,
        reader(browser, f"{language}-{language.upper()}") as page,
    ):
        gateway.port = line.port
        await page.goto(f"{gateway.url}/update")
        assert await page.get_attribute("html", "lang") == language
        await page.get_by_label(words.text("page.pin"), exact=True).fill(
            "000000" if gateway.pin[0] != "0" else "111111"
        )
        await page.get_by_role("button", name=words.text("page.sign-in")).click()
        await expect(page.get_by_role("alert")).to_have_text(words.text("wrong-pin"))
        await sign_in(page, gateway, language)
        await page.evaluate(WATCH_THE_RATE)
        await send(page, bundle(tmp_path, "untrusted", 20 * MIB), language)
        await line.stands_still.wait()
        unit = "Mo/s, encore" if language == "fr" else "MB/s, noch"
        shown = await page.wait_for_function("unit => window.rates.find((text) => text.includes(unit))", arg=unit)
        assert re.match(rf"\d+,\d{WIDE}", await shown.json_value())  # with a decimal comma
        percent, title = await page.evaluate("[document.getElementById('sending-bar').value, document.title]")
        assert title == words.text("script.transfer", percent=percent)
        line.go_on.set()
        await expect(page.locator("main")).to_contain_text(words.text("untrusted"))
        await page.get_by_role("button", name=words.text("page.ota.dismiss")).click()
        await gateway.until(Phase.IDLE)
        await expect(page.locator("main")).not_to_contain_text(words.text("untrusted"))


async def test_two_who_watch_one_update_read_each_their_own_language(tmp_path: Path, browser: Browser) -> None:
    async with serving(tmp_path) as gateway, reader(browser, "fr-CA") as french, reader(browser, "de-AT") as german:
        for page in (french, german):
            await page.goto(f"{gateway.url}/update")
        gateway.state.dispatch(RaucInstalling())
        gateway.state.dispatch(RaucProgress(47, "Copying image to rootfs.1", writing=True))
        for page, language in ((french, "fr"), (german, "de")):
            await expect(page.locator("main")).to_contain_text(of(language).text("page.doing.foreign"))
            await expect(page.locator(".bar b").last).to_have_text(f"47{WIDE}%")


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        ("en-US", "11/23/2026, 3:05:00 PM"),
        ("en-GB", "23/11/2026, 15:05:00"),
        ("fr-FR", "23/11/2026 15:05:00"),
        ("fr-CA", "2026-11-23 15 h 05 min 00 s"),
        ("de-AT", "23.11.2026, 15:05:00"),
        ("nl-NL", "11/23/2026, 3:05:00 PM"),  # the page is in English then
    ],
)
async def test_a_date_is_written_as_in_the_readers_country(
    tmp_path: Path, browser: Browser, locale: str, written: str
) -> None:
    async with showing(Shown(STATES["succeeded"]), tmp_path) as url, reader(browser, locale) as page:
        await page.goto(url)
        await expect(page.locator("time")).to_have_text(written)


@pytest.mark.parametrize("language", ["fr", "de"])
async def test_without_a_script_the_plain_forms_answer_in_the_readers_language(
    tmp_path: Path, browser: Browser, language: str
) -> None:
    words = of(language)
    async with serving(tmp_path) as gateway, reader(browser, language, script=False) as page:
        await sign_in(page, gateway, language)
        await send(page, bundle(tmp_path, "foreign"), language)
        await expect(page.locator("main")).to_contain_text(words.text("wrong-device"))
        await page.get_by_role("link", name=words.text("page.failure.back")).click()
        await expect(page.locator("main")).to_contain_text(words.text("page.headline.not-installed"))
        await page.goto(f"{gateway.url}/nowhere")
        await expect(page.locator("main")).to_contain_text(words.text("not-found"))


async def test_the_panels_buttons_answer_in_the_readers_language(tmp_path: Path, browser: Browser) -> None:
    async with serving(tmp_path, Rules(buttons=True)) as gateway, reader(browser, "de-DE") as page:
        await page.goto(gateway.url)
        await page.route("**/api/press", lambda route: route.abort())
        await page.get_by_role("button", name="MID").click()
        await expect(page.get_by_role("alert")).to_have_text(of("de").text("script.no-answer"))
