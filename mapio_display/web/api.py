"""The API: status, events, the panel's picture, signing in, and the requests that change something."""

import asyncio
import json
from typing import Any

from aiohttp import web

from mapio_display.core.events import (
    AcknowledgeRequested,
    CancelRequested,
    PinChanged,
    RebootRequested,
    Request,
    WebSwitched,
)
from mapio_display.core.failures import Failure, storage
from mapio_display.core.snapshot import Phase
from mapio_display.core.status import to_json
from mapio_display.errors import Refused
from mapio_display.web.credentials import Credentials
from mapio_display.web.errors import malformed, wants_page
from mapio_display.web.ports import Picture, StatePort
from mapio_display.web.session import COOKIE, Sessions

EVENTS_S = 0.25
KEEP_ALIVE_S = 15.0
JSON_BYTES = 4096
NO_PICTURE = Failure(
    "not-found", "Nothing is known of what the panel shows. Wait until it has drawn its first picture."
)


class Api:
    """Handlers of the API."""

    def __init__(
        self, state: StatePort, sessions: Sessions, credentials: Credentials, picture: Picture, *, trusted: bool
    ) -> None:
        self._state = state
        self._sessions = sessions
        self._credentials = credentials
        self._picture = picture
        self._trusted = trusted

    def routes(self) -> list[web.RouteDef]:
        """The routes; the last two are for the gateway's own command line."""
        routes = [
            web.get("/api/status", self.status),
            web.get("/api/events", self.events),
            web.get("/api/panel.png", self.panel),
            web.post("/api/session", self.sign_in),
            web.post("/api/update/cancel", self._requests(CancelRequested())),
            web.post("/api/update/reboot", self._requests(RebootRequested())),
            web.post("/api/update/acknowledge", self._requests(AcknowledgeRequested())),
            web.get("/status", self.old_status),
            web.get("/version", self.old_version),
            web.get("/healthz", self.healthz),
        ]
        if self._trusted:
            routes += [web.post("/api/web", self.switch_web), web.post("/api/pin", self.renew_pin)]
        return routes

    async def status(self, _request: web.Request) -> web.Response:
        """All that is known."""
        return _json(to_json(self._state.snapshot))

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events (WHATWG HTML, 9.2): the whole status first, then again after each change."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        await response.prepare(request)
        loop = asyncio.get_running_loop()
        try:
            while True:
                snapshot = self._state.snapshot
                status = json.dumps(to_json(snapshot), ensure_ascii=False)
                await response.write(f"data: {status}\n\n".encode())
                sent = loop.time()
                while self._state.snapshot is snapshot:
                    try:
                        async with asyncio.timeout(KEEP_ALIVE_S):
                            await self._state.after(snapshot)
                    except TimeoutError:
                        await response.write(b": still here\n\n")
                await asyncio.sleep(max(0.0, sent + EVENTS_S - loop.time()))
        except ConnectionError:
            return response  # the browser went away

    async def panel(self, request: web.Request) -> web.Response:
        """What the panel shows now; its secrets only for who has the PIN."""
        picture = self._picture(not (self._trusted or self._sessions.has_cookie(request.cookies)))
        if picture is None:
            raise Refused(NO_PICTURE)
        return web.Response(body=picture, content_type="image/png")

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        """Exchange the PIN for a cookie; a form is sent back to the page it came from."""
        if request.content_type == "application/json":
            pin = (await _object(request)).get("pin")
        else:
            pin = (await request.post()).get("pin")
        if not isinstance(pin, str):
            raise Refused(malformed("there is no PIN in it"))
        token = self._sessions.sign_in(pin.strip())
        response = web.Response(status=303, headers={"Location": "/update"}) if wants_page(request) else _json({})
        response.set_cookie(COOKIE, token, httponly=True, samesite="Strict", path="/")
        return response

    async def old_status(self, _request: web.Request) -> web.Response:
        """The status as the older MAPIO page polls it."""
        update = self._state.snapshot.update
        if update.phase in (Phase.IDLE, Phase.FAILED):
            return _json({"status": "idle"})
        percent = "" if update.percent is None else f" {update.percent} %"
        return _json({"status": "updating", "updateStatus": f"{update.phase}{percent}"})

    async def old_version(self, _request: web.Request) -> web.Response:
        """The OS version as the older MAPIO page asks for it."""
        return _json({"os_version": self._state.snapshot.os.version})

    async def healthz(self, _request: web.Request) -> web.Response:
        """That this is answered shows that the event loop makes progress."""
        return web.Response(text="ok\n")

    async def switch_web(self, request: web.Request) -> web.Response:
        """Turn the web server on or off."""
        enabled = (await _object(request)).get("enabled")
        if not isinstance(enabled, bool):
            raise Refused(malformed("'enabled' must be true or false"))
        self._state.dispatch(WebSwitched(enabled))
        return _json({"enabled": enabled})

    async def renew_pin(self, _request: web.Request) -> web.Response:
        """Make a new PIN."""
        try:
            pin = await asyncio.to_thread(self._credentials.renew_pin)
        except OSError as error:
            raise Refused(storage(f"pin: {error.strerror}")) from error
        self._state.dispatch(PinChanged(pin))
        return _json({"pin": pin})

    def _requests(self, wish: Request) -> "_Handler":
        async def handle(request: web.Request) -> web.Response:
            snapshot = self._state.dispatch(wish)
            if wants_page(request):
                return web.Response(status=303, headers={"Location": "/update"})
            return _json({"phase": snapshot.update.phase})

        return handle


_Handler = Any  # aiohttp's own type for handlers is private


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        content = json.loads(await request.text())
    except (ValueError, RecursionError) as error:
        raise Refused(malformed(f"the body is no JSON: {error}")) from error
    if not isinstance(content, dict):
        raise Refused(malformed("the body is no JSON object"))
    return content


def _json(content: object) -> web.Response:
    return web.json_response(content, dumps=lambda value: json.dumps(value, ensure_ascii=False))
