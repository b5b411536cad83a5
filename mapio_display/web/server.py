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
from mapio_display.web.ports import StatePort

log = logging.getLogger(__name__)
http_log = logging.getLogger(f"{__name__}.http")  # what aiohttp has to say

CONNECTIONS = 512  # each costs some kilobytes, and a file descriptor of the 1024 a process has at least
BACKLOG = 256
IDLE_S = 30.0  # until a request's headers are all there
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
    ) -> None:
        self._state = state
        self._app = app
        self._host = host or None
        self._port = port
        self._idle_s = idle_s
        self._retry_s = retry_s
        self._connections = connections

    async def run(self) -> None:
        """Follow the owner's wish for ever. A port that cannot be opened is told and tried again."""
        runner = await _set_up(self._app, self._idle_s)
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
                _bounded(runner, self._connections), self._host, self._port, backlog=BACKLOG, reuse_address=True
            )
        except OSError as error:
            reason = _why_not(error, self._port)
            if self._state.snapshot.web.error != reason:
                log.error("The web server cannot be opened: %s", reason)
                self._state.dispatch(WebClosed(reason))
            return None
        port = server.sockets[0].getsockname()[1]
        log.info("The web server listens on port %d", port)
        self._state.dispatch(WebListening(port))
        return server

    async def _serve(self, runner: web.AppRunner, server: asyncio.Server) -> None:
        try:
            await self._until(wanted=False)
        finally:
            server.close()
        assert runner.server is not None
        await runner.server.shutdown(SHUTDOWN_S)
        log.info("The web server is off")
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
        runner = await _set_up(self._app, IDLE_S)
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
            return await loop.create_unix_server(_bounded(runner, CONNECTIONS), sock=listener, backlog=BACKLOG)
        except OSError as error:
            listener.close()
            log.error("%s cannot be opened: %s", self._path, error)
            return None


async def _set_up(app: web.Application, idle_s: float) -> web.AppRunner:
    http_log.addFilter(_no_malformed_request)
    runner = web.AppRunner(
        app,
        logger=http_log,
        handle_signals=False,
        # No access log: it would have a line for each of a page's questions, with whatever is in a request line.
        access_log=None,
        shutdown_timeout=SHUTDOWN_S,
        keepalive_timeout=idle_s,
        lingering_time=0,  # linger.py does it, within bounds
        auto_decompress=False,  # a small body that unpacks to a large one is nothing we take
    )
    await runner.setup()
    return runner


def _no_malformed_request(record: logging.LogRecord) -> bool:
    """Keep out of the log what anybody on the network could fill it with: bytes that are no HTTP."""
    return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)


def _bounded(runner: web.AppRunner, most: int) -> Callable[[], asyncio.Protocol]:
    """Make aiohttp's protocol for a new connection, unless there are too many."""

    def connection() -> asyncio.Protocol:
        server = runner.server
        assert server is not None
        return server() if len(server.connections) < most else _TurnedAway()

    return connection


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
