"""The API's part about newer bundles: look for one, install it, dismiss it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from aiohttp import web

from mapio_display.core.facts.release import CheckRequested, DismissRequested, InstallRequested
from mapio_display.core.protocols import until
from mapio_display.core.snapshot import Snapshot
from mapio_display.errors import Refused
from mapio_display.web.api.content import answer, read_object
from mapio_display.web.http.answers import wants_page
from mapio_display.web.ports import StatePort

ANSWER_S = 8.0  # a page counts the gateway as away after ten


class ReleaseApi:
    """Handlers of the requests about newer bundles. A server that is slow is waited for ``answer_s`` seconds."""

    def __init__(self, state: StatePort, answer_s: float = ANSWER_S) -> None:
        self._state = state
        self._answer_s = answer_s

    def routes(self) -> list[web.RouteDef]:
        """The routes."""
        return [
            web.post("/api/release/check", self.check),
            web.post("/api/release/install", self.install),
            web.post("/api/release/dismiss", self.dismiss),
        ]

    async def check(self, request: web.Request) -> web.Response:
        """Look for a newer bundle; with the answer where that comes soon, else 202."""
        self._state.dispatch(CheckRequested())
        snapshot = await self._until(lambda snapshot: not snapshot.release.checking)
        release = snapshot.release
        if release.error is not None and not release.checking:
            raise Refused(release.error)
        found = {"version": release.version, "size": release.size, "checking": release.checking}
        return _done(request, found, accepted=release.checking)

    async def install(self, request: web.Request) -> web.Response:
        """Begin to download what is offered, to install it then."""
        version = (await read_object(request)).get("version") if request.can_read_body else None
        version = request.query.get("version", version if isinstance(version, str) else None)
        self._state.dispatch(InstallRequested(version))
        snapshot = await self._until(lambda snapshot: not snapshot.release.opening)
        release, update = snapshot.release, snapshot.update
        if release.download_error is not None and not release.opening:
            raise Refused(release.download_error)
        return _done(request, {"id": update.id, "phase": update.phase}, accepted=True)

    async def dismiss(self, request: web.Request) -> web.Response:
        """Be quiet about the offered version."""
        snapshot = self._state.dispatch(DismissRequested())
        return _done(request, {"version": snapshot.release.version, "dismissed": True}, accepted=False)

    async def _until(self, holds: Callable[[Snapshot], bool]) -> Snapshot:
        """Wait until it holds, for so long as a page waits."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._answer_s):
                await until(self._state, holds)
        return self._state.snapshot


def _done(request: web.Request, content: object, *, accepted: bool) -> web.Response:
    if wants_page(request):
        return web.Response(status=303, headers={"Location": "/update"})
    response = answer(content)
    response.set_status(202 if accepted else 200)
    return response
