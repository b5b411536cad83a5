"""A low-water mark on a socket: the kernel gathers bytes before it wakes the event loop for them.

At the pace of a network, bytes come in by the few kilobytes, and waking for each of them costs more than storing them.
"""

import asyncio
import socket
from collections.abc import Awaitable
from contextlib import suppress

MARK = 256 * 1024
TAIL = 4 * 1024 * 1024  # more than all that can lie between the socket and who counts what was received
GATHER_S = 0.25  # what has come by then is taken, however little: a slow sender is no silent one


class LowWater:
    """``SO_RCVLOWAT`` (socket(7)) of one upload: high in its midst, and 1 at its end, where fewer bytes than that come.

    ``length`` is that of the request's body, in bytes. A connection that ends wakes the loop in any case.
    """

    def __init__(self, transport: asyncio.Transport | None, length: int) -> None:
        self._socket = transport.get_extra_info("socket") if transport is not None else None
        self._loop = asyncio.get_running_loop()
        self._left = length
        self._mark = 1

    async def gather(self, reading: Awaitable[bytes], stall_s: float) -> bytes:
        """Await the body's next bytes; raises ``TimeoutError`` when none have come for ``stall_s`` seconds."""
        timer = self._loop.call_later(GATHER_S, self._set, 1)
        try:
            async with asyncio.timeout(stall_s):
                chunk = await reading
        finally:
            timer.cancel()
        self._left -= len(chunk)
        self._set(MARK if self._left > TAIL else 1)
        return chunk

    def end(self) -> None:
        """Let the connection be as it was."""
        self._set(1)

    def _set(self, mark: int) -> None:
        if mark != self._mark and self._socket is not None:
            self._mark = mark
            with suppress(OSError):  # the connection has ended
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, mark)
