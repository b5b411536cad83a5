"""The sockets: the port, which follows the owner's wish, and the gateway's own Unix socket, which is always there."""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from aiohttp import web
from aiohttp.http import HttpProcessingError

from mapio_display.core.events import WebClosed, WebListening
from mapio_display.web.app import HEADERS
from mapio_display.web.errors import OUR_FAULT, error_json, malformed
from mapio_display.web.ports import StatePort

log = logging.getLogger(__name__)
http_log = logging.getLogger(f"{__name__}.http")  # what aiohttp has to say

CONNECTIONS = 512  # each costs some kilobytes, and a file descriptor of the 1024 a process has at least
BACKLOG = 256
IDLE_S = 30.0  # until a request's headers are all there, and until some of an answer is taken
HEADERS_MOST = 64  # twice what browsers send; each may have 8 kB
RETRY_S = 5.0
SHUTDOWN_S = 0.5  # for an answer that is on its way; aiohttp waits twice as long for a stream of events


class WebServer:
    """Opens the port while the web server is wanted, and closes it while it is not.

    An empty ``host`` is every address, IPv4 and IPv6; port 0, with a host, is any that is free.
    """

    def __init__(
        self,
        state: StatePort,
        app: web.Application,
        host: str,
        port: int,
        *,
        idle_s: float = IDLE_S,
        retry_s: float = RETRY_S,
        connections: int = CONNECTIONS,
        shutdown_s: float = SHUTDOWN_S,
    ) -> None:
        self._state = state
        self._app = app
        self._host = host or None
        self._port = port
        self._idle_s = idle_s
        self._retry_s = retry_s
        self._connections = connections
        self._shutdown_s = shutdown_s

    async def run(self) -> None:
        """Follow the owner's wish for ever. A port that cannot be opened is told and tried again."""
        runner = await _set_up(self._app, self._shutdown_s)
        try:
            while True:
                await self._until(wanted=True)
                server = await self._open(runner)
                if server is not None:
                    await self._serve(runner, server)
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._retry_s):
                        await self._until(wanted=False)
        finally:
            await runner.cleanup()

    async def _open(self, runner: web.AppRunner) -> asyncio.Server | None:
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                _bounded(runner, self._connections, self._idle_s),
                self._host,
                self._port,
                backlog=BACKLOG,
                reuse_address=True,
                start_serving=False,
            )
            for listener in server.sockets:  # tcp(7); what is accepted inherits it
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1000 * self._idle_s))
            await server.start_serving()
        except OSError as error:
            reason = _why_not(error, self._port)
            if self._state.snapshot.web.error != reason:
                self._state.dispatch(WebClosed(reason))
            return None
        port = server.sockets[0].getsockname()[1]
        self._state.dispatch(WebListening(port))
        return server

    async def _serve(self, runner: web.AppRunner, server: asyncio.Server) -> None:
        try:
            await self._until(wanted=False)
        finally:
            server.close()
        assert runner.server is not None
        await runner.server.shutdown(self._shutdown_s)
        self._state.dispatch(WebClosed())

    async def _until(self, *, wanted: bool) -> None:
        snapshot = self._state.snapshot
        while snapshot.web.enabled != wanted:
            snapshot = await self._state.after(snapshot)


class LocalServer:
    """The same application on a Unix socket that only root may use."""

    def __init__(self, app: web.Application, path: Path) -> None:
        self._app = app
        self._path = path

    async def run(self) -> None:
        """Serve for ever. Where the socket cannot be made, the gateway does without."""
        runner = await _set_up(self._app, SHUTDOWN_S)
        server = await self._open(runner)
        try:
            await asyncio.Event().wait()
        finally:
            if server is not None:
                server.close()
                self._path.unlink(missing_ok=True)
            await runner.cleanup()

    async def _open(self, runner: web.AppRunner) -> asyncio.Server | None:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.unlink(missing_ok=True)  # left by a daemon that was killed
            listener.bind(str(self._path))
            self._path.chmod(0o600)  # before anybody can connect: nothing listens yet
            loop = asyncio.get_running_loop()
            return await loop.create_unix_server(_bounded(runner, CONNECTIONS, IDLE_S), sock=listener, backlog=BACKLOG)
        except OSError as error:
            listener.close()
            log.error("%s cannot be opened: %s", self._path, error)
            return None


async def _set_up(app: web.Application, shutdown_s: float) -> web.AppRunner:
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=shutdown_s)
    await runner.setup()
    return runner


def _bounded(runner: web.AppRunner, most: int, idle_s: float) -> Callable[[], asyncio.Protocol]:
    """Make the protocol of a new connection, unless there are too many.

    Counted here, because aiohttp counts them when they have begun, and many come before that at once.
    """
    server, there = runner.server, 0
    assert server is not None

    def come() -> asyncio.Protocol:
        nonlocal there
        if there >= most:
            return _TurnedAway()
        there += 1
        return _Connection(server, idle_s, go)

    def go() -> None:
        nonlocal there
        there -= 1

    return come


class _Connection(web.RequestHandler):
    """A connection, with errors as the API has them also where no request reaches the application."""

    def __init__(self, server: web.Server, idle_s: float, lost: Callable[[], None]) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            logger=http_log,
            # It would have a line for each of a page's questions, with whatever is in a request line.
            access_log=None,  # type: ignore[arg-type]
            keepalive_timeout=idle_s,
            max_headers=HEADERS_MOST,
            lingering_time=0,  # linger.py does it, within bounds
            auto_decompress=False,  # a small body that unpacks to a large one is nothing we take
        )
        self._lost = lost

    def connection_lost(self, exc: BaseException | None) -> None:
        """Tell that it has ended."""
        self._lost()
        super().connection_lost(exc)

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer what is no HTTP, without a word in the log that anybody could fill so, and what is our own fault."""
        if isinstance(exc, HttpProcessingError):
            failure = malformed(exc.message)
        else:
            super().handle_error(request, status, exc, message)  # for its line in the log
            failure = OUR_FAULT
        response = error_json(failure, status)
        response.headers.update(HEADERS)
        response.force_close()
        return response

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer; one that aiohttp has made, to an expectation it does not know, becomes one of ours."""
        if isinstance(resp, web.HTTPException):
            resp = error_json(malformed(resp.reason), resp.status)
        return await super().finish_response(request, resp, start_time)


class _TurnedAway(asyncio.Protocol):
    """A connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say so and close."""
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n\r\n")
        transport.close()


def _why_not(error: OSError, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"Port {port} is in use by another program"
        case errno.EACCES:
            return f"Port {port} may not be opened without root's rights"
        case _:
            return f"Port {port} cannot be opened: {error.strerror}"
