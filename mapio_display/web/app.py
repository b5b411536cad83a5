"""The application: routes, and what every request and every answer passes through."""

import logging
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from aiohttp import web

from mapio_display.core.failures import Failure
from mapio_display.core.snapshot import Snapshot
from mapio_display.errors import Refused
from mapio_display.web.access import SAFE_METHODS, Authority, check_host, check_origin, cors_headers
from mapio_display.web.api import JSON_BYTES, Api
from mapio_display.web.credentials import Credentials
from mapio_display.web.errors import error_json, malformed, wants_page
from mapio_display.web.pages import Pages
from mapio_display.web.ports import Picture, StatePort, StorePort
from mapio_display.web.session import Sessions
from mapio_display.web.upload import Uploads

log = logging.getLogger(__name__)

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
INTERNAL = Failure("internal", "Something went wrong inside the gateway. Try again; if it stays, restart the gateway.")
NO_SUCH_PAGE = Failure("not-found", "There is no such page here. Go to the home page.")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Rules:
    """Who may do what, as configured. ``max_bundle_bytes`` is in bytes."""

    require_pin: bool = True
    allowed_hosts: Collection[str] = ()
    max_bundle_bytes: int = 1024**3


def build_app(
    state: StatePort,
    store: StorePort,
    picture: Picture,
    credentials: Credentials,
    rules: Rules,
    *,
    trusted: bool = False,
    monotonic: Callable[[], float] = time.monotonic,
) -> web.Application:
    """Build the application; a ``trusted`` one (on the Unix socket) asks for no PIN and no name."""
    sessions = Sessions(credentials, lambda: state.snapshot.boot_id, monotonic)
    uploads = Uploads(state, store, rules.max_bundle_bytes)
    pages = Pages()
    gate = _Gate(state, sessions, rules, trusted=trusted)

    async def home(request: web.Request) -> web.Response:
        return pages.home(state.snapshot, part_only="part" in request.query)

    async def ota(request: web.Request) -> web.Response:
        signed_in = trusted or not rules.require_pin or sessions.has_cookie(request.cookies)
        return pages.update(state.snapshot, signed_in=signed_in, part_only="part" in request.query)

    async def upload(request: web.Request) -> web.StreamResponse:
        uploads.admit(request)
        upload_id = await uploads.receive(request)
        if wants_page(request):
            return web.Response(status=303, headers={"Location": "/update"})
        snapshot: Snapshot = await uploads.decision(upload_id)
        return web.json_response({"id": upload_id, "phase": snapshot.update.phase}, status=202)

    async def before_the_body(request: web.Request) -> web.StreamResponse | None:
        """Answer ``Expect: 100-continue`` (RFC 9110, 10.1.1): a refusal, or go on."""
        try:
            gate.check(request)
            uploads.admit(request)
        except Refused as refusal:
            return gate.answer(request, refusal.failure, pages)
        if request.version >= (1, 1) and request.transport is not None:
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return None

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            gate.check(request)
            return await handler(request)
        except Refused as refusal:
            return gate.answer(request, refusal.failure, pages)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            failure = NO_SUCH_PAGE if error.status == 404 else malformed(error.reason)
            return gate.answer(request, failure, pages, error.status)
        except ConnectionError:
            raise  # nobody is left to answer
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            return gate.answer(request, INTERNAL, pages)

    async def with_headers(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(SECURITY_HEADERS)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.update(gate.cors(request))

    app = web.Application(middlewares=[guard], client_max_size=JSON_BYTES)
    app.on_response_prepare.append(with_headers)
    app.add_routes(Api(state, sessions, credentials, picture, trusted=trusted).routes())
    app.add_routes(
        [
            web.get("/", home),
            web.get("/update", ota),
            web.post("/update", upload, expect_handler=before_the_body),
            web.get("/assets/{mark}/{name}", pages.asset),
        ]
    )
    return app


class _Gate:
    """Lets a request in, or says why not."""

    def __init__(self, state: StatePort, sessions: Sessions, rules: Rules, *, trusted: bool) -> None:
        self._state = state
        self._sessions = sessions
        self._rules = rules
        self._trusted = trusted

    def check(self, request: web.Request) -> None:
        """Raise ``Refused`` for a foreign name, a foreign page, or a write without the PIN."""
        if self._trusted:
            return
        asked = self._asked(request)
        other_ports = not self._rules.require_pin
        check_origin(request.method, request.headers.get("Origin"), asked, other_ports=other_ports)
        signing_in = request.path == "/api/session"
        if self._rules.require_pin and request.method not in SAFE_METHODS and not signing_in:
            self._sessions.check(request.cookies, request.headers.get("Authorization"))

    def cors(self, request: web.BaseRequest) -> dict[str, str]:
        """Headers that let the older page read the answer, where it may."""
        if self._trusted or self._rules.require_pin:
            return {}
        try:
            asked = self._asked(request)
        except Refused:
            return {}
        return cors_headers(request.headers.get("Origin"), asked)

    def _asked(self, request: web.BaseRequest) -> Authority:
        return check_host(request.headers.get("Host"), self._state.snapshot.hostname, self._rules.allowed_hosts)

    @staticmethod
    def answer(request: web.Request, failure: Failure, pages: Pages, status: int | None = None) -> web.Response:
        """The refusal, as a page or as JSON."""
        return pages.failure(failure, status) if wants_page(request) else error_json(failure, status)
