"""The body of an upload, straight from its socket.

At the pace of a network, bytes come in by the few kilobytes, and waking anybody for each of them costs more than
storing them. So the kernel gathers some before it wakes the event loop (a low-water mark, SO_RCVLOWAT of socket(7)),
and this gathers more before it wakes who reads. Nor do they take aiohttp's way, which copies them: as it hands a
WebSocket's bytes to their reader, its connection hands these on as they came.
"""

import asyncio
import socket
from contextlib import suppress
from typing import Any

from aiohttp import StreamReader, web

MARK = 512 * 1024
BATCH = 2 * 1024 * 1024
TAIL = BATCH + 2 * MARK  # nearer to its end, a body may hold less than the mark that the kernel has not handed on
GATHER_S = 0.25  # what has come by then is taken, however little: a slow sender is no silent one


class Body:
    """What is left of the body of ``request``, whose length is known.

    aiohttp never sees its end, so the connection is good for no other request.
    """

    def __init__(self, request: web.BaseRequest) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport = request.transport
        self._socket = transport.get_extra_info("socket") if transport is not None else None
        self._pieces: list[bytes] = []
        self._held = 0
        self._worth_it = asyncio.Event()
        self._hurries = False
        self._lost = transport is None
        self._mark = 1
        try:
            while piece := request.content.read_nowait():  # what aiohttp has by now
                self._keep(piece)
        except (OSError, web.RequestPayloadError):  # the connection has ended, in whatever way
            self._lost = True
        self._left = (request.content_length or 0) - request.content.total_bytes
        if transport is not None and hasattr(transport, "max_size"):
            # What asyncio takes at once. By default that is less than the mark, and what is left would not wake it.
            transport.max_size = MARK
        request.protocol.set_parser(self)  # type: ignore[arg-type]

    @property
    def is_whole(self) -> bool:
        """Whether nothing of it is still to come."""
        return self._left == 0

    async def read(self, stall_s: float) -> list[bytes]:
        """Give what has come, in pieces; none at the end.

        Raises ``TimeoutError`` when nothing has come for ``stall_s`` seconds, ``ConnectionError`` when nothing will.
        """
        if self._held < BATCH and self._left and not self._lost:
            self._set_mark(MARK if self._left > TAIL else 1)
            self._worth_it.clear()
            timer = self._loop.call_later(GATHER_S, self._hurry)
            try:
                async with asyncio.timeout(stall_s):
                    await self._worth_it.wait()
            finally:
                timer.cancel()
                self._hurries = False
        if self._lost and not self._pieces:
            raise ConnectionResetError("the sender is gone")
        pieces, self._pieces, self._held = self._pieces, [], 0
        if self._transport is not None and self._left:
            self._transport.resume_reading()
        return pieces

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Take what has come; for aiohttp, which hears that it is not the end and nothing is left over."""
        data = data[: self._left]
        self._left -= len(data)
        if data:
            self._keep(data)
        if self._transport is not None and self._held > BATCH:
            self._transport.pause_reading()
        if self._held >= BATCH or self._hurries or not self._left:
            self._worth_it.set()
        return False, b""

    def feed_eof(self) -> None:
        """Hear from aiohttp that the connection has ended."""
        self._lost = self._left > 0
        self._worth_it.set()

    def _keep(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._held += len(piece)

    def _hurry(self) -> None:
        self._hurries = True
        self._set_mark(1)
        if self._held:
            self._worth_it.set()

    def _set_mark(self, mark: int) -> None:
        if mark != self._mark and self._socket is not None:
            self._mark = mark
            with suppress(OSError):  # the connection has ended
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, mark)


class UntoldBody:
    """The same for a body whose length nobody has told, or that is there already: aiohttp takes it apart."""

    def __init__(self, content: StreamReader) -> None:
        self._content = content

    @property
    def is_whole(self) -> bool:
        """Whether nothing of it is still to come."""
        return self._content.is_eof()

    async def read(self, stall_s: float) -> list[bytes]:
        """Give what has come, as ``Body`` does; raises ``RequestPayloadError`` too, for what is no body."""
        async with asyncio.timeout(stall_s):
            piece = await self._content.readany()
        return [piece] if piece else []


# Newer versions of aiohttp have keys of their own, and warn of a plain one; 3.9 to 3.13 have no others.
_KEY: Any = web.RequestKey("body") if hasattr(web, "RequestKey") else "mapio-body"


def body_of(request: web.Request) -> Body | UntoldBody:
    """The rest of a request's body, from now on to be read in this way only."""
    body: Body | UntoldBody | None = request.get(_KEY)
    if body is None:
        told = request.content_length is not None and not request.content.is_eof()
        body = request[_KEY] = Body(request) if told else UntoldBody(request.content)
    return body


async def close_if_spent(request: web.Request, response: web.StreamResponse) -> None:
    """Say with the answer that the connection takes no other request, where aiohttp has not seen this one's end."""
    if isinstance(request.get(_KEY), Body):
        response.force_close()
        response.headers["Connection"] = "close"
