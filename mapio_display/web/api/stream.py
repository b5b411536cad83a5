"""Server-sent events (WHATWG HTML, 9.2): the whole status first, then again after each change."""

import asyncio
import json
from contextlib import suppress

from aiohttp import web

from mapio_display.core.snapshot import Snapshot
from mapio_display.core.status import to_json
from mapio_display.web.http.connection import giving_way
from mapio_display.web.http.places import Rank
from mapio_display.web.limits import Limits
from mapio_display.web.ports import StatePort
from mapio_display.words.catalogue import ENGLISH

# For nginx; other proxies pass on what they have.
UNBUFFERED = {"X-Accel-Buffering": "no"}
PAUSE_S = 0.25  # at most four events a second


class Events:
    """The handler of ``/api/events``."""

    def __init__(self, state: StatePort, limits: Limits) -> None:
        self._state = state
        self._limits = limits
        self._latest: tuple[Snapshot, bytes] | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Follow the state until the client goes away."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **UNBUFFERED})
        try:
            await response.prepare(request)
            with giving_way(request, Rank.STREAM):
                await self._follow(response)
        except ConnectionError:
            pass  # the client went away
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()
        return response

    async def _follow(self, response: web.StreamResponse) -> None:
        loop = asyncio.get_running_loop()
        while True:
            snapshot = self._state.snapshot
            sent = loop.time()
            await self._send(response, self._event(snapshot))
            while self._state.snapshot is snapshot:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._limits.keep_alive_s):
                        await self._state.after(snapshot)
                        break
                await self._send(response, b": still here\n\n")
            await asyncio.sleep(sent + PAUSE_S - loop.time())

    def _event(self, snapshot: Snapshot) -> bytes:
        """The event for a snapshot; made once for all who follow."""
        if self._latest is None or self._latest[0] is not snapshot:
            status = json.dumps(to_json(snapshot, ENGLISH.say), ensure_ascii=False)
            self._latest = snapshot, f"data: {status}\n\n".encode()
        return self._latest[1]

    async def _send(self, response: web.StreamResponse, event: bytes) -> None:
        async with asyncio.timeout(self._limits.stall_s):
            await response.write(event)
