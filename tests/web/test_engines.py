"""The update's story in three engines: sign in, a transfer that is cut off and resumes, following it, the verdict."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mapio_display.core.facts.rauc import RaucProgress, SlotsRead
from mapio_display.core.facts.update import Phase
from mapio_display.core.record import Record, Stage
from mapio_display.words.catalogue import of
from tests.web.bad_stick import bad_stick, needs_fuse
from tests.web.engines import LOCAL_NAME, Engine, press, until, until_text, window
from tests.web.gateway import SLOTS, Gateway, serving
from tests.web.slow_line import SlowLine
from tests.web.test_browser import MIB, bundle

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]


async def sign_in(engine: Engine, gateway: Gateway) -> None:
    await engine.open(f"{gateway.url}/update")
    await until(engine, "document.documentElement.dataset.script")
    await engine.evaluate(f"document.getElementById('pin').value = '{gateway.pin}'")
    await press(engine, "#sign-in button")
    await until(engine, "!document.getElementById('upload').hidden")


async def send(engine: Engine, file: Path) -> None:
    await engine.choose("bundle", file)
    await press(engine, "#upload button")


async def test_an_update_from_the_pin_to_the_verdict_over_a_line_that_is_cut(tmp_path: Path, engine: Engine) -> None:
    file = bundle(tmp_path, "good", 20 * MIB)
    async with serving(tmp_path) as gateway, SlowLine(gateway.port, 6 * MIB) as line:
        gateway.port = line.port
        await sign_in(engine, gateway)
        await send(engine, file)
        await line.stands_still.wait()
        await until(engine, "document.getElementById('sending-bar').value > 5")
        await until(engine, "/^Transfer [1-9]/.test(document.title)")
        line.cut()
        await gateway.until(Phase.INSTALLING)
        (name,) = gateway.files()
        assert (tmp_path / "uploads" / name).read_bytes() == file.read_bytes()
        gateway.state.dispatch(RaucProgress(47, "Copying image to rootfs.1", writing=True))
        await until_text(engine, "47 %")
        await until_text(engine, "Copying image to rootfs.1")
        gateway.rauc.installs.set()
        await until_text(engine, "restarts into version 1.4.0")
        port = line.port
    await until_text(engine, "does not answer")
    record = Record("u1", Stage.INSTALLED, "11111111-aaaa", "A", "1.3.0", "B", "1.4.0", 4, 4)
    started = {"record": record, "version": "1.4.0", "slots": False}
    async with serving(tmp_path, boot_id="22222222-bbbb", port=port, started=started) as gateway:
        await until_text(engine, "finds out what became of the update")
        before, after = SLOTS
        running = replace(after, state="booted", version="1.4.0", installed_count=5, activated_count=5)
        gateway.state.dispatch(SlotsRead((replace(before, state="inactive"), running), "rootfs.1"))
        await until_text(engine, "Update succeeded")


async def test_a_new_pin_ends_the_transfer_after_the_piece_that_is_sent(tmp_path: Path, engine: Engine) -> None:
    async with serving(tmp_path) as gateway, SlowLine(gateway.port, 6 * MIB) as line:
        gateway.port = line.port
        await sign_in(engine, gateway)
        await send(engine, bundle(tmp_path, "good", 60 * MIB))
        await line.stands_still.wait()
        gateway.credentials.renew_pin()
        line.go_on.set()
        await until_text(engine, "needs the PIN")
        await until(engine, "!document.getElementById('sign-in').hidden")
        received = gateway.state.snapshot.update.bundle
        assert received is not None
        assert received.received < 40 * MIB


@needs_fuse
async def test_a_file_that_cannot_be_read_from_some_byte_on_is_reported_as_such(tmp_path: Path, engine: Engine) -> None:
    async with serving(tmp_path) as gateway:
        with bad_stick(tmp_path / "stick", "good.raucb", 12 * MIB, 5 * MIB) as file:
            await sign_in(engine, gateway)
            await send(engine, file)
            await until_text(engine, "cannot be read any more")
            await until(engine, "document.getElementById('sending').hidden")


async def test_a_refusal_is_shown_until_it_is_dismissed(tmp_path: Path, engine: Engine) -> None:
    async with serving(tmp_path) as gateway:
        await sign_in(engine, gateway)
        await send(engine, bundle(tmp_path, "untrusted"))
        await until_text(engine, "not signed for this gateway")
        await press(engine, "#state form button")
        await gateway.until(Phase.IDLE)
        await until(engine, "!document.querySelector('main').innerText.includes('not signed')")


@pytest.mark.parametrize(
    ("engine", "language"),
    [window("chromium", "de", "de"), window("firefox", "fr", "fr"), window("webkit", "de", "de")],
    indirect=["engine"],
)
async def test_an_update_in_another_language(tmp_path: Path, engine: Engine, language: str) -> None:
    words = of(language)
    async with serving(tmp_path) as gateway, SlowLine(gateway.port, 6 * MIB) as line:
        gateway.port = line.port
        await sign_in(engine, gateway)
        assert await engine.evaluate("document.documentElement.lang") == language
        await send(engine, bundle(tmp_path, "untrusted"))
        await until_text(engine, words.text("untrusted"))
        await press(engine, "#state form button")
        await gateway.until(Phase.IDLE)
        await send(engine, bundle(tmp_path, "good", 20 * MIB))
        await line.stands_still.wait()
        await until(engine, f"document.title.startsWith({json.dumps(words.text('page.step.transfer'))})")
        line.go_on.set()
        await gateway.until(Phase.INSTALLING)
        gateway.state.dispatch(RaucProgress(47, "Copying image to rootfs.1", writing=True))
        await until_text(engine, words.text("page.percent", percent=47))
        gateway.rauc.installs.set()
        await until_text(engine, words.text("page.doing.rebooting-version", version="1.4.0"))
    await until_text(engine, words.text("page.away"))


@pytest.mark.parametrize(
    "engine",
    [
        window("chromium", "en"),
        window("firefox", "en"),
        pytest.param(("webkit-with-names", "en"), marks=[pytest.mark.root, pytest.mark.xdist_group("webkit")]),
    ],
    indirect=True,
)
async def test_a_page_whose_gateway_has_another_address_finds_it_by_its_name(tmp_path: Path, engine: Engine) -> None:
    async with serving(tmp_path) as gateway, SlowLine(gateway.port) as line:
        await engine.open(f"http://127.0.0.1:{line.port}/update")
        await until(engine, "document.documentElement.dataset.script")
        await line.down()
        await until_text(engine, "does not answer")
        await engine.evaluate("performance.now = ((now) => () => now() + 160000)(performance.now.bind(performance))")
        await until(engine, f"location.href === 'http://{LOCAL_NAME}:{gateway.port}/update'")
        await until(engine, "document.documentElement.dataset.script")
