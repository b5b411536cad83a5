"""A small HTTP client on a bare socket, so that a test can send what no well-behaved client would."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from mapio_display.web.http.server import close

PATIENCE_S = 20.0
BOUNDARY = "a-boundary"
CUT_AFTER = 700_000  # bytes of the first piece


@dataclass(frozen=True)
class Answer:
    """What came back; header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The error's code."""
        return str(self.json["error"]["code"])

    @property
    def message(self) -> str:
        """The error's message."""
        return str(self.json["error"]["message"])


class Connection:
    """One TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, content: bytes) -> None:
        """Send bytes."""
        async with asyncio.timeout(PATIENCE_S):
            self.writer.write(content)
            await self.writer.drain()

    async def head(self) -> tuple[int, dict[str, str]]:
        """Read a status line and headers."""
        async with asyncio.timeout(PATIENCE_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields: dict[str, str] = {}
        for line in filter(None, head[1:]):
            name, _, value = line.partition(":")
            fields[name.lower()] = "\n".join(filter(None, (fields.get(name.lower()), value.strip())))
        return int(head[0].split()[1]), fields

    async def answer(self) -> Answer:
        """Read one whole answer."""
        status, headers = await self.head()
        async with asyncio.timeout(PATIENCE_S):
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return Answer(status, headers, body)

    async def closed(self) -> bool:
        """Wait for the server to close; says whether nothing but that came."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                return await self.reader.read() == b""
            except ConnectionResetError:
                return True

    def cut(self) -> None:
        """End the connection without a word."""
        self.writer.transport.abort()


@asynccontextmanager
async def connected(port: int, address: str = "127.0.0.1") -> AsyncIterator[Connection]:
    """A connection to 127.0.0.1, from an address that this host has too."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20, local_addr=(address, 0))
    try:
        yield Connection(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def bad_network(port: int) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A way to ``port`` that is cut once in the middle of a piece; gives its port, and the methods that passed."""
    passed: list[bytes] = []
    cut = False

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal cut
        there, back = await asyncio.open_connection("127.0.0.1", port)

        async def answers() -> None:
            while content := await there.read(65536):
                writer.write(content)
            writer.close()

        async with asyncio.TaskGroup() as group:
            answering = group.create_task(answers())
            first, sent = b"", 0
            while content := await reader.read(65536):
                if content.startswith((b"POST", b"HEAD", b"PATCH")):
                    first, sent = content.split(b" ")[0], 0
                    passed.append(first)
                sent += len(content)
                back.write(content)
                await back.drain()
                if first == b"PATCH" and sent > CUT_AFTER and not cut:
                    cut = True
                    break
            answering.cancel()
        back.transport.abort()
        writer.transport.abort()

    server = await asyncio.start_server(carry, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], passed
    finally:
        await close(server)


def request(method: str, path: str, port: int, headers: Mapping[str, str], length: int | None) -> bytes:
    """The head of a request."""
    fields = {"Host": f"127.0.0.1:{port}", **headers}
    if length is not None:
        fields["Content-Length"] = str(length)
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items() if value)]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")


async def ask(
    port: int, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", json: Any = None
) -> Answer:
    """Send one request and read its answer."""
    fields = dict(headers or {})
    if json is not None:
        body = _dumps(json)
        fields["Content-Type"] = "application/json"
    async with connected(port) as connection:
        length = len(body) if body or method == "POST" else None
        await connection.send(request(method, path, port, fields, length) + body)
        if method == "HEAD":
            return Answer(*await connection.head(), b"")
        return await connection.answer()


def form(content: bytes, *, filename: str = "good.raucb", field: str = "bundle") -> tuple[dict[str, str], bytes]:
    """A multipart form with a file, as its header and its body."""
    head = f'Content-Disposition: form-data; name="{field}"; filename="{filename}"'
    start = f"--{BOUNDARY}\r\n{head}\r\nContent-Type: application/octet-stream\r\n\r\n".encode()
    end = f"\r\n--{BOUNDARY}--\r\n".encode()
    return {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, start + content + end


def _dumps(content: Any) -> bytes:
    return json.dumps(content).encode()
