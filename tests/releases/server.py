"""A web server that behaves, or does not: each path has a page that says how it is sent."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Page:
    """What is at a path. ``lies`` is a Content-Length that is not true.

    The connection is cut after ``cut`` bytes of the body, or silent from ``stall`` on, in each answer but those that
    come after ``faults`` of them. Without ``ranges`` every answer is the whole.
    """

    body: bytes = b""
    etag: str | None = '"one"'
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    ranges: bool = True
    cut: int | None = None
    stall: int | None = None
    faults: int = 10**6
    lies: int | None = None
    endless: bool = False
    on_ask: Callable[[], None] = lambda: None


@dataclass
class Asked:
    """One request; header names are lower case."""

    path: str
    headers: dict[str, str]


class Server:
    """A server on loopback, what it has, and what it was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[Asked] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def announce(self, path: str = "/stable.json", **announcement: Any) -> str:
        """Announce a version there, and give where."""
        self.pages[path] = Page(json.dumps(announcement).encode(), etag=f'"{len(self.asked)}-{announcement}"'[:60])
        return f"{self.url}{path}"

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            fields = (line.partition(":") for line in filter(None, head[1:]))
            asked = Asked(head[0].split()[1], {name.lower(): value.strip() for name, _, value in fields})
            self.asked.append(asked)
            page = self.pages.get(asked.path.partition("?")[0]) or Page(b"nothing here", status=404)
            page.on_ask()
            await self._answer(page, asked, writer)
        writer.transport.abort() if writer.transport.get_write_buffer_size() else writer.close()

    async def _answer(self, page: Page, asked: Asked, writer: asyncio.StreamWriter) -> None:
        status, body, headers = page.status, page.body, dict(page.headers)
        if page.etag is not None:
            headers["ETag"] = page.etag
            if asked.headers.get("if-none-match") == page.etag:
                status, body = 304, b""
        start = re.fullmatch(r"bytes=(\d+)-", asked.headers.get("range", ""))
        same = asked.headers.get("if-range") in (None, page.etag, page.headers.get("Last-Modified"))
        if start and page.ranges and same and status == 200:
            first, last = int(start[1]), len(body) - 1
            headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
            status, body = 206, body[first:]
        if not page.endless:
            headers.setdefault("Content-Length", str(len(body) if page.lies is None else page.lies))
        lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        faulty = page.faults > 0
        page.faults -= faulty
        if faulty and (most := page.cut if page.cut is not None else page.stall) is not None:
            writer.write(body[:most])
            await writer.drain()
            if page.stall is not None:
                await asyncio.Event().wait()
            return
        writer.write(body)
        await writer.drain()
        while page.endless:
            writer.write(b" " * 65536)
            await writer.drain()


@asynccontextmanager
async def web_server() -> AsyncIterator[Server]:
    """A server that runs."""
    server = Server()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await server._serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            tasks.discard(task)

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for task in list(tasks):
            task.cancel()
        while tasks:  # noqa: ASYNC110 - they end at once
            await asyncio.sleep(0)
