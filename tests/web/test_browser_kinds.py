"""Browsers that are old, narrow, without colours or cookies; and a gateway that is elsewhere after an update."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, expect

from mapio_display.core.commands import SetWifiCountry
from mapio_display.core.facts.services import SERVICES, Service, ServiceState
from mapio_display.core.facts.update import UploadFinished, UploadOpened
from mapio_display.core.facts.wifi import WRONG_PASSWORD, WifiSaved
from mapio_display.core.facts.wifi_join import WifiJoinFailed
from mapio_display.host.authorized_keys import AuthorizedKeys
from mapio_display.words.languages import languages
from tests.core.test_public_keys import ED25519
from tests.host.test_authorized_keys import file_in
from tests.web import test_setup_page as set_up
from tests.web.client import form
from tests.web.gateway import Gateway, serving
from tests.web.slow_line import SlowLine
from tests.web.test_accessibility import SET_UPS, STATES, Shown, showing
from tests.web.test_browser import MIB, bundle, send, sign_in

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser-kinds")]

# What came to browsers after iOS 15.0, Firefox 91 and Chrome 92; the page's scripts must do without.
NEWER = """
  delete AbortSignal.timeout; delete AbortSignal.any; delete AbortSignal.prototype.throwIfAborted;
  delete Array.prototype.at; delete String.prototype.at; delete Array.fromAsync; delete Object.hasOwn;
  for (const name of ["findLast", "findLastIndex", "toSorted", "toReversed", "toSpliced", "with"])
    delete Array.prototype[name];
  delete Object.groupBy; delete Map.groupBy; delete Promise.withResolvers; delete Promise.try; delete URL.canParse;
  delete window.structuredClone; delete crypto.randomUUID; delete window.HTMLDialogElement; delete window.navigation;
  delete Element.prototype.checkVisibility; delete Response.json; delete window.scheduler; delete window.Iterator;
  delete ReadableStream.from; delete Blob.prototype.bytes; delete Response.prototype.bytes;
  delete Document.prototype.startViewTransition; delete window.CompressionStream; delete window.Sanitizer;
