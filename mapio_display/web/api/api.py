"""The API: status, the panel's picture, signing in, and the requests that change something."""

import asyncio
import time
from collections.abc import Callable

from aiohttp import web

from mapio_display.core.facts.buttons import Button, ButtonPressed, ButtonReleased
from mapio_display.core.facts.event import Request
from mapio_display.core.facts.update import AcknowledgeRequested, CancelRequested, Phase, RebootRequested
from mapio_display.core.facts.web import PinChanged, WebSwitched
from mapio_display.core.failures import pin_not_kept, web_switch_not_kept
from mapio_display.core.front.buttons import LONGEST_PRESS_S
from mapio_display.core.status import to_json
from mapio_display.errors import Refused
from mapio_display.web.api.content import Handler, answer, read_object
from mapio_display.web.api.releases import ReleaseApi
from mapio_display.web.api.sign_in import SignIn
from mapio_display.web.auth.credentials import Credentials
from mapio_display.web.auth.session import Client, Sessions
from mapio_display.web.http.answers import wants_page
from mapio_display.web.http.language import VARIES, Languages
from mapio_display.web.limits import Limits
from mapio_display.web.ports import Picture, StatePort
from mapio_display.web.refusals import NO_PICTURE, malformed

SHORT_PRESS_S = 0.1


class Api:
    """Handlers of the API."""

    def __init__(
        self,
        state: StatePort,
        sessions: Sessions | None,
        credentials: Credentials,
        picture: Picture,
        limits: Limits,
        *,
        languages: Languages,
        client: Callable[[web.Request], Client],
        stuck: Callable[[], str | None],
    ) -> None:
        self._state = state
        self._sessions = sessions
        self._credentials = credentials
        self._picture = picture
        self._limits = limits
        self._languages = languages
        self._client = client
        self._stuck = stuck

    def routes(self, *, buttons: bool) -> list[web.RouteDef]:
        """The routes. Without sessions there are others, for the gateway's own command line."""
        routes = [
            web.get("/api/status", self.status),
            web.get("/api/panel.png", self.panel),
            web.get("/api/gateways/{identity}", self.identify),
            web.post("/api/update/cancel", self._requests(CancelRequested())),
            web.post("/api/update/reboot", self._requests(RebootRequested())),
            web.post("/api/update/acknowledge", self._requests(AcknowledgeRequested())),
            web.get("/status", self.old_status),
            web.get("/version", self.old_version),
            web.get("/healthz", self.healthz),
        ]
        if self._sessions is None:
            routes += [web.post("/api/web", self.switch_web), web.post("/api/pin", self.renew_pin)]
        else:
            routes += SignIn(self._sessions, self._client).routes()
        routes += ReleaseApi(self._state).routes()
        if buttons:
            routes.append(web.post("/api/press", self.press))
        return routes

    async def status(self, request: web.Request) -> web.Response:
        """All that is known; what of it is for people is in their language."""
        return answer(to_json(self._state.snapshot, self._languages.of(request).say), VARIES)

    async def panel(self, _request: web.Request) -> web.Response:
        """What the panel shows now. Its secrets do not go over the network: who stands before it can read them."""
        picture = self._picture(self._sessions is not None)
        if picture is None:
            raise Refused(NO_PICTURE)
        return web.Response(body=picture, content_type="image/png")

    async def identify(self, request: web.Request) -> web.Response:
        """Whether this is the gateway of that identity: by this a page finds its own again under another address.

        Any page may read the answer: only who has a page of this gateway knows its identity.
        """
        same = request.match_info["identity"] == self._credentials.identity
        return web.Response(status=204 if same else 404, headers={"Access-Control-Allow-Origin": "*"})

    async def old_status(self, _request: web.Request) -> web.Response:
        """The status as the older MAPIO page polls it."""
        update = self._state.snapshot.update
        if update.phase in (Phase.IDLE, Phase.FAILED):
            return answer({"status": "idle"})
        percent = "" if update.percent is None else f" {update.percent} %"
        return answer({"status": "updating", "updateStatus": f"{update.phase}{percent}"})

    async def old_version(self, _request: web.Request) -> web.Response:
        """The OS version as the older MAPIO page asks for it."""
        return answer({"os_version": self._state.snapshot.os.version})

    async def healthz(self, _request: web.Request) -> web.Response:
        """Whether the daemon's loops make progress; that this is answered shows that the event loop does."""
        name = self._stuck()
        return web.Response(text="ok\n") if name is None else web.Response(text=f"stuck: {name}\n", status=503)

    async def switch_web(self, request: web.Request) -> web.Response:
        """Turn the web server on or off."""
        enabled = (await read_object(request)).get("enabled")
        if not isinstance(enabled, bool):
            raise Refused(malformed("'enabled' must be true or false"))
        self._state.dispatch(WebSwitched(enabled))
        await self._credentials.done()
        if self._credentials.web_enabled != enabled:
            raise Refused(web_switch_not_kept("web-off", enabled=enabled))
        return answer({"enabled": enabled})

    async def press(self, request: web.Request) -> web.Response:
        """Press a button and let it go after ``hold`` seconds; with ``down`` only the one or the other."""
        wish = await read_object(request)
        try:
            button = Button(wish.get("button", ""))
        except ValueError:
            raise Refused(malformed("'button' must be up, down or mid")) from None
        hold, down = wish.get("hold", SHORT_PRESS_S), wish.get("down")
        if type(hold) not in (int, float) or not 0 <= hold <= LONGEST_PRESS_S:
            raise Refused(malformed(f"'hold' must be between 0 and {LONGEST_PRESS_S} seconds"))
        if not (down is None or isinstance(down, bool)):
            raise Refused(malformed("'down' must be true or false"))
        if down is not False:
            self._state.dispatch(ButtonPressed(button, time.monotonic()))
        try:
            if down is None:
                await asyncio.sleep(hold)
        finally:
            if not down:
                self._state.dispatch(ButtonReleased(button, time.monotonic()))
        return web.Response(status=303, headers={"Location": "/"}) if wants_page(request) else answer({})

    async def renew_pin(self, _request: web.Request) -> web.Response:
        """Make a new PIN."""
        try:
            pin = await asyncio.to_thread(self._credentials.renew_pin)
        except OSError as error:
            raise Refused(pin_not_kept(f"pin: {error.strerror}")) from error
        self._state.dispatch(PinChanged(pin))
        return answer({"pin": pin})

    def _requests(self, wish: Request) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            snapshot = self._state.dispatch(wish)
            if wants_page(request):
                return web.Response(status=303, headers={"Location": "/update"})
            return answer({"phase": snapshot.update.phase})

        return handle
