"""The sockets: the port, which follows the owner's wish, and the gateway's own Unix socket, which is always there."""

import asyncio
import errno
import logging
import socket
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from mapio_display.core.facts.web import WebClosed, WebListening
from mapio_display.core.message import Message, message
from mapio_display.core.protocols import until
from mapio_display.web.http.entrance import Calm, Entrance
from mapio_display.web.http.incoming import announcing
from mapio_display.web.http.language import Languages
from mapio_display.web.http.places import Places
from mapio_display.web.limits import Limits
from mapio_display.web.ports import StatePort

log = logging.getLogger(__name__)

CONNECTIONS = 192  # each may take 100 kB, and a file descriptor of the 1024 that a process has at least
CONNECTIONS_EACH = 24  # of one address: a browser has seven at most
BACKLOG = 256
IDLE_S = 30.0  # until a request's head is all there, and until some of an answer is taken
SEND_BUFFER = 64 * 1024  # the kernel's, for an answer; by itself it grows to megabytes for a client that does not read
RETRY_S = 5.0
SHUTDOWN_S = 0.5  # for an answer that is on its way; aiohttp waits twice as long for a stream of events
CALM_S = 5.0  # after many connections have ended, until their memory goes back
LIMITS = Limits()
LANGUAGES = Languages()


class WebServer:
    """Opens the port while the web server is wanted, and closes it while it is not.

    An empty ``host`` is every address, IPv4 and IPv6; port 0, with a host, is any that is free. ``proxies`` are
    addresses or networks from which the connections of many clients come.
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
        connections_each: int = CONNECTIONS_EACH,
        shutdown_s: float = SHUTDOWN_S,
        calm_s: float = CALM_S,
        limits: Limits = LIMITS,
        languages: Languages = LANGUAGES,
        proxies: Collection[str] = (),
    ) -> None:
        self._state = state
        self._app = app
        self._host = host or None
        self._port = port
        self._idle_s = idle_s
        self._retry_s = retry_s
        self._connections = connections
        self._connections_each = connections_each
        self._shutdown_s = shutdown_s
        self._calm_s = calm_s
        self._limits = limits
        self._languages = languages
        self._proxies = proxies

    async def run(self) -> None:
        """Follow the owner's wish, endlessly. A port that cannot be opened is reported and tried again."""
        runner = await _set_up(self._app, self._shutdown_s)
        assert runner.server is not None
        calm = Calm(self._calm_s)
        places = Places(self._connections, self._connections_each, calm.count)
        entrance = Entrance(
            runner.server, places, self._idle_s, self._limits, languages=self._languages, proxies=self._proxies
        )
        try:
            while True:
                await self._until(wanted=True)
                server = await self._open(entrance)
                if server is not None:
                    await self._serve(runner.server, server, entrance)
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._retry_s):
                        await self._until(wanted=False)
        finally:
            calm.stop()
            await runner.cleanup()
            entrance.end_all()

    async def _open(self, entrance: Entrance) -> asyncio.Server | None:
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                entrance.arrival,
                self._host,
                self._port,
                backlog=BACKLOG,
                reuse_address=True,
                start_serving=False,
            )
            for listener in server.sockets:  # tcp(7); what is accepted inherits it
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1000 * self._idle_s))
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            await server.start_serving()
        except OSError as error:
            reason = _why_not(error, self._port)
            if self._state.snapshot.web.error != reason:
                self._state.dispatch(WebClosed(reason))
            return None
        port = server.sockets[0].getsockname()[1]
        self._state.dispatch(WebListening(port))
        return server

    async def _serve(self, handlers: web.Server, server: asyncio.Server, entrance: Entrance) -> None:
        try:
            await self._until(wanted=False)
        finally:
            await close(server)
        await handlers.shutdown(self._shutdown_s)
        entrance.end_all()
        self._state.dispatch(WebClosed())

    async def _until(self, *, wanted: bool) -> None:
        await until(self._state, lambda snapshot: snapshot.web.enabled == wanted)


class LocalServer:
    """The same application on a Unix socket that only root may use."""

    def __init__(self, app: web.Application, path: Path, languages: Languages = LANGUAGES) -> None:
        self._app = app
        self._path = path
        self._languages = languages

    async def run(self) -> None:
        """Serve, endlessly. Where the socket cannot be made, the gateway does without."""
        runner = await _set_up(self._app, SHUTDOWN_S)
        assert runner.server is not None
        entrance = Entrance(runner.server, Places(CONNECTIONS, CONNECTIONS), IDLE_S, LIMITS, languages=self._languages)
        server = await self._open(entrance)
        try:
            await asyncio.Event().wait()
        finally:
            if server is not None:
                self._path.unlink(
                    missing_ok=True
                )  # first: at the daemon's end a second cancellation may cut off the rest
                await close(server)
            await runner.cleanup()
            entrance.end_all()

    async def _open(self, entrance: Entrance) -> asyncio.Server | None:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.unlink(missing_ok=True)  # left by a daemon that was killed
            listener.bind(str(self._path))
            self._path.chmod(0o600)  # before a client can connect: nothing listens yet
            loop = asyncio.get_running_loop()
            return await loop.create_unix_server(entrance.arrival, sock=listener, backlog=BACKLOG)
        except OSError as error:
            listener.close()
            log.error("%s cannot be opened: %s", self._path, error)
            return None


async def close(server: asyncio.Server) -> None:
    """Close a server and what it listens on; the connections that it has accepted by now begin first.

    asyncio forgets one that it accepted in the same turn of the loop: it never begins, so it never ends either, and its
    socket stays open until the garbage collector finds it (python/cpython#109564).
    """
    for listener in server.sockets:
        asyncio.get_running_loop().remove_reader(listener.fileno())
    for _ in range(2):  # until asyncio has made the connection, and until it has begun
        await asyncio.sleep(0)
    server.close()


async def _set_up(app: web.Application, shutdown_s: float) -> web.AppRunner:
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=shutdown_s)
    await runner.setup()
    assert runner.server is not None
    runner.server.request_factory = announcing(runner.server.request_factory)
    return runner


def _why_not(error: OSError, port: int) -> Message:
    match error.errno:
        case errno.EADDRINUSE:
            return message("port.in-use", port=port)
        case errno.EACCES:
            return message("port.root", port=port)
        case _:
            return message("port.failed", port=port, reason=str(error.strerror))
