"""The pages in a real Chromium, as a person with a phone uses them."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, Error, Page, Route, expect

from mapio_display.core.facts.panel import PanelShown
from mapio_display.core.facts.rauc import RaucProgress, SlotsRead
from mapio_display.core.facts.update import Phase, UploadFinished, UploadOpened, UploadProgress
from mapio_display.core.facts.web import WrongPins
from mapio_display.core.front.view import current_view
from mapio_display.core.record import Record, Stage
from mapio_display.transfer.store import BundleStore
from mapio_display.web.auth.gate import Rules
from mapio_display.web.http.server import close
from tests.web.client import form
from tests.web.gateway import SLOTS, Gateway, serving
from tests.web.slow_line import SlowLine

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]

MIB = 1024 * 1024

expect.set_options(timeout=20_000)  # ms: Playwright's own 5 s are little on a busy machine


def bundle(folder: Path, kind: str, size: int = 1000) -> Path:
    """A bundle of this kind and size."""
    path = folder / f"{kind}.raucb"
    path.write_bytes(f"{kind} bundle".encode().ljust(size, b"\0"))
    return path


async def sign_in(page: Page, gateway: Gateway) -> None:
    """Sign in with the PIN from the panel."""
    await page.goto(f"{gateway.url}/update")
    await page.get_by_label("PIN").fill(gateway.pin)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_label("Choose file")).to_be_visible()


async def send(page: Page, path: Path) -> None:
    """Choose a file and press the button."""
    await page.get_by_label("Choose file").set_input_files(path)
    await page.get_by_role("button", name="update", exact=True).click()


# Home


async def test_home_shows_the_gateway_and_the_way_to_the_update(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await page.goto(gateway.url)
        await expect(page.locator("main")).to_contain_text("192.168.1.20")
        await page.get_by_role("main").get_by_role("link", name="OTA Update").click()
        await expect(page).to_have_url(f"{gateway.url}/update")


async def test_home_says_that_secrets_are_read_on_the_panel(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await sign_in(page, gateway)
        await page.goto(gateway.url)
        await expect(page.get_by_text("Read them on the panel")).to_be_visible()


async def test_who_signs_out_is_asked_for_the_pin_again(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await page.goto(f"{gateway.url}/update")
        await expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
        await sign_in(page, gateway)
        before = {cookie["name"] for cookie in await page.context.cookies(f"{gateway.url}/api/session")}
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_label("PIN")).to_be_visible()
        await expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
        after = {cookie["name"] for cookie in await page.context.cookies(f"{gateway.url}/api/session")}
        assert before - after == {"mapio-session"}, "the browser is known by the other one"


async def test_wrong_pins_are_shown_on_the_home_page(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await page.goto(gateway.url)
        gateway.state.dispatch(WrongPins("192.168.1.66", time.monotonic() + 3600))
        await expect(page.locator("main")).to_contain_text("Wrong PINs from 192.168.1.66")


async def test_home_follows_the_panel(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await page.goto(gateway.url)
        picture = page.get_by_role("img", name="The panel now")
        before = await picture.get_attribute("src")
        gateway.state.dispatch(PanelShown("webserver", full=False))
        await expect(picture).not_to_have_attribute("src", before or "")


async def test_the_panels_buttons_are_pressed_as_with_a_finger(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path, Rules(buttons=True)) as gateway:
        state = gateway.state
        await page.goto(gateway.url)
        up, mid = (page.get_by_role("button", name=name) for name in ("UP", "MID"))
        snapshot = state.snapshot
        await up.click()
        while current_view(snapshot) != "webserver":
            snapshot = await state.after(snapshot)
        await up.focus()
        await page.keyboard.press("Enter")
        while current_view(snapshot) != "home":
            snapshot = await state.after(snapshot)
        await mid.hover()
        await page.mouse.down()
        while snapshot.front.held_since is None:
            snapshot = await state.after(snapshot)
        await page.mouse.up()
        while snapshot.front.held_since is not None:
            snapshot = await state.after(snapshot)


async def test_a_gateway_with_buttons_of_its_own_has_none_on_the_page(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await page.goto(gateway.url)
        await expect(page.get_by_role("img", name="The panel now")).to_be_visible()
        await expect(page.get_by_role("button", name="UP")).to_have_count(0)


# Signing in


async def test_the_pin_signs_in(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await page.goto(f"{gateway.url}/update")
        await expect(page.get_by_label("Choose file")).to_be_hidden()
        await sign_in(page, gateway)
        await page.reload()
        await expect(page.get_by_label("Choose file")).to_be_visible()
        await expect(page.get_by_label("PIN")).to_be_hidden()


async def try_a_wrong_pin(page: Page, gateway: Gateway) -> None:
    await page.goto(f"{gateway.url}/update")
    await page.get_by_label("PIN").fill("000000" if gateway.pin != "000000" else "111111")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_contain_text("not the PIN")


async def test_a_wrong_pin_is_answered_in_words(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await try_a_wrong_pin(page, gateway)
        await expect(page.get_by_label("Choose file")).to_be_hidden()


async def test_who_signs_in_by_keyboard_gets_on_by_keyboard(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await try_a_wrong_pin(page, gateway)
        await expect(page.get_by_label("PIN")).to_be_focused()
        await page.keyboard.type(gateway.pin)  # over the wrong one
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("Choose file")).to_be_focused()
        await expect(page.get_by_role("alert")).to_be_hidden()


@pytest.mark.parametrize("path", ["/", "/update"])
async def test_the_qr_codes_fragment_signs_in_and_leaves_the_address_bar(tmp_path: Path, page: Page, path: str) -> None:
    async with serving(tmp_path) as gateway:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        async with page.expect_response("**/api/session"):
            await page.goto(f"{gateway.url}{path}#{gateway.pin}")
        await page.wait_for_url(f"{gateway.url}{path}")
        assert "#" not in await page.evaluate("location.href + document.referrer")
        await page.go_back()
        await page.go_forward()
        assert gateway.pin not in page.url
        assert not [url for url in asked[1:] if gateway.pin in url]
        await page.goto(f"{gateway.url}/update")
        await expect(page.get_by_label("Choose file")).to_be_visible()


async def test_a_wrong_fragment_is_reported_and_leaves_the_address_bar_too(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await page.goto(f"{gateway.url}/#{'000000' if gateway.pin != '000000' else '111111'}")
        await expect(page.get_by_role("alert")).to_contain_text("not the PIN")
        await page.wait_for_url(f"{gateway.url}/")


@pytest.mark.parametrize("path", ["/", "/update"])
@pytest.mark.parametrize("features", ["", "noopener"])
async def test_a_window_that_another_site_opened_tries_no_pin_by_itself(
    tmp_path: Path, page: Page, path: str, features: str
) -> None:
    """The site must not spend the tries of the browser that shows it."""
    async with serving(tmp_path) as gateway, older_page() as address:
        await page.goto(address.replace("127.0.0.1", "localhost"))
        tried: list[str] = []
        page.context.on("request", lambda request: tried.append(request.method) if request.method == "POST" else None)
        script = "([url, features]) => { window.theirs = window.open(url, '', features); }"
        async with page.context.expect_page() as opened:
            await page.evaluate(script, [f"{gateway.url}{path}#{gateway.pin}", features])
        theirs = await opened.value
        await expect(theirs.get_by_label("PIN")).to_have_value(gateway.pin)
        await page.evaluate("url => window.theirs?.location.replace(url)", f"{gateway.url}/update#000001")
        await theirs.evaluate("location.hash = '#000002'")
        await expect(theirs.get_by_label("PIN")).to_have_value(gateway.pin)
        assert tried == []
        await theirs.get_by_role("button", name="Sign in").click()
        await expect(theirs.get_by_label("Choose file")).to_be_visible()


async def test_a_site_that_hides_that_it_opens_windows_spends_one_try_of_the_browsers(
    tmp_path: Path, page: Page
) -> None:
    async with serving(tmp_path) as gateway, older_page() as address:
        await page.goto(address.replace("127.0.0.1", "localhost"))
        tried: list[str] = []
        page.context.on("request", lambda request: tried.append(request.method) if request.method == "POST" else None)
        wrong = [pin for pin in ("000001", "000002", "000003") if pin != gateway.pin]
        for pin in [*wrong, gateway.pin]:
            async with page.context.expect_page() as opened:
                await page.evaluate("url => window.open(url, '', 'noreferrer')", f"{gateway.url}/update#{pin}")
            theirs = await opened.value
            if pin == wrong[0]:
                await expect(theirs.get_by_role("alert")).to_contain_text("not the PIN")
            else:
                await expect(theirs.get_by_label("PIN")).to_have_value(pin)
        assert tried == ["POST"]
        await theirs.get_by_role("button", name="Sign in").click()
        await expect(theirs.get_by_label("Choose file")).to_be_visible()


async def test_the_code_signs_in_again_and_again(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        for _ in range(2):
            await page.context.clear_cookies()
            await page.goto("about:blank")
            await page.goto(f"{gateway.url}/update#{gateway.pin}")
            await expect(page.get_by_label("Choose file")).to_be_visible()


async def test_a_link_on_another_site_tries_no_pin_by_itself(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway, older_page() as address:
        await page.goto(address.replace("127.0.0.1", "localhost"))
        await page.evaluate("url => location.assign(url)", f"{gateway.url}/update#{gateway.pin}")
        await expect(page.get_by_label("PIN")).to_have_value(gateway.pin)
        await expect(page.get_by_label("Choose file")).to_be_hidden()


async def test_without_a_required_pin_none_is_asked_for(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path, Rules(require_pin=False)) as gateway:
        await page.goto(f"{gateway.url}/update")
        await expect(page.get_by_label("Choose file")).to_be_visible()
        await expect(page.get_by_label("PIN")).to_be_hidden()


# The older MAPIO page: served on one port of the host, it asks another, polls the status and posts a form.

OLDER_PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<title>Older</title>"
OLDER_READS = """async (back) => [
  (await (await fetch(back + "/version")).json()).os_version, (await (await fetch(back + "/status")).json()).status]"""
OLDER_SENDS = """async ([back, content]) => {
  const form = new FormData();
  form.append("bundle", new File([content], "mapio-bundle-1.4.0.raucb"));
  return (await fetch(back + "/update", { method: "POST", body: form })).status;
}"""


@asynccontextmanager
async def older_page() -> AsyncIterator[str]:
    """A web server with the older page; gives its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):  # a connection that the browser keeps ready
            await reader.readuntil(b"\r\n\r\n")
            writer.write(OLDER_PAGE)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        await close(server)


