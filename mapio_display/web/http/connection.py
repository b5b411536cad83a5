"""One connection: what goes out on it, who gives way, and how it ends; what comes is read in ``incoming.py``."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError

from mapio_display.core.failures import Failure
from mapio_display.web.http.answers import error_json
from mapio_display.web.http.farewell import Farewell, last_answer
from mapio_display.web.http.head import Head
from mapio_display.web.http.headers import HEADERS
from mapio_display.web.http.incoming import Incoming, Stage
from mapio_display.web.http.language import Languages
from mapio_display.web.http.places import Place, Rank
from mapio_display.web.limits import Limits
from mapio_display.web.refusals import OUR_FAULT, malformed

DROPPED_READ = 64 * 1024  # of what is dropped
UNREAD_BYTES = 16 * 1024  # of an answer, beyond what the kernel takes


class Connection(Incoming):
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
        super().__init__(server, place, idle_s)
        self._limits = limits
        self._languages = languages
        self._lost = lost
        self._waiting: asyncio.Task[Any] | None = None
        self._is_taken = asyncio.Event()  # what was sent, or all but UNREAD_BYTES of it
        self._is_taken.set()
        self._answer_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(high=UNREAD_BYTES)
        super().connection_made(transport)

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
        drops_rest = self._drops_rest or (self._stage is Stage.BODY and not was_sent)
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
            elif self._stage is Stage.ANSWER and resp.keep_alive:
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
        self._head, self._held = Head(), b""
        self._set_rank(Rank.WAITING)
        super().connection_lost(None)
        farewell = Farewell(answer, self._lost, **bounds)
        transport.set_protocol(farewell)
        farewell.connection_made(transport)

    def _cancel_timers(self) -> None:
        super()._cancel_timers()
        self._cancel_answer_timer()

    def _cancel_answer_timer(self) -> None:
        if self._answer_timer is not None:
            self._answer_timer.cancel()
            self._answer_timer = None


@contextmanager
def giving_way(request: web.BaseRequest, rank: Rank) -> Iterator[None]:
    """Let the connection of ``request`` be ended for a newcomer, meanwhile."""
    connection = request.protocol
    if isinstance(connection, Connection):
        with connection.giving_way(rank):
            yield
    else:
        yield
