"""The body of an upload, over real connections: what comes is what was sent, in its order, and bounded in memory."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from aiohttp import web

from mapio_display.web.body import BATCH, MARK, TAIL, Body, UntoldBody, body_of, close_if_spent
from tests.web.client import PATIENCE_S, Answer, Connection, connected, request

Handler = Callable[[web.Request], Awaitable[web.Response]]
Taken = Callable[[Body | UntoldBody], Awaitable[str]]


@asynccontextmanager
async def answering(handler: Handler) -> AsyncIterator[int]:
    """A server whose PUT is answered by ``handler``; yields its port."""
    app = web.Application()
    app.add_routes([web.put("/", handler)])
    app.on_response_prepare.append(close_if_spent)
    runner = web.AppRunner(app, shutdown_timeout=0.1, lingering_time=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def taking(take: Taken) -> AbstractAsyncContextManager[int]:
    """A server that lets ``take`` have the body of a PUT, and answers what it gives; yields its port."""

    async def handler(asked: web.Request) -> web.Response:
        return web.Response(text=await take(body_of(asked)))

    return answering(handler)


async def whole(body: Body | UntoldBody) -> bytes:
    content = b""
    while pieces := await body.read(PATIENCE_S):
        content += b"".join(pieces)
    assert body.is_whole
    return content


async def put(port: int, content: bytes, connection: Connection, *, length: int | None = None) -> None:
    """Begin to send a body."""
    await connection.send(request("PUT", "/", port, {}, len(content) if length is None else length) + content)


@pytest.mark.parametrize("size", [0, 1, MARK - 1, MARK + 1, BATCH, TAIL - 1, TAIL + 1, 3 * TAIL + 7])
async def test_what_comes_is_what_was_sent(size: int) -> None:
    content = os.urandom(size)
    got: list[bytes] = []

    async def take(body: Body | UntoldBody) -> str:
        got.append(await whole(body))
        return "done"

    async with taking(take) as port, connected(port) as connection:
        await put(port, content, connection)
        assert (await connection.answer()).body == b"done"
    assert got == [content]


async def test_a_body_of_a_length_that_nobody_told_comes_too() -> None:
    async def take(body: Body | UntoldBody) -> str:
        return (await whole(body)).decode()

    async with taking(take) as port, connected(port) as connection:
        await connection.send(request("PUT", "/", port, {"Transfer-Encoding": "chunked"}, None))
        await connection.send(b"5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n")
        assert (await connection.answer()).body == b"hello, world"


async def test_a_few_bytes_in_the_midst_of_many_are_not_waited_for() -> None:
    """The kernel would gather more before it hands them on."""
    heard = asyncio.Event()

    async def take(body: Body | UntoldBody) -> str:
        received = 0
        while received < BATCH + 10:
            received += sum(map(len, await body.read(PATIENCE_S)))
        heard.set()
        return str(len(await whole(body)))

    async with taking(take) as port, connected(port) as connection:
        await put(port, bytes(BATCH), connection, length=100 * TAIL)
        await connection.send(b"a few more")
        async with asyncio.timeout(PATIENCE_S):
            await heard.wait()


async def test_who_reads_nothing_holds_up_the_sender_and_not_the_memory() -> None:
    bodies: list[Body | UntoldBody] = []
    held_up = asyncio.Event()

    async def take(body: Body | UntoldBody) -> str:
        bodies.append(body)
        await held_up.wait()
        return str(len(await whole(body)))

    size = 64 * 1024 * 1024
    async with taking(take) as port, connected(port) as connection:
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(put(port, bytes(size), connection))
            async with asyncio.timeout(PATIENCE_S):
                while not bodies or not isinstance(bodies[0], Body) or bodies[0]._held <= BATCH:  # noqa: ASYNC110 -
                    # nobody tells of bytes that nobody has asked for
                    await asyncio.sleep(0.001)
            assert bodies[0]._held <= BATCH + MARK
            assert not sending.done()
            held_up.set()
        assert (await connection.answer()).body == str(size).encode()


async def test_what_a_lost_sender_sent_is_given_and_then_said_to_be_all() -> None:
    async def take(body: Body | UntoldBody) -> str:
        received = sum(map(len, await body.read(PATIENCE_S)))
        while received < MARK + 5:
            received += sum(map(len, await body.read(PATIENCE_S)))
        with pytest.raises(ConnectionError):
            await body.read(PATIENCE_S)
        assert not body.is_whole
        seen.set_result(received)
        return ""

    seen = asyncio.get_running_loop().create_future()
    async with taking(take) as port, connected(port) as connection:
        await put(port, bytes(MARK + 5), connection, length=100 * TAIL)
        connection.writer.write_eof()
        async with asyncio.timeout(PATIENCE_S):
            assert await seen == MARK + 5


@pytest.mark.parametrize(
    "end", [ConnectionResetError(), TimeoutError(errno.ETIMEDOUT, "timed out"), web.RequestPayloadError()]
)
async def test_a_connection_that_ended_before_its_body_was_asked_for_is_a_lost_sender(end: Exception) -> None:
    async def put_away(asked: web.Request) -> web.Response:
        asked.content.set_exception(end)  # as aiohttp does when it loses the connection
        with pytest.raises(ConnectionError):
            await body_of(asked).read(PATIENCE_S)
        return web.Response(text="lost")

    async with answering(put_away) as port, connected(port) as connection:
        await put(port, b"some", connection, length=100)
        assert (await connection.answer()).body == b"lost"


async def test_a_silent_sender_is_told_by_a_time_out() -> None:
    async def take(body: Body | UntoldBody) -> str:
        assert await body.read(PATIENCE_S)
        with pytest.raises(TimeoutError):
            await body.read(0.05)
        return "silent"

    async with taking(take) as port, connected(port) as connection:
        await put(port, b"some", connection, length=100)
        assert (await connection.answer()).body == b"silent"


async def test_the_connection_takes_no_request_after_it_and_says_so() -> None:
    """What has come of one by then is no part of the body."""

    begun = asyncio.Event()

    async def take(body: Body | UntoldBody) -> str:
        begun.set()
        return (await whole(body)).decode()

    async with taking(take) as port, connected(port) as connection:
        await connection.send(request("PUT", "/", port, {}, 5) + b"he")
        await begun.wait()
        await connection.send(b"llo" + request("PUT", "/", port, {}, 0))
        answer: Answer = await connection.answer()
        assert (answer.body, answer.headers["connection"]) == (b"hello", "close")
        assert await connection.closed()
