"""Many connections, and long ones: what a client may take of the server, and what the others have of it."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest

from mapio_display.core.facts.update import Phase
from mapio_display.web.auth.gate import Rules
from mapio_display.web.http.head import HEAD_BYTES
from mapio_display.web.limits import Limits
from tests.web.client import Connection, connected, form, request
from tests.web.gateway import PATIENCE_S, Gateway, serving

MIB = 1024 * 1024


async def ask(gateway: Gateway, address: str = "127.0.0.1", path: str = "/status") -> int:
    """The status that a client at an address is answered."""
    async with connected(gateway.port, address) as connection:
        await connection.send(request("GET", path, gateway.port, {}, None))
        return (await connection.head())[0]


@asynccontextmanager
async def streams(gateway: Gateway, number: int, address: str = "127.0.0.1") -> AsyncIterator[list[Connection]]:
    """So many streams of events, of which the first event has come."""
    async with AsyncExitStack() as held:
        connections = []
        for _ in range(number):
            connection = await held.enter_async_context(connected(gateway.port, address))
            await connection.send(request("GET", "/api/events", gateway.port, {}, None))
            await connection.head()
            connections.append(connection)
        yield connections


@asynccontextmanager
async def upload_under_way(gateway: Gateway, size: int) -> AsyncIterator[tuple[Connection, bytes]]:
    """A bundle of which half has been sent, and the other half."""
    headers, body = form(b"good " + bytes(size))
    signed_in = {"Authorization": "Basic " + b64encode(f"mapio:{gateway.pin}".encode()).decode()}
    head = request("POST", "/update", gateway.port, {**headers, **signed_in}, len(body))
    async with connected(gateway.port) as connection:
        await connection.send(head + body[: len(body) // 2])
        await gateway.until(Phase.RECEIVING)
        yield connection, body[len(body) // 2 :]


async def until_ended(connection: Connection) -> None:
    """Wait for the server to end a connection, whatever comes before that."""
    async with asyncio.timeout(PATIENCE_S):
        with suppress(ConnectionError):
            while await connection.reader.read(MIB):
                pass


# Places


async def test_silent_streams_of_one_address_keep_nobody_out(tmp_path: Path) -> None:
    async with serving(tmp_path, connections_each=8) as gateway, streams(gateway, 30) as crowd:
        assert await ask(gateway) == 200
        assert await ask(gateway, "127.0.0.2") == 200
        for connection in crowd[:23]:  # the oldest, of which the last one made room for the first question
            await until_ended(connection)
        assert not crowd[-1].reader.at_eof()


async def test_addresses_that_fill_the_server_make_room_for_another_one(tmp_path: Path) -> None:
    serve = serving(tmp_path, connections=8, connections_each=4)
    async with serve as gateway, streams(gateway, 4, "127.0.0.2"), streams(gateway, 4, "127.0.0.3"):
        assert await ask(gateway, "127.0.0.4") == 200


async def test_an_upload_under_way_keeps_its_place_and_loses_nothing(tmp_path: Path) -> None:
    serve = serving(tmp_path, connections=4, connections_each=3)
    async with serve as gateway, upload_under_way(gateway, MIB) as (connection, rest):
        for address in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
            async with streams(gateway, 6, address):
                assert gateway.phase is Phase.RECEIVING
        await connection.send(rest)
        assert (await connection.answer()).status == 202


@pytest.mark.parametrize(("accept", "kind"), [("*/*", "application/json"), ("text/html", "text/html")])
async def test_a_503_reaches_its_client_in_the_clients_own_form(tmp_path: Path, accept: str, kind: str) -> None:
    """Also while that sends, and has sent more than is read."""
    serve = serving(tmp_path, connections=1)
    async with serve as gateway, upload_under_way(gateway, MIB), connected(gateway.port, "127.0.0.2") as connection:
        head = request("POST", "/update", gateway.port, {"Accept": accept}, MIB)
        await connection.send(head + bytes(MIB))
        answer = await connection.answer()
        assert answer.status == 503
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["retry-after"] == "5"
        assert b"too many connections" in answer.body
        assert await connection.closed()


async def test_the_time_for_a_small_body_keeps_nobody_out(tmp_path: Path) -> None:
    async with serving(tmp_path, connections=4, connections_each=4) as gateway, AsyncExitStack() as held:
        for _ in range(4):
            connection = await held.enter_async_context(connected(gateway.port, "127.0.0.2"))
            await connection.send(request("POST", "/api/session", gateway.port, {}, 20) + b"{")
        assert await ask(gateway) == 200


async def test_a_refused_body_keeps_nobody_out(tmp_path: Path) -> None:
    async with serving(tmp_path, connections=4, connections_each=4) as gateway, AsyncExitStack() as held:
        for _ in range(4):
            connection = await held.enter_async_context(connected(gateway.port, "127.0.0.2"))
            await connection.send(request("POST", "/update", gateway.port, form(b"")[0], 1000) + b"-")
            assert (await connection.answer()).status == 401
        assert await ask(gateway) == 200


# What a client sends ahead


async def test_requests_sent_ahead_are_answered_one_by_one(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        body = b'{"pin": "x"}'
        get = request("GET", "/version", gateway.port, {}, None)
        post = request("POST", "/api/session", gateway.port, {"Content-Type": "application/json"}, len(body)) + body
        await connection.send(b"\r\n" + (get + post + b"\r\n") * 5 + get)
        statuses = [(await connection.answer()).status for _ in range(11)]
        assert statuses == [200, 401] * 5 + [200]


async def test_nothing_is_read_while_an_answer_is_due(tmp_path: Path) -> None:
    async with serving(tmp_path, Rules(buttons=True)) as gateway, connected(gateway.port) as connection:
        press = b'{"button": "down", "hold": 8}'
        head = request("POST", "/api/press", gateway.port, {"Content-Type": "application/json"}, len(press))
        await connection.send(head + press)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await connection.send(bytes(64 * MIB))  # more than the kernel holds


async def test_nothing_is_read_while_an_answer_is_not_taken(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        ahead = request("GET", "/", gateway.port, {}, None)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await connection.send(ahead * (64 * MIB // len(ahead)))


@pytest.mark.parametrize("more", [b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"x"])
async def test_a_stream_of_events_ends_where_its_client_sends_on(tmp_path: Path, more: bytes) -> None:
    """Nothing is read behind it, and by that alone it would not be known that the client has gone."""
    async with serving(tmp_path) as gateway, streams(gateway, 1) as (connection,):
        await connection.send(more)
        await until_ended(connection)


@pytest.mark.parametrize("method", ["GET", "CONNECT"])
async def test_what_follows_an_upgrade_is_dropped(tmp_path: Path, method: str) -> None:
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
        await connection.send(request(method, "/status", gateway.port, upgrade, None) + bytes(MIB))
        status, headers = await connection.head()
        assert (status, headers["connection"]) == ({"GET": 200, "CONNECT": 401}[method], "close")


# Heads


@pytest.mark.parametrize(("accept", "kind"), [("*/*", "application/json"), ("text/html", "text/html")])
async def test_cookies_that_do_not_fit_are_answered_with_the_remedy(tmp_path: Path, accept: str, kind: str) -> None:
    """Cookies know no ports: those of all pages on this host come along. However many, the answer arrives."""
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        head = request("GET", "/", gateway.port, {"Accept": accept, "Cookie": "x=" + "y" * 500_000}, None)
        await connection.send(head)
        answer = await connection.answer()
        assert answer.status == 431
        assert answer.headers["content-type"].startswith(kind)
        assert b"Delete the cookies of this address" in answer.body
        assert b"default-src 'none'" in answer.headers["content-security-policy"].encode()
        assert await connection.closed()


async def test_the_cookies_of_a_few_other_pages_fit(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        cookies = "; ".join(f"page{number}={'y' * 1000}" for number in range(12))
        assert (await gateway.ask("GET", "/", headers={"Cookie": cookies})).status == 200
        assert len(cookies) < HEAD_BYTES


async def test_heads_in_single_bytes_are_heads(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        for byte in request("GET", "/version", gateway.port, {}, None) * 2:
            await connection.send(bytes([byte]))
        assert [(await connection.answer()).status for _ in range(2)] == [200, 200]


async def test_streams_that_have_ended_leave_nothing_that_waits(tmp_path: Path) -> None:
    """A client that opens them again and again would have the gateway keep each until the next event."""
    async with serving(tmp_path, connections_each=4) as gateway:
        before = len(asyncio.all_tasks())
        async with streams(gateway, 40):
            pass
        async with asyncio.timeout(Limits().keep_alive_s / 2):
            while len(asyncio.all_tasks()) > before:  # noqa: ASYNC110 - a task's end is nobody's event
                await asyncio.sleep(0.001)
