"""An answer that reaches a client which is still sending."""

import asyncio
from contextlib import suppress

from aiohttp import web

from mapio_display.web.body import rest_of
from mapio_display.web.connection import giving_way
from mapio_display.web.limits import Limits
from mapio_display.web.places import Rank


async def linger(request: web.Request, response: web.Response, limits: Limits) -> web.Response:
    """Send the answer now, and if the body has not all come in, read on for a while before the connection closes.

    A connection closed with bytes unread is reset, and a reset can take the answer away from who has not read it yet
    (RFC 9112, 9.6). A browser reads no answer before it has sent all, or cannot send any more.
    """
    body = rest_of(request)
    if body.is_whole:
        return response
    response.force_close()
    with giving_way(request, Rank.SENDING), suppress(ConnectionError, TimeoutError, web.RequestPayloadError):
        async with asyncio.timeout(limits.linger_s):
            await response.prepare(request)
            await response.write_eof()
            left = limits.linger_bytes
            while left > 0 and (pieces := await body.read(limits.linger_s)):
                left -= sum(map(len, pieces))
    return response