async def test_the_older_page_works_unchanged_where_no_pin_is_required(tmp_path: Path, page: Page) -> None:
    asked: list[str] = []
    async with serving(tmp_path, Rules(require_pin=False)) as gateway, older_page() as address:
        page.on("request", lambda request: asked.append(request.method))
        await page.goto(address)
        assert await page.evaluate(OLDER_READS, gateway.url) == ["1.3.0", "idle"]
        assert await page.evaluate(OLDER_SENDS, [gateway.url, "untrusted bundle"]) == 422  # not an unreadable answer
        assert await page.evaluate(OLDER_READS, gateway.url) == ["1.3.0", "idle"]  # no status stuck at "updating"
        assert await page.evaluate(OLDER_SENDS, [gateway.url, "good bundle"]) == 202
        assert await page.evaluate(OLDER_READS, gateway.url) == ["1.3.0", "updating"]
        assert await page.evaluate(OLDER_SENDS, [gateway.url, "good bundle"]) == 409
    assert set(asked) == {"GET", "POST"}  # never a preflight


async def test_the_older_page_neither_reads_nor_writes_where_a_pin_is_required(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway, older_page() as address:
        await page.goto(address)
        for script, argument in ((OLDER_READS, gateway.url), (OLDER_SENDS, [gateway.url, "good bundle"])):
            with pytest.raises(Error, match="Failed to fetch"):
                await page.evaluate(script, argument)
        assert gateway.phase is Phase.IDLE


# The update


async def test_an_update_from_the_file_to_the_verdict(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        gateway.rauc.verifies.clear()
        await sign_in(page, gateway)
        await send(page, bundle(tmp_path, "good", 3 * MIB))
        main = page.locator("main")
        await expect(main).to_contain_text("signature is being verified")
        gateway.rauc.verifies.set()
        await expect(main).to_contain_text("1.3.0 → 1.4.0")
        gateway.state.dispatch(RaucProgress(47, "Copying image to rootfs.1", writing=True))
        await expect(main).to_contain_text("47 %")
        await expect(main).to_contain_text("Copying image to rootfs.1")
        await expect(page.get_by_role("progressbar", name="Progress")).to_have_js_property("value", 47)
        assert "older" not in await main.inner_text()
        gateway.rauc.installs.set()
        await expect(main).to_contain_text("restarts into version 1.4.0")
        await expect(main).to_contain_text("comes back by itself")
        port = gateway.port
    # The gateway goes down, and comes up with the new version on the other slot.
    await expect(page.get_by_text("does not answer just now")).to_be_visible()
    await expect(page.get_by_text("comes back by itself").locator("visible=true")).to_have_count(1)
    record = Record("u1", Stage.INSTALLED, "11111111-aaaa", "A", "1.3.0", "B", "1.4.0", 4, 4)
    started = {"record": record, "version": "1.4.0", "slots": False}
    async with serving(tmp_path, boot_id="22222222-bbbb", port=port, started=started) as gateway:
        await expect(main).to_contain_text("finds out what became of the update")
        slot_a, slot_b = SLOTS
        after = (
            replace(slot_a, state="inactive"),
            replace(slot_b, state="booted", version="1.4.0", installed_count=5, activated_count=5),
        )
        gateway.state.dispatch(SlotsRead(after, "rootfs.1"))
        await expect(main).to_contain_text("Update succeeded")
        await expect(page.get_by_text("does not answer just now")).to_be_hidden()


async def test_an_older_bundle_is_reported_as_older_and_no_page_promised_after_it(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await sign_in(page, gateway)
        await send(page, bundle(tmp_path, "older"))
        await expect(page.locator("main")).to_contain_text("older than the version in use")
        gateway.rauc.installs.set()
        await expect(page.locator("main")).to_contain_text("restarts into version 1.2.0")
    await expect(page.get_by_text("does not answer just now")).to_be_visible()
    await expect(page.get_by_text("comes back by itself")).to_be_hidden()


async def test_home_says_that_it_comes_back_when_the_gateway_goes_away(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        gateway.rauc.installs.set()
        await page.goto(gateway.url)
        headers, body = form(b"good bundle")
        await gateway.ask("POST", "/update", headers={**headers, **await gateway.sign_in()}, body=body)
        await expect(page.locator("main")).to_contain_text("restarts into version 1.4.0")
    await expect(page.get_by_text("comes back by itself")).to_be_visible()


async def away(page: Page, gateway: Gateway, seconds: int = 150) -> None:
    """Take the gateway's address away, and let so many seconds pass from when the page notices."""
    await page.route(f"{gateway.url}/**", lambda route: route.abort())
    await page.clock.run_for(15_000)
    await expect(page.get_by_text("does not answer just now")).to_be_visible()
    await page.clock.fast_forward(seconds * 1000)


@pytest.mark.parametrize("path", ["/", "/update"])
async def test_a_gateway_that_has_another_address_after_minutes_is_found_by_its_name(
    tmp_path: Path, page: Page, path: str
) -> None:
    async with serving(tmp_path) as gateway:
        await page.clock.install()
        await page.goto(gateway.url + path)
        await away(page, gateway)
        await expect(page).to_have_url(f"http://mapio.local:{gateway.port}{path}")
        await expect(page.get_by_role("main")).to_contain_text("1.3.0")


async def test_for_two_minutes_the_page_waits_where_it_is(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await page.clock.install()
        await page.goto(gateway.url)
        await away(page, gateway, 120)
        await expect(page.get_by_text("comes back by itself")).to_be_visible()
        await expect(page.get_by_text("its panel shows it")).to_be_hidden()


async def test_where_the_name_leads_nowhere_the_page_points_to_it_and_to_the_panel_and_comes_back(
    tmp_path: Path, page: Page
) -> None:
    async with serving(tmp_path) as gateway:
        await page.clock.install()
        await page.route("http://mapio.local:*/**", lambda route: route.abort())
        await page.goto(f"{gateway.url}/update")
        await away(page, gateway)
        await expect(page.get_by_text("its panel shows it")).to_be_visible()
        link = page.get_by_role("link", name=f"http://mapio.local:{gateway.port}/")
        await expect(link).to_have_attribute("href", f"http://mapio.local:{gateway.port}/update")
        await expect(page.get_by_text("comes back by itself")).to_be_hidden()
        await page.unroute(f"{gateway.url}/**")
        await page.clock.run_for(2_000)
        await expect(page.get_by_text("does not answer just now")).to_be_hidden()


@pytest.mark.parametrize("path", ["/", "/update"])
async def test_a_page_that_promised_to_come_back_after_the_restart_takes_that_back(
    tmp_path: Path, page: Page, path: str
) -> None:
    async with serving(tmp_path) as gateway:
        gateway.rauc.installs.set()
        await page.clock.install()
        await page.route("http://mapio.local:*/**", lambda route: route.abort())
        headers, body = form(b"good bundle")
        await gateway.ask("POST", "/update", headers={**headers, **await gateway.sign_in()}, body=body)
        await gateway.until(Phase.REBOOTING)
        await page.goto(gateway.url + path)
        await away(page, gateway, 120)
        await expect(page.get_by_text("comes back by itself").locator("visible=true")).to_have_count(1)
        await page.clock.fast_forward(30_000)
        await expect(page.get_by_text("its panel shows it")).to_be_visible()
        await expect(page.get_by_text("comes back by itself").locator("visible=true")).to_have_count(0)


async def test_a_page_that_has_a_file_to_send_does_not_leave_by_itself(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway, SlowLine(gateway.port, MIB) as line:
        gateway.port, port = line.port, gateway.port
        await page.clock.install()
        await sign_in(page, gateway)
        await send(page, bundle(tmp_path, "good", 20 * MIB))
        await gateway.until(Phase.RECEIVING)
        await away(page, gateway)
        await expect(page.get_by_role("link", name=f"http://mapio.local:{port}/")).to_be_visible()
        await page.clock.run_for(4_000)
        await expect(page).to_have_url(f"{gateway.url}/update")


async def test_opened_by_its_name_the_page_points_to_the_panel_alone(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await page.clock.install()
        await page.goto(f"http://mapio.local:{gateway.port}/")
        await page.route("http://mapio.local:*/**", lambda route: route.abort())
        await page.clock.run_for(15_000)
        await expect(page.get_by_text("does not answer just now")).to_be_visible()
        await page.clock.fast_forward(150_000)
        await expect(page.get_by_text("its panel shows it")).to_be_visible()
        await expect(page.get_by_role("main").get_by_role("link", name="mapio.local")).to_have_count(0)


async def test_the_transfer_shows_progress_and_can_be_cancelled(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway, SlowLine(gateway.port, 20 * MIB) as line:
        gateway_port, gateway.port = gateway.port, line.port
        await sign_in(page, gateway)
        await send(page, bundle(tmp_path, "good", 80 * MIB))
        transfer = page.get_by_role("progressbar", name="Transfer")
        await expect(transfer).not_to_have_js_property("value", 0)
        await expect(page.locator("#sending-rate")).to_contain_text("MB/s")
        await expect(page.locator("#sending-rate")).to_contain_text("left")
        await gateway.until(Phase.RECEIVING)
        await page.get_by_role("button", name="Cancel").click()
        await gateway.until(Phase.IDLE)
        await expect(page.get_by_label("Choose file")).to_be_visible()
        await expect(transfer).to_be_hidden()
        await gateway.until_no_file()
        assert gateway.state.snapshot.last_update is None
        gateway.port = gateway_port


async def test_while_the_page_sends_it_says_nothing_of_what_was_before(tmp_path: Path, page: Page) -> None:
    begins = asyncio.Event()

    async def hold(route: Route) -> None:
        await begins.wait()
        await route.continue_()

    async with serving(tmp_path) as gateway:
        await sign_in(page, gateway)
        await send(page, bundle(tmp_path, "untrusted"))
        refusal = page.get_by_text("This bundle is not signed for this gateway.")
        await expect(refusal).to_be_visible()
        await page.route("**/api/uploads", hold)
        await send(page, bundle(tmp_path, "good"))
        await expect(page.get_by_role("progressbar", name="Transfer")).to_be_visible()
        await expect(page.locator("[aria-current=step]:visible")).to_have_text("Transfer")
        await expect(refusal).to_be_hidden()
        begins.set()
        await gateway.until(Phase.INSTALLING)
        await expect(page.locator("[aria-current=step]:visible")).to_have_text("Install")


async def send_in_part(page: Page, gateway: Gateway, line: SlowLine) -> Path:
    """Sign in and send a bundle over the line, as far as it lets it; gives the bundle."""
    gateway.port = line.port
    await sign_in(page, gateway)
    file = bundle(gateway.data_dir, "good", 20 * MIB)
    await send(page, file)
    await line.stands_still.wait()
    return file


async def test_a_transfer_whose_line_is_cut_goes_on_by_itself(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway, SlowLine(gateway.port, 6 * MIB) as line:
        file = await send_in_part(page, gateway, line)
        await expect(page.locator("#sending-rate")).to_have_text("No data gets through at the moment.")
        async with page.expect_request(lambda request: request.method == "PATCH") as again:
            line.cut()
        assert int((await again.value).headers["upload-offset"]) > MIB  # not from the beginning
        await gateway.until(Phase.INSTALLING)
        (name,) = gateway.files()
        assert (tmp_path / "uploads" / name).read_bytes() == file.read_bytes()


async def test_a_gateway_with_too_many_connections_is_asked_again(tmp_path: Path, page: Page) -> None:
    turned_away = False

    async def turn_away(route: Route) -> None:
        nonlocal turned_away
        if route.request.method == "HEAD" and not turned_away:
            turned_away = True
            await route.fulfill(status=503)
        else:
            await route.continue_()

    async with serving(tmp_path) as gateway:
        await page.route("**/api/uploads/*", turn_away)
        await sign_in(page, gateway)
        await send(page, bundle(tmp_path, "good"))
        await gateway.until(Phase.INSTALLING)
    assert turned_away


async def test_a_file_that_changes_in_mid_transfer_is_not_reported_as_a_lost_connection(
    tmp_path: Path, page: Page
) -> None:
    async with serving(tmp_path) as gateway, SlowLine(gateway.port, 6 * MIB) as line:
        await send_in_part(page, gateway, line)
        bundle(tmp_path, "good", 21 * MIB)
        line.cut()
        await expect(page.get_by_role("alert")).to_contain_text("cannot be read any more")
        await expect(page.locator("#state")).to_contain_text("The transfer was cut off at")
        await expect(page.get_by_label("Choose file")).to_be_visible()


async def test_after_a_reload_in_mid_transfer_the_same_file_goes_on(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway, SlowLine(gateway.port, 6 * MIB) as line:
        file = await send_in_part(page, gateway, line)
        await page.reload()
        line.hang_up()
        await goes_on(page, gateway, file)


async def test_a_second_browser_sees_the_transfer_and_takes_it_over_when_the_first_is_gone(
    tmp_path: Path, page: Page, browser: Browser
) -> None:
    first = await browser.new_page()
    async with serving(tmp_path) as gateway, SlowLine(gateway.port, 6 * MIB) as line:
        await sign_in(page, gateway)
        straight, gateway.port = gateway.port, line.port
        await sign_in(first, gateway)
        file = bundle(tmp_path, "good", 20 * MIB)
        await send(first, file)
        await expect(page.locator("#state")).to_contain_text("good.raucb")
        await expect(page.locator("#state")).to_contain_text("of 21 MB")
        await expect(page.get_by_label("Choose file")).to_be_hidden()
        await line.stands_still.wait()
        await first.close()
        line.hang_up()
        gateway.port = straight
        await goes_on(page, gateway, file)


async def goes_on(page: Page, gateway: Gateway, file: Path) -> None:
    """The page shows where the transfer was interrupted; the same file resumes there."""
    await expect(page.locator("#state")).to_contain_text("The transfer was cut off at")
    await expect(page.locator("#state").get_by_role("progressbar")).not_to_have_js_property("value", 0)
    assert gateway.phase is Phase.RECEIVING  # nobody had to wait for the minute to be over
    async with page.expect_request(lambda request: request.method == "PATCH") as rest:
        await send(page, file)
    assert int((await rest.value).headers["upload-offset"]) > MIB
    await gateway.until(Phase.INSTALLING)
    (name,) = gateway.files()
    assert (gateway.data_dir / "uploads" / name).read_bytes() == file.read_bytes()


async def test_half_a_bundle_is_shown_and_the_same_file_goes_on(tmp_path: Path, page: Page) -> None:
    update_id = "u1"
    record = Record(update_id, Stage.RECEIVING, "b", "A", "1.3.0", filename="good.raucb", size=4 * MIB, resumable=True)
    file = bundle(tmp_path, "good", 4 * MIB)
    modified = int(file.stat().st_mtime * 1000)
    record = replace(record, fingerprint=f"{4 * MIB} {modified} good.raucb")
    store = BundleStore(tmp_path / "uploads")
    store.free()
    store.reserve(update_id, 4 * MIB)
    with store.open(update_id, 0) as part:
        part.write(file.read_bytes()[: 2 * MIB])
        part.pause()
        received = part.offset
    async with serving(tmp_path, started={"record": record, "received": received}) as gateway:
        await sign_in(page, gateway)
        await expect(page.locator("main")).to_contain_text("cut off at 50 %")
        async with page.expect_request(lambda request: request.method == "PATCH") as rest:
            await send(page, file)
        assert (await rest.value).headers["upload-offset"] == str(2 * MIB)
        await gateway.until(Phase.INSTALLING)
        assert (tmp_path / "uploads" / "u1.raucb").read_bytes() == file.read_bytes()


async def test_a_reload_and_a_second_browser_see_the_transfer(tmp_path: Path, page: Page, browser: Browser) -> None:
    async with serving(tmp_path) as gateway:
        gateway.state.dispatch(UploadOpened("u1", "from-elsewhere.raucb", 4 * MIB))
        gateway.state.dispatch(UploadProgress("u1", 2 * MIB))
        await page.goto(f"{gateway.url}/update")
        await expect(page.locator("main")).to_contain_text("50 %")
        await expect(page.locator("main")).to_contain_text("from-elsewhere.raucb")
        gateway.state.dispatch(UploadProgress("u1", 3 * MIB))
        await expect(page.locator("main")).to_contain_text("75 %")
        await page.reload()
        await expect(page.locator("main")).to_contain_text("75 %")
        await expect(page.get_by_label("Choose file")).to_be_hidden()


async def test_a_refusal_stands_in_words_until_it_is_dismissed(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await sign_in(page, gateway)
        await send(page, bundle(tmp_path, "untrusted"))
        refusal = page.get_by_text("This bundle is not signed for this gateway.")
        await expect(refusal).to_have_count(1)
        await page.get_by_text("Details").click()
        await expect(page.get_by_text("unable to get local issuer certificate")).to_be_visible()
        # A change elsewhere leaves the reader's details open.
        async with page.expect_response("**/update?part"):
            gateway.state.dispatch(PanelShown("result", full=True))
        await expect(page.get_by_text("unable to get local issuer certificate")).to_be_visible()
        await page.get_by_role("button", name="OK").click()
        await expect(refusal).to_have_count(0)
        assert gateway.phase is Phase.IDLE


@pytest.mark.parametrize("size", [3 * MIB, 600 * MIB])
async def test_a_refusal_by_the_headers_reaches_a_browser_that_is_still_sending(
    tmp_path: Path, page: Page, size: int
) -> None:
    large = tmp_path / "large.raucb"
    with large.open("wb") as file:
        os.truncate(file.fileno(), size)
    async with serving(tmp_path, Rules(max_bundle_bytes=MIB)) as gateway:
        await sign_in(page, gateway)
        await send(page, large)
        await expect(page.get_by_role("alert")).to_contain_text("at most 1.0 MB")
        await expect(page.get_by_label("Choose file")).to_be_visible()


async def test_a_session_that_ended_asks_for_the_pin_again_and_says_so(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await sign_in(page, gateway)
        gateway.credentials.renew_pin()
        await send(page, bundle(tmp_path, "good"))
        await expect(page.get_by_role("alert")).to_contain_text("needs the PIN")
        await expect(page.get_by_label("PIN")).to_be_focused()


async def test_a_manual_reboot_has_its_button(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path, started={"reboot": "manual"}) as gateway:
        gateway.rauc.installs.set()
        await sign_in(page, gateway)
        await send(page, bundle(tmp_path, "good"))
        await page.get_by_role("button", name="Restart now").click()
        await gateway.until(Phase.REBOOTING)
        await expect(page.locator("main")).to_contain_text("restarts into version 1.4.0")


async def test_the_keyboards_focus_stays_on_a_button_while_the_page_changes(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        gateway.state.dispatch(UploadOpened("u1", "x.raucb", 100))
        await page.goto(f"{gateway.url}/update")
        cancel = page.get_by_role("button", name="Cancel")
        await cancel.focus()
        gateway.state.dispatch(UploadProgress("u1", 50))
        await expect(page.locator("main")).to_contain_text("50 %")
        await expect(cancel).to_be_focused()


async def test_without_javascript_the_form_works_from_sign_in_to_refusal_to_installation(
    tmp_path: Path, browser: Browser
) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    async with serving(tmp_path) as gateway:
        await sign_in(page, gateway)
        await send(page, bundle(tmp_path, "foreign", 3 * MIB))
        await expect(page.locator("main")).to_contain_text("another kind of device")
        await page.get_by_role("link", name="Back to OTA Update").click()
        await page.get_by_role("button", name="OK").click()
        await send(page, bundle(tmp_path, "good", 3 * MIB))
        await expect(page.locator("main")).to_contain_text("1.3.0 → 1.4.0")
        gateway.state.dispatch(RaucProgress(63, "Copying"))
        await expect(page.locator("main")).to_contain_text("63 %")  # it loads itself again
    await context.close()


async def test_the_page_works_without_events_too(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        gateway.rauc.verifies.clear()
        await page.route("**/api/events", lambda route: route.abort())
        await page.goto(f"{gateway.url}/update")
        gateway.state.dispatch(UploadOpened("u1", "x.raucb", 100))
        gateway.state.dispatch(UploadFinished("u1", 100))
        await expect(page.locator("main")).to_contain_text("signature is being verified")


HIDDEN = """(hidden) => {
  Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


async def test_tabs_that_nobody_looks_at_leave_the_browser_a_connection_and_are_true_when_looked_at(
    tmp_path: Path, browser: Browser
) -> None:
    """A browser keeps no more than six connections to one host, for all its tabs together."""
    context = await browser.new_context()
    async with serving(tmp_path) as gateway:
        tabs = []
        for _ in range(8):
            tabs.append(await context.new_page())
            await tabs[-1].goto(gateway.url)
            await tabs[-1].evaluate(HIDDEN, True)
        gateway.state.dispatch(UploadOpened("u1", "x.raucb", 100))
        await tabs[0].evaluate(HIDDEN, False)
        await expect(tabs[0].locator("main")).to_contain_text("The bundle is being transferred.")
        gateway.state.dispatch(UploadProgress("u1", 50))
        await expect(tabs[0].locator("main")).to_contain_text("50")
    await context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("path", ["/", "/update"])
async def test_no_page_is_wider_than_its_window(
    tmp_path: Path, browser: Browser, path: str, width: int, scheme: str
) -> None:
    context = await browser.new_context(viewport={"width": width, "height": 700}, color_scheme=scheme)  # type: ignore[arg-type]
    page = await context.new_page()
    async with serving(tmp_path) as gateway:
        gateway.state.dispatch(UploadOpened("u1", "a" * 100 + ".raucb", 100))
        await page.goto(gateway.url + path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await context.close()
