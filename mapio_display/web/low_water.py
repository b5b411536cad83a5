"""A low-water mark on a socket: the kernel gathers bytes before it wakes the event loop for them.

At the pace of a network, bytes come in by the few kilobytes, and waking for each of them costs more than storing them.
"""

import asyncio
import socket
from contextlib import suppress

MARK = 256 * 1024
TAIL = 4 * 1024 * 1024  # more than all that can lie between the socket and who counts what was received


class LowWater:
    """``SO_RCVLOWAT`` (socket(7)) of one upload: high in its midst, and 1 at its end, where fewer bytes than that come.

    A connection that ends wakes the loop in any case.
    """

    def __init__(self, transport: asyncio.Transport | None) -> None:
        self._socket = transport.get_extra_info("socket") if transport is not None else None
        self._mark = 1
        self._received = 0
        self._slow = False

    def received(self, size: int, of: int) -> None:
        """Count so many bytes more ``of`` a body."""
        self._received += size
        self._set(MARK if not self._slow and of - self._received > TAIL else 1)

    def open(self) -> None:
        """Take every byte as it comes from now on: the sender is so slow that gathering would look like silence."""
        self._slow = True
        self._set(1)

    def _set(self, mark: int) -> None:
        if mark != self._mark and self._socket is not None:
            self._mark = mark
            with suppress(OSError):  # the connection has ended
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, mark)
