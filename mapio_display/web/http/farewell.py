"""The last answer of a connection, written without aiohttp, so that it reaches a client which is still sending.

A connection closed with bytes unread is reset, and a reset can take the answer away from a client that has not read it
yet (RFC 9112, 9.6). So our end is closed first, and what still comes is dropped, for a while.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import ClassVar

from mapio_display.core.failures import Failure
from mapio_display.web.http.answers import error_json
from mapio_display.web.http.headers import HEADERS
from mapio_display.web.http.language import Languages
from mapio_display.web.templates import render
from mapio_display.words.catalogue import Words

TURN_S = 0.00025
SHORT_S, SHORT_BYTES = 5.0, 4 * 1024 * 1024  # for what should have been a short request


def last_answer(failure: Failure, words: Words, *, as_page: bool) -> bytes:
    """The failure as a whole HTTP answer, after which the connection ends."""
    response = error_json(failure, words)
    body, kind = response.body, response.headers["Content-Type"]
    if as_page:
        body = render("farewell", words, message=words.say(failure.message)).encode()
        kind = "text/html; charset=utf-8"
    assert isinstance(body, bytes)
    fields = {
        **response.headers,
        **HEADERS,
        "Content-Type": kind,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Connection": "close",
    }
    lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Farewell(asyncio.Protocol):
    """The rest of a connection: sends ``answer``, drops what comes, and ends when the client does.

    It ends also after ``within_s`` seconds or ``most`` bytes. An empty answer is one that has been sent already.
    ``lost`` is called at the end. All of them together read once in ``TURN_S``: the bytes of a crowd cost no other
    client its answer, and a single sender is hardly slowed.
    """

    _open: ClassVar[int] = 0

    def __init__(
        self, answer: bytes, lost: Callable[[], None], *, within_s: float = SHORT_S, most: int = SHORT_BYTES
    ) -> None:
        self._answer = answer
        self._lost = lost
        self._within_s = within_s
        self._left = most
        self._timer: asyncio.TimerHandle | None = None
        self._turn: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        Farewell._open += 1
        self._timer = asyncio.get_running_loop().call_later(self._within_s, transport.abort)
        self.begin(transport)
        transport.resume_reading()

    def begin(self, transport: asyncio.Transport) -> None:
        """Send the answer."""
        self.send(transport, self._answer)

    def send(self, transport: asyncio.Transport, answer: bytes) -> None:
        """Send an answer, and with it our end."""
        transport.write(answer)
        with suppress(OSError):  # the client has reset the connection
            transport.write_eof()

    def data_received(self, data: bytes) -> None:
        """Drop what the client sends."""
        self._left -= len(data)
        if self._transport is None:
            return
        if self._left < 0:
            self._transport.abort()
            return
        self._transport.pause_reading()
        self._turn = asyncio.get_running_loop().call_later(Farewell._open * TURN_S, self._transport.resume_reading)

    def connection_lost(self, exc: Exception | None) -> None:
        """Handle the end of the connection."""
        Farewell._open -= 1
        for timer in (self._timer, self._turn):
            if timer is not None:
                timer.cancel()
        self._transport = None
        self._lost()


class TurnedAway(Farewell):
    """A connection without a place. It is answered when it asks, as a page or for a script."""

    def __init__(self, failure: Failure, languages: Languages, lost: Callable[[], None]) -> None:
        super().__init__(b"", lost)
        self._failure: Failure | None = failure
        self._languages = languages

    def begin(self, transport: asyncio.Transport) -> None:
        """Wait for the request."""

    def data_received(self, data: bytes) -> None:
        """Answer the first that comes, and drop the rest."""
        if self._failure is not None and self._transport is not None:
            words = self._languages.of_head(data)
            self.send(self._transport, last_answer(self._failure, words, as_page=b"text/html" in data))
            self._failure = None
        super().data_received(data)
