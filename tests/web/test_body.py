"""A body that is taken over from aiohttp over real connections."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from aiohttp import web

from mapio_display.transfer.store import BundleStore
from mapio_display.transfer.stream import BUFFER_BYTES, SenderLost
from mapio_display.web.http.body import take_over
from tests.web.client import PATIENCE_S, Connection, connected, request

Handler = Callable[[web.Request], Awaitable[web.Response]]


@asynccontextmanager
async def answering(handler: Handler) -> AsyncIterator[int]:
    """A server whose PUT is answered by ``handler``; yields its port."""
    app = web.Application()
    app.add_routes([web.put("/", handler)])
    runner = web.AppRunner(app, shutdown_timeout=0.1, lingering_time=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


async def put(port: int, content: bytes, connection: Connection, *, length: int | None = None) -> None:
    """Begin to send a body."""
    await connection.send(request("PUT", "/", port, {}, len(content) if length is None else length) + content)


async def stored(asked: web.Request, folder: Path) -> bytes:
    """Take the body over, and give what of it reached the disk."""
    store = BundleStore(folder)
    with closing(take_over(asked, PATIENCE_S)) as stream:
        store.reserve("u1", stream.left)
        with store.open("u1", None) as part:
            await asyncio.to_thread(stream.pour, part)
            part.finish()
    assert stream.left == 0
    return store.path("u1").read_bytes()


@pytest.mark.parametrize("read_by_then", [0, 1, 100_000])
@pytest.mark.parametrize("size", [0, 1, BUFFER_BYTES - 1, BUFFER_BYTES + 1, 10 * BUFFER_BYTES + 7])
async def test_what_comes_is_what_was_sent(tmp_path: Path, size: int, read_by_then: int) -> None:
    """However much of it aiohttp has taken from the socket before."""
    content = os.urandom(size)

    async def handler(asked: web.Request) -> web.Response:
        async with asyncio.timeout(PATIENCE_S):
            while asked.content.total_bytes < min(size, read_by_then):  # noqa: ASYNC110 - it comes without a word
                await asyncio.sleep(0.001)
        return web.Response(text=str(await stored(asked, tmp_path) == content))

    async with answering(handler) as port, connected(port) as connection:
        await put(port, content, connection)
        assert (await connection.answer()).body == b"True"


@pytest.mark.parametrize(
    "end", [ConnectionResetError(), TimeoutError(errno.ETIMEDOUT, "timed out"), web.RequestPayloadError()]
)
async def test_a_connection_that_ended_before_its_body_was_asked_for_is_a_lost_sender(
    tmp_path: Path, end: Exception
) -> None:
    async def put_away(asked: web.Request) -> web.Response:
        asked.content.set_exception(end)  # as aiohttp does when it loses the connection
        with pytest.raises(SenderLost):
            await stored(asked, tmp_path)
        return web.Response(text="lost")

    async with answering(put_away) as port, connected(port) as connection:
        await put(port, b"some", connection, length=100)
        assert (await connection.answer()).body == b"lost"
