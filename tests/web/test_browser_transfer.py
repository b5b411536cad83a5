"""The transfer in a real Chromium on a line, a file, a proxy and an owner with bad habits."""

import asyncio
import re
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.async_api import Dialog, Page, Request, Route, expect

from mapio_display.core.facts.update import CancelRequested, Phase
from tests.web.bad_stick import bad_stick, needs_fuse
from tests.web.gateway import serving
from tests.web.slow_line import SlowLine
from tests.web.test_browser import MIB, bundle, send, send_in_part, sign_in

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser-transfer")]

PIECES = "**/api/uploads/*"


def is_piece(request: Request) -> bool:
    return request.method == "PATCH"


async def hold_second_piece(page: Page) -> tuple[asyncio.Event, asyncio.Event]:
    """Hold the second piece that the page sends up; gives what is set when it comes, and what lets it go on."""
    comes, goes_on = asyncio.Event(), asyncio.Event()
    pieces = 0

    async def hold(route: Route) -> None:
        nonlocal pieces
        pieces += route.request.method == "PATCH"
        if pieces == 2 and not comes.is_set():
            comes.set()
            await goes_on.wait()
        await route.continue_()

    await page.route(PIECES, hold)
    return comes, goes_on


@pytest.mark.parametrize(("what", "says"), [("pin", "needs the PIN"), ("cancel", "was cancelled")])
async def test_what_happens_elsewhere_ends_the_transfer_after_the_piece_that_is_sent(
    tmp_path: Path, page: Page, what: str, says: str
) -> None:
    sent: list[int] = []
    async with serving(tmp_path) as gateway:
        await sign_in(page, gateway)
        comes, goes_on = await hold_second_piece(page)
        page.on("request", lambda r: sent.append(int(r.headers["upload-offset"])) if is_piece(r) else None)
        await send(page, bundle(tmp_path, "good", 60 * MIB))
        await comes.wait()
        if what == "pin":
            gateway.credentials.renew_pin()
        else:
            gateway.state.dispatch(CancelRequested())
        goes_on.set()
        await expect(page.get_by_role("alert").locator("visible=true")).to_contain_text(says)
        await expect(page.locator("#sending")).to_be_hidden()
    assert len(sent) == 2
    assert sent[1] < 10 * MIB


async def test_the_pieces_grow_with_the_line(tmp_path: Path, page: Page) -> None:
    sent: list[int] = []
    async with serving(tmp_path) as gateway:
        await sign_in(page, gateway)
        page.on("request", lambda r: sent.append(int(r.headers["upload-offset"])) if is_piece(r) else None)
        file = bundle(tmp_path, "good", 60 * MIB)
        await send(page, file)
        await gateway.until(Phase.INSTALLING)
        (name,) = gateway.files()
        assert (tmp_path / "uploads" / name).read_bytes() == file.read_bytes()
    sizes = [end - start for start, end in zip(sent, [*sent[1:], 60 * MIB], strict=True)]
    assert sizes[0] == MIB // 4
    assert max(sizes) > 4 * MIB
    assert all(after <= 4 * before for before, after in pairwise(sizes))


async def test_a_piece_that_gets_no_answer_is_sent_again(tmp_path: Path, page: Page) -> None:
    await page.clock.install()
    async with serving(tmp_path) as gateway, SlowLine(gateway.port, mute=1) as line:
        gateway.port = line.port
        await sign_in(page, gateway)
        await send(page, bundle(tmp_path, "good"))
        await gateway.until(Phase.INSTALLING)  # all of it is there; only the page does not know
        await expect(page.locator("#sending-rate")).to_have_text("No data gets through at the moment.")
        await page.clock.fast_forward(21_000)
        await expect(page.locator("#state")).to_contain_text("1.3.0 → 1.4.0")
        await expect(page.locator("#sending")).to_be_hidden()


