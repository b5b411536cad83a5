"""Signing in and out: the PIN for cookies, and their end."""

from collections.abc import Callable

from aiohttp import web

from mapio_display.errors import Refused
from mapio_display.web.api.content import answer, read_object
from mapio_display.web.auth.session import BROWSER_COOKIE, COOKIE, SECURE, Client, Sessions
from mapio_display.web.http.answers import wants_page
from mapio_display.web.refusals import malformed

YEAR_S = 365 * 24 * 3600


class SignIn:
    """Handlers of ``/api/session`` and ``/api/sign-out``."""

    def __init__(self, sessions: Sessions, client: Callable[[web.Request], Client]) -> None:
        self._sessions = sessions
        self._client = client

    def routes(self) -> list[web.RouteDef]:
        """The routes."""
        return [web.post("/api/session", self.sign_in), web.post("/api/sign-out", self.sign_out)]

    async def sign_in(self, request: web.Request) -> web.Response:
        """Exchange the PIN for cookies; a form is sent back to the page it came from."""
        wish = await read_object(request)
        pin = wish.get("pin")
        if not isinstance(pin, str):
            raise Refused(malformed("there is no PIN in it"))
        signed_in = self._sessions.sign_in(self._client(request), pin.strip())
        # The page then reports if the browser does not keep the cookie.
        there = {"Location": f"/{'setup' if wish.get('back') == 'setup' else 'update'}?signed-in"}
        response = web.Response(status=303, headers=there) if wants_page(request) else answer({})
        cookies = ((COOKIE, signed_in.session, "/", None), (BROWSER_COOKIE, signed_in.browser, "/api", YEAR_S))
        for name, value, path, age in cookies:
            _set_cookie(request, response, name, value, path=path, max_age=age)
        return response

    async def sign_out(self, request: web.Request) -> web.Response:
        """End the session, also for who has got hold of its cookie."""
        self._sessions.sign_out(self._client(request))
        response = web.Response(status=303, headers={"Location": "/update"}) if wants_page(request) else answer({})
        _set_cookie(request, response, COOKIE, "", path="/", max_age=0)
        return response


def _set_cookie(
    request: web.Request, response: web.Response, name: str, value: str, *, path: str, max_age: int | None
) -> None:
    """Set a cookie for this host alone, out of reach of scripts; over HTTPS, where the page came by that."""
    https = request.headers.get("Origin", "").startswith("https:")
    name = f"{SECURE}{name}" if https else name
    response.set_cookie(name, value, path=path, max_age=max_age, httponly=True, samesite="Strict", secure=https)
