"""What a client may send on a connection, and when.

The bounds here depend on no version of aiohttp.
"""

import asyncio
import logging
from enum import Enum, auto
from typing import Any

from aiohttp import web

from mapio_display.core.failures import Failure
from mapio_display.web.http.head import HEAD_BYTES, Head
from mapio_display.web.http.places import Place, Rank
from mapio_display.web.refusals import malformed

http_log = logging.getLogger(f"{__name__}.http")  # what aiohttp has to say


class Stage(Enum):
    """Whose turn it is."""

    HEAD = auto()  # waiting for a head
    PARSED = auto()  # aiohttp has the head; the request is about to exist
    BODY = auto()  # the request exists, and its body is still coming
    ANSWER = auto()  # nothing more is to be read until the answer is out


class Incoming(web.RequestHandler):
    """A connection's reading side: aiohttp is given one request at a time, and nothing more until that is answered.

    A head is given when all of it is there, and its body when the request exists. ``idle_s`` is how long a head may
    take, counted from the connection or the answer before it.
    """

    def __init__(self, server: web.Server, place: Place, idle_s: float) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            logger=http_log,
            # It would have a line for each of a page's questions, with whatever is in a request line.
            access_log=None,  # type: ignore[arg-type]
            keepalive_timeout=2 * idle_s,  # the timer here is first
            max_line_size=HEAD_BYTES,
            max_field_size=HEAD_BYTES,
            read_bufsize=HEAD_BYTES // 2,
            lingering_time=0,  # farewell.py does it, within bounds
            auto_decompress=False,  # a small body that unpacks to a large one is nothing we take
        )
        self._place = place
        self._idle_s = idle_s
        self._stage = Stage.HEAD
        self._head = Head()
        self._held = b""  # what has come too early
        self._left = 0  # of the body, in bytes
        self._drops_rest = False  # what comes after this request is not another one
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Take what has come, as far as it is its turn."""
        if self._stage is Stage.HEAD:
            self._take_head(data)
        elif self._stage is Stage.BODY:
            self._take_body(data)
        else:
            self._hold(data)

    def request_made(self, request: web.BaseRequest, message: Any, payload: Any) -> None:
        """Handle that ``request`` exists, made of aiohttp's ``message`` and ``payload``: its body may come."""
        self._cancel_timers()
        self._set_rank(Rank.BUSY)
        if message.chunked or message.upgrade or message.method == "CONNECT":
            # The application refuses the first; what follows the others, aiohttp would keep as another protocol's.
            self._left, self._drops_rest = 0, True
        else:
            self._left = 0 if payload.is_eof() else request.content_length or 0
        if self._left == 0:
            self._await_answer()
            return
        self._stage = Stage.BODY
        self._read_at_most(HEAD_BYTES)  # who takes a bundle takes more
        held, self._held = self._held, b""
        if held:
            self._take_body(held)
        if self._stage is Stage.BODY and self.transport is not None:
            self.transport.resume_reading()

    def _await_head(self) -> None:
        self._stage = Stage.HEAD
        self._set_rank(Rank.WAITING)
        self._head_timer = self._loop.call_later(self._idle_s, self._give_up)
        self._read_at_most(HEAD_BYTES + 1)
        held, self._held = self._held, b""
        if held:
            self._take_head(held)
        if self._stage is Stage.HEAD and self.transport is not None:
            self.transport.resume_reading()

    def _take_head(self, data: bytes) -> None:
        taken = self._head.take(data)
        if taken is None:
            self._read_at_most(self._head.room)
        elif taken.refused is not None:
            self._refuse(taken.refused, taken.head)
        else:
            self._held += taken.rest
            self._await_answer()
            self._stage = Stage.PARSED
            try:
                super().data_received(taken.head)
            except ValueError as error:  # a target that older versions of yarl cannot take apart
                self._refuse(malformed(str(error)), taken.head)

    def _take_body(self, data: bytes) -> None:
        taken = min(self._left, len(data))
        self._left -= taken
        super().data_received(data if taken == len(data) else data[:taken])
        if self._left == 0:
            self._held += data[taken:]
            self._await_answer()

    def _await_answer(self) -> None:
        """Read no more for now, but for one byte where none is held: only by that is a client known to have gone."""
        self._stage = Stage.ANSWER
        self._read_at_most(1)
        if self._held and self.transport is not None:
            self.transport.pause_reading()

    def _hold(self, data: bytes) -> None:
        self._held += data
        if self.transport is not None:
            self.transport.pause_reading()
        self._end_if_sending_on()

    def _end_if_sending_on(self) -> None:
        """End a stream of events whose client has sent more: read or not, it would hide that the client has gone."""
        sends_on = self._held or self._drops_rest or self._stage is Stage.BODY
        if self._place.rank is Rank.STREAM and sends_on and self.transport is not None:
            self.transport.abort()

    def _read_at_most(self, size: int) -> None:
        """Bound what asyncio takes at once."""
        if self.transport is not None and hasattr(self.transport, "max_size"):
            self.transport.max_size = size

    def _refuse(self, failure: Failure, head: bytes) -> None:
        """Refuse a request by its head, before aiohttp has it."""
        raise NotImplementedError

    def _give_up(self) -> None:
        """End a connection whose head takes too long."""
        if self.transport is not None and self.transport.get_write_buffer_size():
            self.transport.abort()  # it would wait until what is unread is read
        else:
            self.force_close()

    def _cancel_timers(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _set_rank(self, rank: Rank) -> None:
        self._place.rank, self._place.since = rank, self._loop.time()


def announcing(factory: Any) -> Any:
    """Aiohttp's maker of requests, which passes each of them to its connection."""

    def make(message: Any, payload: Any, protocol: Any, *rest: Any) -> web.BaseRequest:
        request: web.BaseRequest = factory(message, payload, protocol, *rest)
        protocol.request_made(request, message, payload)
        return request

    return make