@needs_fuse
async def test_a_file_that_cannot_be_read_from_some_byte_on_is_reported_as_such(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        with bad_stick(tmp_path / "stick", "good.raucb", 12 * MIB, 5 * MIB) as file:
            await sign_in(page, gateway)
            await send(page, file)
            await expect(page.get_by_role("alert")).to_contain_text("cannot be read any more")
            await expect(page.locator("#state")).to_contain_text("The transfer was cut off at")
            bundle = gateway.state.snapshot.update.bundle
            assert bundle is not None
            assert 4 * MIB < bundle.received <= 5 * MIB  # what can be read is kept for another try


async def test_tries_that_get_no_further_end(tmp_path: Path, page: Page) -> None:
    tries = asyncio.Queue[Request]()

    async def break_off(route: Route) -> None:
        if is_piece(route.request):
            tries.put_nowait(route.request)
            await route.abort()
        else:
            await route.continue_()

    await page.clock.install()
    async with serving(tmp_path) as gateway:
        await page.route(PIECES, break_off)
        await sign_in(page, gateway)
        await send(page, bundle(tmp_path, "good"))
        async with asyncio.timeout(60):
            for _ in range(8):
                await tries.get()
                await expect(page.locator("#sending-rate")).to_contain_text("The connection was lost")
                await page.clock.fast_forward(16_000)
        await expect(page.get_by_role("alert")).to_contain_text("does not get any further")
        await gateway.until(Phase.IDLE)  # nothing of it had come, so nothing is kept
        await expect(page.get_by_label("Choose file")).to_be_visible()
    assert tries.empty()


async def test_a_cancel_while_the_line_is_down_is_carried_out_when_it_is_back(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway, SlowLine(gateway.port, 6 * MIB) as line:
        await send_in_part(page, gateway, line)
        await line.down()
        await page.get_by_role("button", name="Cancel").locator("visible=true").click()
        await expect(page.locator("#sending-rate")).to_contain_text("cancelled there as soon as it answers")
        assert gateway.phase is Phase.RECEIVING
        await line.up()
        await gateway.until(Phase.IDLE)
        await gateway.until_no_file()
        await expect(page.get_by_label("Choose file")).to_be_visible()
        assert gateway.state.snapshot.last_update is None


async def test_the_transfer_resumes_as_soon_as_the_line_is_back(tmp_path: Path, page: Page) -> None:
    await page.clock.install()
    async with serving(tmp_path) as gateway, SlowLine(gateway.port, 6 * MIB) as line:
        await send_in_part(page, gateway, line)
        await line.down()
        for _ in range(6):  # until the page waits for 15 s between two tries
            async with page.expect_event("requestfailed", lambda request: request.method == "HEAD"):
                await page.clock.fast_forward(15_500)
        await expect(page.locator("#away")).to_be_visible()
        await page.clock.pause_at(await page.evaluate("Date.now() + 100"))
        await line.up()
        async with page.expect_request(is_piece):
            await page.clock.run_for(2500)  # the page looks for the gateway every 2 s
        await page.clock.resume()
        await gateway.until(Phase.INSTALLING)


async def test_leaving_the_page_asks_and_who_stays_goes_on_sending(tmp_path: Path, page: Page) -> None:
    asked = asyncio.Queue[str]()

    async def stay(dialog: Dialog) -> None:
        asked.put_nowait(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    async with serving(tmp_path) as gateway, SlowLine(gateway.port, 6 * MIB) as line:
        await send_in_part(page, gateway, line)
        await page.get_by_role("link", name="Home").click()
        assert await asked.get() == "confirm"
        await page.evaluate("setTimeout(() => location.assign('/'))")
        assert await asked.get() == "beforeunload"
        line.go_on.set()
        await gateway.until(Phase.INSTALLING)
        await expect(page.locator("#sending")).to_be_hidden()
        await page.get_by_role("link", name="Home").click()
        await expect(page).to_have_url(f"{gateway.url}/")
    assert asked.empty()


async def test_who_leaves_when_asked_leaves_by_one_question(tmp_path: Path, page: Page) -> None:
    asked: list[str] = []

    async def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.accept()

    page.on("dialog", leave)
    async with serving(tmp_path) as gateway, SlowLine(gateway.port, 6 * MIB) as line:
        await send_in_part(page, gateway, line)
        await page.get_by_role("link", name="MAPIO").click()
        await expect(page).to_have_url(f"{gateway.url}/")
    assert asked == ["confirm"]


async def through_a_proxy(page: Page, most: int) -> None:
    """Put a proxy that takes requests of so many bytes in between."""

    async def pass_on(route: Route) -> None:
        if len(route.request.post_data_buffer or b"") > most:
            await route.fulfill(status=413, content_type="text/html", body="<h1>413 Request Entity Too Large</h1>")
        else:
            await route.continue_()

    await page.route(PIECES, pass_on)


async def test_a_proxy_that_takes_small_requests_only_gets_small_pieces(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await sign_in(page, gateway)
        await through_a_proxy(page, MIB)
        await send(page, bundle(tmp_path, "good", 8 * MIB))
        await gateway.until(Phase.INSTALLING)


async def test_a_proxys_refusal_is_explained_and_the_gateway_does_not_wait(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await sign_in(page, gateway)
        await through_a_proxy(page, 0)
        await send(page, bundle(tmp_path, "good", 8 * MIB))
        await expect(page.get_by_role("alert")).to_contain_text("proxy")
        await expect(page.get_by_role("alert")).to_contain_text("client_max_body_size")
        await gateway.until(Phase.IDLE)
        await expect(page.get_by_label("Choose file")).to_be_visible()


async def test_the_keyboards_focus_goes_along_with_the_update(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway, SlowLine(gateway.port, 6 * MIB) as line:
        gateway.port = line.port
        gateway.rauc.verifies.clear()
        await sign_in(page, gateway)
        await page.get_by_label("Choose file").set_input_files(bundle(tmp_path, "good", 20 * MIB))
        await page.get_by_role("button", name="update", exact=True).focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="Cancel").locator("visible=true")).to_be_focused()
        await line.stands_still.wait()
        line.go_on.set()
        await gateway.until(Phase.INSPECTING)
        await expect(page.locator("#state")).to_be_focused()
        gateway.rauc.verifies.set()
        await gateway.until(Phase.INSTALLING)
        await expect(page.locator("#state")).to_be_focused()


async def test_the_title_has_the_progress(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway, SlowLine(gateway.port, 6 * MIB) as line:
        await send_in_part(page, gateway, line)
        await expect(page).to_have_title(re.compile(r"^Transfer [1-9][0-9]? % – OTA Update$"))
        line.go_on.set()
        await expect(page).to_have_title(re.compile(r"^Install [1-9][0-9]? % – OTA Update$"))


async def test_the_progress_is_what_the_gateway_has_and_not_what_waits_on_the_way(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway, SlowLine(gateway.port, 6 * MIB) as line:
        await send_in_part(page, gateway, line)
        await expect(page.locator("#sending-rate")).to_have_text("No data gets through at the moment.")
        bundle = gateway.state.snapshot.update.bundle
        assert bundle is not None
        percent = 100 * bundle.received // (20 * MIB)
        assert 0 < percent < 80
        await expect(page.locator("#sending-percent")).to_have_text(f"{percent} %")
