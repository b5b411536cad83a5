"""One connection: what it may send, and when, before and while aiohttp has it.

The bounds here depend on no version of aiohttp. aiohttp is given one request at a time: a head when all of it is there,
its body when the request exists, and nothing more until that is answered.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError

from mapio_display.core.failures import Failure
from mapio_display.web.http.answers import error_json
from mapio_display.web.http.farewell import Farewell, last_answer
from mapio_display.web.http.headers import HEADERS
from mapio_display.web.http.language import Languages
from mapio_display.web.http.places import Place, Rank
from mapio_display.web.limits import Limits
from mapio_display.web.refusals import HEAD_TOO_LARGE, OUR_FAULT, malformed

http_log = logging.getLogger(f"{__name__}.http")  # what aiohttp has to say

HEAD_BYTES = 16 * 1024  # of all heads that wait on a connection: five times what a browser sends without cookies
HEADERS_MOST = 64  # twice what browsers send
DROPPED_READ = 64 * 1024  # of what is dropped
UNREAD_BYTES = 16 * 1024  # of an answer, beyond what the kernel takes

_HEAD_ENDS = re.compile(rb"\n\r?\n")
_ODD_EXPECT = re.compile(rb"(?i)\nexpect:[^\n]*[\x80-\xff]")  # aiohttp repeats it, and cannot encode what is not UTF-8
_NEVER_IN_A_HEAD = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class _Stage(Enum):
    HEAD = auto()  # waiting for a head
    PARSED = auto()  # aiohttp has the head; the request is about to exist
    BODY = auto()  # the request exists, and its body is still coming
    ANSWER = auto()  # nothing more is to be read until the answer is out


class Connection(web.RequestHandler):
    """A connection, with errors as the API has them also where no request reaches the application.

    ``idle_s`` is how long a request's head may take, counted from the connection or the answer before it, and how long
    a client may leave an answer unread; ``lost`` is called at the end.
    """

    def __init__(
        self,
        server: web.Server,
        place: Place,
        idle_s: float,
        limits: Limits,
        *,
        languages: Languages,
        lost: Callable[[], None],
    ) -> None:
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
        self._limits = limits
        self._languages = languages
        self._lost = lost
        self._stage = _Stage.HEAD
        self._head = bytearray()
        self._held = b""  # what has come too early
        self._left = 0  # of the body, in bytes
        self._drops_rest = False  # what comes after this request is not another one
        self._waiting: asyncio.Task[Any] | None = None
        self._is_taken = asyncio.Event()  # what was sent, or all but UNREAD_BYTES of it
        self._is_taken.set()
        self._head_timer: asyncio.TimerHandle | None = None
        self._answer_timer: asyncio.TimerHandle | None = None

    # What comes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(high=UNREAD_BYTES)
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Take what has come, as far as it is its turn."""
        if self._stage is _Stage.HEAD:
            self._take_head(data)
        elif self._stage is _Stage.BODY:
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
        self._stage = _Stage.BODY
        self._read_at_most(HEAD_BYTES)  # who takes a bundle takes more
        held, self._held = self._held, b""
        if held:
            self._take_body(held)
        if self._stage is _Stage.BODY and self.transport is not None:
            self.transport.resume_reading()

    def _await_head(self) -> None:
        self._stage = _Stage.HEAD
        self._set_rank(Rank.WAITING)
        self._head_timer = self._loop.call_later(self._idle_s, self._give_up)
        self._read_at_most(HEAD_BYTES + 1)
        held, self._held = self._held, b""
        if held:
            self._take_head(held)
        if self._stage is _Stage.HEAD and self.transport is not None:
            self.transport.resume_reading()

    def _take_head(self, data: bytes) -> None:
        head = self._head
        searched = max(0, len(head) - 2)
        head += data if head else data.lstrip(b"\r\n")  # RFC 9112, 2.2
        end = _HEAD_ENDS.search(head, searched)
        length = end.end() if end else len(head)
        if length > HEAD_BYTES or head.count(b"\n", 0, length) > HEADERS_MOST + 2:  # with the first line and the last
            self._refuse(HEAD_TOO_LARGE, bytes(head))
        elif end and _ODD_EXPECT.search(head, 0, length):
            self._refuse(malformed("Expect is not all ASCII"), bytes(head))
        elif end or _NEVER_IN_A_HEAD.search(head, searched):  # the other is TLS, or some such: aiohttp says what of it
            whole = bytes(head[:length])
            self._held += head[length:]
            head.clear()
            self._await_answer()
            self._stage = _Stage.PARSED
            try:
                super().data_received(whole)
            except ValueError as error:  # a target that older versions of yarl cannot take apart
                self._refuse(malformed(str(error)), whole)
        else:
            self._read_at_most(HEAD_BYTES + 1 - length)

    def _take_body(self, data: bytes) -> None:
        taken = min(self._left, len(data))
        self._left -= taken
        super().data_received(data if taken == len(data) else data[:taken])
        if self._left == 0:
            self._held += data[taken:]
            self._await_answer()

    def _await_answer(self) -> None:
        """Read no more for now, but for one byte where none is held: only by that is a client known to have gone."""
        self._stage = _Stage.ANSWER
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
        sends_on = self._held or self._drops_rest or self._stage is _Stage.BODY
        if self._place.rank is Rank.STREAM and sends_on and self.transport is not None:
            self.transport.abort()

    def _read_at_most(self, size: int) -> None:
        """Bound what asyncio takes at once."""
        if self.transport is not None and hasattr(self.transport, "max_size"):
            self.transport.max_size = size

    # What goes out

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer what is not HTTP, without a line in a log that a client could fill so, and what is our own fault."""
        if isinstance(exc, HttpProcessingError):
            failure, words = malformed(exc.message), self._languages.default  # there is no request that has headers
            self._drops_rest = True
        else:
            # Reading the body of a client that has gone raises one of these; what else does is our fault.
            if not (isinstance(exc, RuntimeError | ConnectionError) and self.transport is None):
                super().handle_error(request, status, exc, message)  # for its line in the log
            failure, words = OUR_FAULT, self._languages.of(request)
        response = error_json(failure, words, status)
        response.headers.update(HEADERS)
        response.force_close()
        return response

    def log_exception(self, *args: Any, **rest: Any) -> None:
        """Log a fault; but not that older versions of aiohttp assert that the client has not gone meanwhile."""
        if not (isinstance(rest.get("exc_info"), AssertionError) and self.transport is None):
            super().log_exception(*args, **rest)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer, then take the next request.

        An answer that aiohttp has made, to an expectation it does not know, becomes one of ours.
        """
        if isinstance(resp, web.HTTPException):
            resp = error_json(malformed(resp.reason), self._languages.of(request), resp.status)
        was_sent = resp.prepared
        drops_rest = self._drops_rest or (self._stage is _Stage.BODY and not was_sent)
        if drops_rest:
            resp.force_close()
        outcome = await super().finish_response(request, resp, start_time)  # of another type in older versions
        if self.transport is not None and not self.transport.is_closing():
            if drops_rest:
                # A browser reads no answer before it has sent all, or cannot send any more.
                # A piece of a bundle is short, and its sender asks again where the upload stands.
                limits = self._limits
                within_s = limits.piece_linger_s if request.method == "PATCH" else limits.linger_s
                self._part(b"", within_s=within_s, most=limits.linger_bytes)
            elif self._stage is _Stage.ANSWER and resp.keep_alive:
                await self._is_taken.wait()
                self._await_head()
        return outcome

    def pause_writing(self) -> None:
        """Handle a client that does not read; it may for a while."""
        super().pause_writing()
        self._is_taken.clear()
        if self._answer_timer is None and self.transport is not None:
            self._answer_timer = self._loop.call_later(self._idle_s, self.transport.abort)
        if self._place.rank is Rank.BUSY:
            self._set_rank(Rank.UNREAD)

    def resume_writing(self) -> None:
        """Handle that it reads again."""
        super().resume_writing()
        self._is_taken.set()
        self._cancel_answer_timer()
        if self._place.rank is Rank.UNREAD:
            self._set_rank(Rank.BUSY)

    @contextmanager
    def giving_way(self, rank: Rank) -> Iterator[None]:
        """Let the connection be ended for a newcomer, meanwhile.

        When it ends, from either side, so does what waits in here, with ``ConnectionResetError``: a stream of events
        that waited for the next one would stay in memory until that comes, and with it a crowd that comes again and
        again.
        """
        before = self._place.rank
        self._set_rank(rank)
        self._end_if_sending_on()
        task = self._waiting = asyncio.current_task()
        try:
            yield
        except asyncio.CancelledError:
            if task is not None and self._waiting is None and task.uncancel() == 0:
                raise ConnectionResetError("the client has gone") from None
            raise
        finally:
            self._waiting = None
            self._set_rank(before)

    # How it ends

    def connection_lost(self, exc: BaseException | None) -> None:
        """Handle its end."""
        self._cancel_timers()
        self._is_taken.set()
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.cancel()
        self._lost()
        super().connection_lost(exc)

    def _refuse(self, failure: Failure, head: bytes) -> None:
        """Refuse a request by its head, before aiohttp has it."""
        self._part(last_answer(failure, self._languages.of_head(head), as_page=b"text/html" in head))

    def _part(self, answer: bytes, **bounds: Any) -> None:
        """Leave the connection to its farewell, and aiohttp without one."""
        transport = self.transport
        assert transport is not None
        self._read_at_most(DROPPED_READ)
        self.transport = None  # or aiohttp would close it
        self._cancel_timers()
        self._head, self._held = bytearray(), b""
        self._set_rank(Rank.WAITING)
        super().connection_lost(None)
        farewell = Farewell(answer, self._lost, **bounds)
        transport.set_protocol(farewell)
        farewell.connection_made(transport)

    def _give_up(self) -> None:
        if self.transport is not None and self.transport.get_write_buffer_size():
            self.transport.abort()  # it would wait until what is unread is read
        else:
            self.force_close()

    def _cancel_timers(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        self._cancel_answer_timer()

    def _cancel_answer_timer(self) -> None:
        if self._answer_timer is not None:
            self._answer_timer.cancel()
            self._answer_timer = None

    def _set_rank(self, rank: Rank) -> None:
        self._place.rank, self._place.since = rank, self._loop.time()


def announcing(factory: Any) -> Any:
    """Aiohttp's maker of requests, which passes each of them to its connection."""

    def make(message: Any, payload: Any, protocol: Any, *rest: Any) -> web.BaseRequest:
        request: web.BaseRequest = factory(message, payload, protocol, *rest)
        protocol.request_made(request, message, payload)
        return request

    return make


@contextmanager
def giving_way(request: web.BaseRequest, rank: Rank) -> Iterator[None]:
    """Let the connection of ``request`` be ended for a newcomer, meanwhile."""
    connection = request.protocol
    if isinstance(connection, Connection):
        with connection.giving_way(rank):
            yield
    else:
        yield
