"""The body of a request, where aiohttp's own way with it does not do."""

import asyncio
from contextlib import suppress

from aiohttp import web

from mapio_display.errors import Refused
from mapio_display.transfer.stream import SocketStream
from mapio_display.web.http.connection import giving_way
from mapio_display.web.http.places import Rank
from mapio_display.web.refusals import malformed

SMALL_BYTES = 4096
KEYS_BYTES = 32 * 1024  # a file of public keys; a private one that is sent by mistake gets its own answer then


def take_over(request: web.Request, stall_s: float) -> SocketStream:
    """What is left of the body, whose length is known, straight from its socket.

    aiohttp never sees the end of it, so the connection is good for no other request.
    """
    transport, content = request.transport, request.content
    first, connection = [], None
    with suppress(OSError, web.RequestPayloadError):  # the connection has ended
        while piece := content.read_nowait():  # what aiohttp has; to make room for more it may read on
            first.append(piece)
        if transport is not None and not content.is_eof():
            transport.pause_reading()
            connection = transport.get_extra_info("socket").dup()
    left = (request.content_length or 0) - content.total_bytes + sum(map(len, first))
    return SocketStream(connection, first, left, stall_s, asyncio.get_running_loop().time)


async def read_small(request: web.Request, within_s: float) -> None:
    """Wait for a body of ``SMALL_BYTES`` at the most, which the handler then finds there; raises ``Refused``.

    Who is answered before its body has come may find the connection closed, and never read the answer.
    """
    try:
        with giving_way(request, Rank.SENDING):
            async with asyncio.timeout(within_s):
                await request.read()
    except (OSError, web.RequestPayloadError) as error:  # a time-out is one of the first
        raise Refused(malformed("the body did not come in")) from error
