"""Server-sent events (WHATWG HTML, 9.2): the whole status first, then again after each change."""

import asyncio
import json
from contextlib import suppress

from aiohttp import web

from mapio_display.core.snapshot import Snapshot
from mapio_display.core.status import to_json
from mapio_display.web.http.connection import giving_way
from mapio_display.web.http.language import VARIES, Languages
from mapio_display.web.http.places import Rank
from mapio_display.web.limits import Limits
from mapio_display.web.ports import StatePort
from mapio_display.words.catalogue import Words

# For nginx; other proxies pass on what they have.
UNBUFFERED = {"X-Accel-Buffering": "no"}
PAUSE_S = 0.25  # at most four events a second


class Events:
    """The handler of ``/api/events``."""

    def __init__(self, state: StatePort, limits: Limits, languages: Languages) -> None:
        self._state = state
        self._limits = limits
        self._languages = languages
        self._latest: Snapshot | None = None
        self._events: dict[Words, bytes] = {}  # of the latest snapshot

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Follow the state until the client goes away."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **UNBUFFERED, **VARIES})
        try:
            await response.prepare(request)
            with giving_way(request, Rank.STREAM):
                await self._follow(response, self._languages.of(request))
        except ConnectionError:
            pass  # the client went away
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()
        return response

    async def _follow(self, response: web.StreamResponse, words: Words) -> None:
        loop = asyncio.get_running_loop()
        while True:
            snapshot = self._state.snapshot
            sent = loop.time()
            await self._send(response, self._event(snapshot, words))
            while self._state.snapshot is snapshot:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._limits.keep_alive_s):
                        await self._state.after(snapshot)
                        break
                await self._send(response, b": still here\n\n")
            await asyncio.sleep(sent + PAUSE_S - loop.time())

    def _event(self, snapshot: Snapshot, words: Words) -> bytes:
        """The event for a snapshot; made once for all who follow in one language."""
        if self._latest is not snapshot:
            self._latest, self._events = snapshot, {}
        if words not in self._events:
            status = json.dumps(to_json(snapshot, words.say), ensure_ascii=False)
            self._events[words] = f"data: {status}\n\n".encode()
        return self._events[words]

    async def _send(self, response: web.StreamResponse, event: bytes) -> None:
        async with asyncio.timeout(self._limits.stall_s):
            await response.write(event)