"""


async def test_the_oldest_browsers_named_in_the_readme_do_all_of_it(tmp_path: Path, page: Page) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    assert all(name in " ".join(readme.split()) for name in ("iOS 15", "Firefox 91", "Chrome 92"))
    await page.add_init_script(NEWER)
    async with serving(tmp_path) as gateway:
        await sign_in(page, gateway)
        await send(page, bundle(tmp_path, "untrusted", 3 * MIB))
        await expect(page.get_by_text("not signed for this gateway")).to_be_visible()
        await page.get_by_role("button", name="OK").click()
        await send(page, bundle(tmp_path, "good", 3 * MIB))
        await expect(page.locator("main")).to_contain_text("1.3.0 → 1.4.0")


async def test_the_oldest_browsers_set_up_wifi_and_keys_too(tmp_path: Path, page: Page) -> None:
    await page.add_init_script(NEWER)
    page.on("dialog", lambda dialog: dialog.accept())
    file = file_in(tmp_path)
    async with serving(tmp_path / "data", keys=AuthorizedKeys(file)) as gateway:
        set_up.with_wifi(gateway)
        gateway.state.dispatch(WifiSaved((set_up.OLD,), "FR"))
        await set_up.sign_in(page, gateway)
        await page.get_by_label("Public keys").fill(ED25519)
        await page.get_by_role("button", name="Add").click()
        await expect(page.get_by_text("Added: 1.")).to_be_visible()
        await page.get_by_role("button", name="Remove").click()
        await expect(page.locator(".keys li")).to_have_count(0)
        await set_up.network(page, "Attic")()
        await page.locator("details[open]").get_by_label("Show the password").check()
        await page.locator("details[open]").get_by_label("Password", exact=True).fill(set_up.PASSWORD)
        await page.locator("details[open]").get_by_role("button", name="Join").click()
        await expect(page.get_by_text("The gateway joins Attic")).to_be_visible()
        gateway.state.dispatch(WifiJoinFailed(WRONG_PASSWORD))
        await expect(page.get_by_text("The router refused the password")).to_be_visible()
        await set_up.network(page, "Country")()
        await page.get_by_label("Country code").fill("DE")
        await page.get_by_role("button", name="Save").click()
        await set_up.until(lambda: SetWifiCountry("DE") in gateway.rauc.commands)


async def test_a_browser_that_is_older_still_gets_the_plain_forms(tmp_path: Path, browser: Browser) -> None:
    context = await browser.new_context()
    page = await context.new_page()

    async def too_new(route: Route) -> None:
        await route.fulfill(content_type="text/javascript", body="a ???= b;")

    await page.route("**/state.js", too_new)  # a syntax that it does not know
    async with serving(tmp_path) as gateway:
        await sign_in(page, gateway)
        await send(page, bundle(tmp_path, "foreign", 3 * MIB))
        await expect(page.locator("main")).to_contain_text("another kind of device")
        await page.get_by_role("link", name="Back to OTA Update").click()
        await page.get_by_role("button", name="OK").click()
        await expect(page.get_by_role("button", name="OK")).to_be_hidden()  # the next page is there
        gateway.rauc.verifies.clear()
        gateway.state.dispatch(UploadOpened("u1", "good.raucb", 100))
        await page.reload()
        gateway.state.dispatch(UploadFinished("u1", 100))
        await expect(page.locator("main")).to_contain_text("signature is being verified")  # it loads itself again
        set_up.with_wifi(gateway)
        gateway.rauc.commands.clear()
        await page.goto(f"{gateway.url}/setup")
        await set_up.network(page, "Country")()
        await page.get_by_label("Country code").fill("DE")
        await page.get_by_role("button", name="Save").click()
        await set_up.until(lambda: SetWifiCountry("DE") in gateway.rauc.commands)
    await context.close()


class NoCookies(SlowLine):
    """A line that loses the cookies, as a browser does that keeps none."""

    def changed(self, answer: bytes) -> bytes:
        return answer.replace(b"Set-Cookie:", b"Not-Cookie:")


@pytest.mark.parametrize("script", [True, False])
async def test_a_browser_that_keeps_no_cookie_gets_the_reason(tmp_path: Path, browser: Browser, script: bool) -> None:
    context = await browser.new_context(java_script_enabled=script)
    page = await context.new_page()
    async with serving(tmp_path) as gateway, NoCookies(gateway.port) as line:
        await page.goto(f"http://127.0.0.1:{line.port}/update")
        await page.get_by_label("PIN").fill(gateway.pin)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert").locator("visible=true")).to_contain_text("keeps no cookie")
        await expect(page.get_by_label("PIN")).to_be_visible()
        await expect(page.get_by_label("Choose file")).to_be_hidden()
    await context.close()


BROKEN_WORDS = r"""() => {
  const broken = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    for (const { 0: word, index } of node.data.matchAll(/[\p{L}\p{N}.]+/gu)) {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      const lines = new Set([...range.getClientRects()].filter((r) => r.width).map((r) => Math.round(r.top)));
      if (lines.size > 1) broken.push(word);
    }
  }
  return broken;
}"""


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("path", ["/", "/update", "/setup"])
async def test_no_word_is_broken_inside_on_the_narrowest_phone(
    tmp_path: Path, browser: Browser, path: str, language: str
) -> None:
    context = await browser.new_context(viewport={"width": 320, "height": 700}, locale=language)
    page = await context.new_page()
    state = Shown(STATES["idle"])
    async with showing(state, tmp_path, require_pin=path != "/setup") as url:
        for name, snapshot in (SET_UPS if path == "/setup" else STATES).items():
            await page.goto("about:blank")  # another state would have the page load itself again meanwhile
            state.snapshot = snapshot
            await page.goto(url + path)
            assert await page.evaluate(BROKEN_WORDS) == [], name
            assert await page.evaluate("document.documentElement.scrollWidth") <= 320, name
    await context.close()


async def test_a_service_with_a_long_name_leaves_the_other_lines_their_room(tmp_path: Path, browser: Browser) -> None:
    context = await browser.new_context(viewport={"width": 320, "height": 700})
    page = await context.new_page()
    named = Service("Zigbee2MQTT_on_the_garage"[:24], "zigbee2mqtt.service", ServiceState.RUNNING)
    state = Shown(STATES["idle"].knowing(SERVICES, (named,)))
    async with showing(state, tmp_path) as url:
        await page.goto(url)
        assert (
            await page.evaluate("Math.min(...Array.from(document.querySelectorAll('dd'), (dd) => dd.clientWidth))")
            > 110
        )
    await context.close()


LOOKS = """Array.from(document.querySelectorAll("#state .steps li"), (step) => {
  const { borderTopStyle, borderTopColor, fontWeight } = getComputedStyle(step);
  return [borderTopStyle, borderTopColor, fontWeight].join(" ");
})"""


async def test_the_steps_can_be_distinguished_in_forced_colours(tmp_path: Path, browser: Browser) -> None:
    context = await browser.new_context(forced_colors="active")
    page = await context.new_page()
    async with showing(Shown(STATES["installing"]), tmp_path) as url:
        await page.goto(f"{url}/update")
        transfer, verify, install, restart = await page.evaluate(LOOKS)
        assert transfer == verify
        assert len({transfer, install, restart}) == 3
    await context.close()


async def restarting(page: Page, gateway: Gateway) -> None:
    """Bring the gateway to its restart, with the page open."""
    gateway.rauc.installs.set()
    await page.goto(f"{gateway.url}/update")
    headers, body = form(b"good bundle")
    await gateway.ask("POST", "/update", headers={**headers, **await gateway.sign_in()}, body=body)
    await expect(page.locator("main")).to_contain_text("restarts into version 1.4.0")


async def test_the_countdown_stands_still_while_the_gateway_is_away(tmp_path: Path, page: Page) -> None:
    await page.clock.install()
    async with serving(tmp_path) as gateway:
        await restarting(page, gateway)
    await expect(page.locator("#away")).to_be_visible()
    left = await page.locator("#countdown").inner_text()
    await page.clock.run_for(5000)
    assert await page.locator("#countdown").inner_text() == left


async def test_the_page_does_not_go_to_another_gateway_of_the_same_name(tmp_path: Path, page: Page) -> None:
    await page.clock.install()
    async with serving(tmp_path) as gateway:
        await restarting(page, gateway)
        port = gateway.port
    await expect(page.locator("#away")).to_be_visible()
    await page.route(re.compile(r"^http://127\.0\.0\.1"), lambda route: route.abort())  # its address of before
    other = tmp_path / "other"
    other.mkdir()
    async with serving(other, port=port):
        async with page.expect_response("http://mapio.local:*/api/gateways/*") as answer:
            await page.clock.run_for(160_000)
        assert (await answer.value).status == 404
        await expect(page.get_by_role("link", name=f"http://mapio.local:{port}/")).to_be_visible()
        await expect(page.get_by_text("comes back by itself").locator("visible=true")).to_have_count(0)
        assert page.url == f"http://127.0.0.1:{port}/update"


async def test_a_page_of_any_address_may_ask_whether_this_is_its_gateway(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        path = f"/api/gateways/{gateway.credentials.identity}"
        known = await gateway.ask("GET", path, headers={"Origin": "http://192.168.1.20"})
        assert (known.status, known.headers["access-control-allow-origin"]) == (204, "*")
        assert (await gateway.ask("GET", "/api/gateways/another")).status == 404
