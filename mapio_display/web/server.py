"""The sockets: the port, which follows the owner's wish, and the gateway's own Unix socket, which is always there."""

import asyncio
import errno
import logging
import os
from pathlib import Path

from aiohttp import web

from mapio_display.core.events import WebClosed, WebListening
from mapio_display.web.ports import StatePort

log = logging.getLogger(__name__)

BACKLOG = 256
RETRY_S = 5.0
SHUTDOWN_S = 1.0
READ_BUFFER = 256 * 1024  # a connection's, so that an upload is read in pieces worth a thread's while


def _runner(app: web.Application) -> web.AppRunner:
    # No access log: it would carry what is secret in a request line, and a line for each of a page's questions.
    return web.AppRunner(
        app, access_log=None, shutdown_timeout=SHUTDOWN_S, read_bufsize=READ_BUFFER, handle_signals=False
    )


class WebServer:
    """Opens the port while the web server is wanted, and closes it while it is not."""

    def __init__(self, state: StatePort, app: web.Application, host: str, port: int) -> None:
        self._state = state
        self._app = app
        self._host = host or None
        self._port = port

    async def run(self) -> None:
        """Follow the owner's wish for ever. A port in use is told and tried again."""
        runner = _runner(self._app)
        await runner.setup()
        try:
            while True:
                snapshot = self._state.snapshot
                if snapshot.web.enabled and not runner.sites:
                    await self._open(runner)
                elif not snapshot.web.enabled and runner.sites:
                    for site in list(runner.sites):
                        await site.stop()
                    await self._drop_connections(runner)
                    log.info("The web server is off")
                    self._state.dispatch(WebClosed())
                waiting = self._state.snapshot.web.enabled and not runner.sites
                try:
                    async with asyncio.timeout(RETRY_S if waiting else None):
                        await self._web_changed()
                except TimeoutError:
                    continue
        finally:
            await runner.cleanup()

    async def _open(self, runner: web.AppRunner) -> None:
        site = web.TCPSite(runner, self._host, self._port, backlog=BACKLOG, reuse_address=True)
        try:
            await site.start()
        except OSError as error:
            await site.stop()
            reason = _why_not(error, self._port)
            if self._state.snapshot.web.error != reason:
                log.error("The web server cannot be opened: %s", reason)
                self._state.dispatch(WebClosed(reason))
        else:
            log.info("The web server listens on port %d", self._port)
            self._state.dispatch(WebListening(self._port))

    async def _web_changed(self) -> None:
        snapshot = self._state.snapshot
        enabled = snapshot.web.enabled
        while snapshot.web.enabled == enabled:
            snapshot = await self._state.after(snapshot)

    @staticmethod
    async def _drop_connections(runner: web.AppRunner) -> None:
        if runner.server is not None:
            await runner.server.shutdown(SHUTDOWN_S)


class LocalServer:
    """The same application on a Unix socket that only root may use."""

    def __init__(self, app: web.Application, path: Path) -> None:
        self._app = app
        self._path = path

    async def run(self) -> None:
        """Serve for ever. Where the socket cannot be made, the gateway does without."""
        runner = _runner(self._app)
        await runner.setup()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.unlink(missing_ok=True)  # left by a daemon that was killed
            before = os.umask(0o177)
            try:
                await web.UnixSite(runner, str(self._path)).start()
            finally:
                os.umask(before)
        except OSError as error:
            log.error("%s cannot be opened: %s", self._path, error)
        try:
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()
            self._path.unlink(missing_ok=True)


def _why_not(error: OSError, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"Port {port} is in use by another program"
        case errno.EACCES:
            return f"Port {port} may not be opened without root's rights"
        case _:
            return f"Port {port} cannot be opened: {error.strerror}"
