"""wpa_supplicant's control interface: requests and events, a datagram each, on a Unix socket (wpa_ctrl(3), wpa_ctrl.h).

The socket of an interface is in the folder that ``ctrl_interface`` names in its file. A request is answered by one
datagram; an event begins with its level in angle brackets. One that is too long for a datagram is cut.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from mapio_display.errors import WpaError

ANSWER_S = 5.0
LONGEST = 8192  # bytes; wpa_supplicant's own buffer for an answer has 4096
MOST_EVENTS = 200

_log = logging.getLogger(__name__)


class Control(asyncio.DatagramProtocol):
    """One connection to the wpa_supplicant of an interface, attached to its events. ``control`` opens one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._transport: asyncio.DatagramTransport | None = None
        self._answer: asyncio.Future[str] | None = None
        self._turn = asyncio.Lock()
        self._lost: str | None = None
        self._events: asyncio.Queue[str | None] = asyncio.Queue(MOST_EVENTS)

    async def ask(self, request: str, *, patience_s: float = ANSWER_S) -> str:
        """Send a request, and give the answer without its line end. Raises ``WpaError``, after which all others do."""
        async with self._turn:
            if self._lost is not None or self._transport is None:
                raise WpaError(self._lost or f"{self._path}: not connected")
            self._answer = asyncio.get_running_loop().create_future()
            self._transport.sendto(request.encode("ascii"))
            try:
                async with asyncio.timeout(patience_s):
                    return (await self._answer).rstrip("\n")
            except TimeoutError as error:  # an answer that comes later would be taken for the next one's
                self._lose(f"{self._path}: no answer within {patience_s:g} s")
                raise WpaError(str(self._lost)) from error
            finally:
                self._answer = None

    async def do(self, request: str) -> None:
        """Send a request that is answered by OK. Raises ``WpaError``."""
        if (answer := await self.ask(request)) != "OK":
            raise WpaError(f"{request.partition(' ')[0]}: {answer[:100]}")

    def send(self, request: str) -> None:
        """Send a request at the last moment, when no answer can be waited for."""
        if self._transport is not None:
            self._transport.sendto(request.encode("ascii"))

    async def event(self) -> str:
        """Wait for the next event, and give it without its level. Raises ``WpaError`` when the connection is lost."""
        event = None if self._lost is not None and self._events.empty() else await self._events.get()
        if event is None:
            raise WpaError(str(self._lost))
        return event

    def close(self) -> None:
        """Close the socket; an answer or an event that is waited for raises ``WpaError``."""
        self._lose(f"{self._path}: closed")
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Take an event or an answer."""
        text = data[:LONGEST].decode("utf-8", "replace")
        if text.startswith("<"):
            event = text.partition(">")[2].strip()
            if event.startswith("CTRL-EVENT-TERMINATING"):
                self._lose(f"{self._path}: wpa_supplicant ends")
            else:
                self._put(event)
        elif self._answer is not None and not self._answer.done():
            self._answer.set_result(text)

    def error_received(self, exc: Exception) -> None:
        """Record that the other end no longer receives."""
        self._lose(f"{self._path}: {exc.strerror if isinstance(exc, OSError) else exc}")

    def _put(self, event: str | None) -> None:
        if self._events.full():
            _log.warning("wpa_supplicant sends events faster than they are handled; one is lost")
            self._events.get_nowait()
        self._events.put_nowait(event)

    def _lose(self, why: str) -> None:
        if self._lost is not None:
            return
        self._lost = why
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(WpaError(why))
        self._put(None)


@asynccontextmanager
async def control(path: Path) -> AsyncIterator[Control]:
    """Connect to the socket at ``path`` and attach to its events. Raises ``WpaError``."""
    own = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        own.bind("")  # to a name of its own, which goes with it (unix(7), autobind)
        own.connect(str(path))  # and from then on it receives from there only
    except OSError as error:
        own.close()
        raise WpaError(f"{path}: {error.strerror}") from error
    _, opened = await asyncio.get_running_loop().create_datagram_endpoint(lambda: Control(path), sock=own)
    try:
        await opened.do("ATTACH")
        yield opened
    finally:
        opened.close()
