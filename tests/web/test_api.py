"""Status, events, the older page's routes, and the requests that change something."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from mapio_display.core.facts.panel import PanelFailed, PanelShown
from mapio_display.core.facts.update import Phase, UploadOpened, UploadProgress
from mapio_display.core.facts.web import PinChanged
from mapio_display.core.status import to_json
from mapio_display.web.limits import Limits
from mapio_display.words.catalogue import ENGLISH
from tests.web.client import Connection, connected, form, request
from tests.web.gateway import PATIENCE_S, Gateway, serving


async def follow(gateway: Gateway, connection: Connection) -> None:
    """Begin to follow the events."""
    await connection.send(request("GET", "/api/events", gateway.port, {}, None))
    status, headers = await connection.head()
    assert (status, headers["content-type"]) == (200, "text/event-stream")


async def line(connection: Connection) -> bytes:
    """The next line of the stream that says something; the chunks' lengths and empty lines do not."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            read = (await connection.reader.readline()).strip()
            if read.startswith((b"data:", b":")):
                return read


async def event(connection: Connection) -> Any:
    """The next event's status."""
    while not (read := await line(connection)).startswith(b"data:"):
        pass
    return json.loads(read[5:])


# Status


async def test_the_status_is_the_snapshot(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        answer = await gateway.ask("GET", "/api/status")
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.json == to_json(gateway.state.snapshot, ENGLISH.say)


async def test_health_is_reported(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        assert (await gateway.ask("GET", "/healthz")).status == 200
        assert (await gateway.ask("HEAD", "/healthz")).status == 200


async def test_a_loop_that_is_stuck_is_named(tmp_path: Path) -> None:
    async with serving(tmp_path, stuck=lambda: "update") as gateway:
        answer = await gateway.ask("GET", "/healthz")
        assert (answer.status, answer.body) == (503, b"stuck: update\n")


async def test_what_is_not_there_is_404_and_a_wrong_method_405_in_the_errors_shape(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        answer = await gateway.ask("GET", "/nothing-here")
        assert (answer.status, answer.code) == (404, "not-found")
        cookie = await gateway.sign_in()
        answer = await gateway.ask("POST", "/api/status", headers=cookie)
        assert (answer.status, answer.code) == (405, "malformed")
        assert set(answer.headers["allow"].split(",")) == {"GET", "HEAD"}
        assert (await gateway.ask("GET", "/assets/x/../../pin")).status == 404


async def test_without_a_picture_the_panel_is_404_and_says_why(tmp_path: Path) -> None:
    async with serving(tmp_path, picture=lambda _masked: None) as gateway:
        answer = await gateway.ask("GET", "/api/panel.png")
        assert (answer.status, answer.code) == (404, "not-found")
        assert "drawn" in answer.message


# Events


async def test_the_first_event_is_the_whole_status_and_then_comes_each_change(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        await follow(gateway, connection)
        assert await event(connection) == to_json(gateway.state.snapshot, ENGLISH.say)
        gateway.state.dispatch(PanelShown("webserver", full=True))
        assert (await event(connection))["panel"]["view"] == "webserver"
        gateway.state.dispatch(PanelFailed("no answer"))
        assert (await event(connection))["panel"]["state"] == "not-responding"


@pytest.mark.slow
async def test_of_many_changes_at_once_the_newest_is_reported_and_at_most_four_a_second(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        await follow(gateway, connection)
        gateway.state.dispatch(UploadOpened("u1", "x.raucb", 100))
        loop = asyncio.get_running_loop()
        began, told, received = loop.time(), 0, 0
        while received < 100:
            for _ in range(20):
                received = min(100, received + 1)
                gateway.state.dispatch(UploadProgress("u1", received))
            while (await event(connection))["update"]["percent"] != received:
                told += 1
            told += 1
        assert told <= 1 + (loop.time() - began) / 0.25 + 1


async def test_a_change_of_what_is_not_reported_is_an_event_too_because_pages_may_show_it(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        await follow(gateway, connection)
        before = await event(connection)
        gateway.state.dispatch(PinChanged("999999"))
        assert await event(connection) == before


async def test_a_quiet_stream_shows_that_it_is_alive(tmp_path: Path) -> None:
    limits = Limits(keep_alive_s=0.01)
    async with serving(tmp_path, limits=limits) as gateway, connected(gateway.port) as connection:
        await follow(gateway, connection)
        await event(connection)
        assert (await line(connection)).startswith(b":")
        gateway.state.dispatch(PanelShown("webserver", full=True))
        assert (await event(connection))["panel"]["view"] == "webserver"


async def test_who_follows_but_does_not_read_is_dropped(tmp_path: Path) -> None:
    async with serving(tmp_path, limits=Limits(stall_s=0.05)) as gateway, connected(gateway.port) as connection:
        await follow(gateway, connection)
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        gateway.state.dispatch(PanelShown("x" * 30_000_000, full=True))  # more than lies between the two
        with pytest.raises(ConnectionError):
            await keep_sending(connection)


async def keep_sending(connection: Connection) -> None:
    """Send until the other side has closed."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            await connection.send(b" ")
            await asyncio.sleep(0.01)


# The older page


async def test_the_older_page_learns_what_it_asks_for(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        assert (await gateway.ask("GET", "/status")).json == {"status": "idle"}
        assert (await gateway.ask("GET", "/version")).json == {"os_version": "1.3.0"}
        gateway.state.dispatch(UploadOpened("u1", "x.raucb", 100))
        gateway.state.dispatch(UploadProgress("u1", 47))
        assert (await gateway.ask("GET", "/status")).json == {"status": "updating", "updateStatus": "receiving 47 %"}


async def test_after_a_failure_the_older_page_finds_the_gateway_idle(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        headers, body = form(b"damaged bundle")
        await gateway.ask("POST", "/update", headers={**headers, **await gateway.sign_in()}, body=body)
        assert gateway.phase is Phase.FAILED
        assert (await gateway.ask("GET", "/status")).json == {"status": "idle"}


# Requests


async def install(gateway: Gateway, cookie: dict[str, str]) -> None:
    gateway.rauc.installs.set()
    headers, body = form(b"good bundle")
    assert (await gateway.ask("POST", "/update", headers={**headers, **cookie}, body=body)).status == 202


async def test_a_manual_reboot_is_asked_for_and_not_before(tmp_path: Path) -> None:
    async with serving(tmp_path, started={"reboot": "manual"}) as gateway:
        cookie = await gateway.sign_in()
        answer = await gateway.ask("POST", "/api/update/reboot", headers=cookie)
        assert (answer.status, answer.code) == (409, "nothing-to-reboot")
        await install(gateway, cookie)
        await gateway.until(Phase.INSTALLED)
        answer = await gateway.ask("POST", "/api/update/reboot", headers=cookie)
        assert (answer.status, answer.json) == (200, {"phase": "rebooting"})


async def test_a_failure_is_dismissed_once(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        cookie = await gateway.sign_in()
        headers, body = form(b"damaged bundle")
        await gateway.ask("POST", "/update", headers={**headers, **cookie}, body=body)
        assert (await gateway.ask("POST", "/api/update/acknowledge", headers=cookie)).json == {"phase": "idle"}
        answer = await gateway.ask("POST", "/api/update/acknowledge", headers=cookie)
        assert (answer.status, answer.code) == (409, "nothing-to-acknowledge")


@pytest.mark.parametrize("action", ["cancel", "reboot", "acknowledge"])
async def test_a_form_without_javascript_is_answered_with_a_page(tmp_path: Path, action: str) -> None:
    async with serving(tmp_path) as gateway:
        headers = {**await gateway.sign_in(), "Accept": "text/html"}
        answer = await gateway.ask("POST", f"/api/update/{action}", headers=headers)
        assert (answer.status, answer.headers["content-type"]) == (409, "text/html; charset=utf-8")
        gateway.state.dispatch(UploadOpened("u1", "x.raucb", 100))
        if action == "cancel":
            answer = await gateway.ask("POST", "/api/update/cancel", headers=headers)
            assert (answer.status, answer.headers["location"]) == (303, "/update")
