"""The application: routes, and what every request and every answer passes through."""

import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from mapio_display.core.failures import Failure
from mapio_display.errors import Refused
from mapio_display.web.access import SAFE_METHODS, Authority, authority, check_host, check_origin, cors_headers
from mapio_display.web.api import BODY_BYTES, Api
from mapio_display.web.body import close_if_spent
from mapio_display.web.credentials import Credentials
from mapio_display.web.errors import NO_SUCH_PAGE, error_json, malformed, wants_page
from mapio_display.web.events import Events
from mapio_display.web.headers import headers_for
from mapio_display.web.intake import Intake
from mapio_display.web.limits import Limits
from mapio_display.web.linger import linger
from mapio_display.web.pages import Pages
from mapio_display.web.ports import Picture, StatePort, StorePort
from mapio_display.web.session import Sessions
from mapio_display.web.tus import PATH as TUS_PATH
from mapio_display.web.tus import VERSION as TUS_VERSION
from mapio_display.web.tus import Tus
from mapio_display.web.upload import FormUpload

LIMITS = Limits()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Rules:
    """Who may do what, as configured.

    ``max_bundle_bytes`` is in bytes. ``links`` are the gateway's other pages by name; ``{host}`` in an address stands
    for the name that this page was asked for by. With ``buttons`` the home page has the panel's buttons, for a board
    that has none to touch; as those, they ask for no PIN.
    """

    require_pin: bool = True
    allowed_hosts: Collection[str] = ()
    max_bundle_bytes: int = 1024**3
    links: Mapping[str, str] = field(default_factory=dict)
    buttons: bool = False


def build_app(
    state: StatePort,
    store: StorePort,
    picture: Picture,
    credentials: Credentials,
    rules: Rules,
    *,
    stuck: Callable[[], str | None] = lambda: None,
    trusted: bool = False,
    monotonic: Callable[[], float] = time.monotonic,
    limits: Limits = LIMITS,
) -> web.Application:
    """Build the application; a ``trusted`` one (on the Unix socket) asks for no PIN and no name.

    ``stuck`` names a loop of the daemon's that makes no progress; ``monotonic`` is the clock of the limit on wrong
    PINs, in seconds.
    """
    sessions = Sessions(credentials, lambda: state.snapshot.boot_id, monotonic)
    intake = Intake(state, store, rules.max_bundle_bytes, limits)
    form = FormUpload(intake, limits)
    tus = Tus(state, intake, limits, rules.max_bundle_bytes)
    pages = Pages(rules.links, asks_pin=rules.require_pin, buttons=rules.buttons)
    gate = _Gate(state, sessions, rules, trusted=trusted)

    async def home(request: web.Request) -> web.Response:
        asked = authority(request.host)
        host = asked.for_url if asked else "localhost"
        return pages.home(state.snapshot, host, signed_in=gate.knows(request), part_only="part" in request.query)

    async def ota(request: web.Request) -> web.Response:
        return pages.update(state.snapshot, signed_in=gate.may_write(request), part_only="part" in request.query)

    async def upload(request: web.Request) -> web.Response:
        form.check(request)
        upload_id = await form.receive(request)
        snapshot = await intake.decision(upload_id)
        if wants_page(request):
            return web.Response(status=303, headers={"Location": "/update"})
        return web.json_response({"id": upload_id, "phase": snapshot.update.phase}, status=202)

    def refusal(request: web.Request, failure: Failure, status: int | None = None) -> web.Response:
        return pages.failure(failure, status) if wants_page(request) else error_json(failure, status)

    async def before_the_body(request: web.Request) -> web.Response | None:
        """Answer ``Expect: 100-continue`` (RFC 9110, 10.1.1): a refusal, or go on."""
        try:
            gate.check(request)
            _check_before_body(request, form, tus)
        except Refused as refused:
            return await linger(request, refusal(request, refused.failure), limits)
        if request.version >= (1, 1) and request.transport is not None:
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return None

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            gate.check(request)
            return await handler(request)
        except Refused as refused:
            response = refusal(request, refused.failure)
        except web.HTTPException as error:  # no such route, a method it does not have, a body too large
            response = refusal(request, NO_SUCH_PAGE if error.status == 404 else malformed(error.reason), error.status)
            if "Allow" in error.headers:
                response.headers["Allow"] = error.headers["Allow"]
        return await linger(request, response, limits)

    async def with_headers(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(headers_for(request.path))
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.update(gate.cors(request))
        if request.path.startswith(TUS_PATH):
            response.headers["Tus-Resumable"] = TUS_VERSION

    app = web.Application(middlewares=[guard], client_max_size=BODY_BYTES)
    app.on_response_prepare.extend((with_headers, close_if_spent))
    api = Api(state, sessions, credentials, picture, limits, stuck=stuck, trusted=trusted)
    routes = [
        *api.routes(buttons=trusted or rules.buttons),
        web.get("/", home),
        web.get("/update", ota),
        web.post("/update", upload),
        web.get("/api/events", Events(state, limits).handle, allow_head=False),
        web.get("/assets/{mark}/{name}", pages.asset),
    ]
    if not trusted:  # who sends is known to one application only, and the Unix socket is for small requests
        routes += tus.routes()
    app.add_routes(_expecting(routes, before_the_body))
    return app


def _check_before_body(request: web.Request, form: FormUpload, tus: Tus) -> None:
    """Raise for a request that can be refused by its headers alone."""
    if request.headers["Expect"].lower() != "100-continue":
        raise web.HTTPExpectationFailed
    if request.method in ("POST", "PATCH") and request.path.startswith(TUS_PATH):
        tus.check(request)
    elif (request.method, request.path) == ("POST", "/update"):
        form.check(request)


def _expecting(routes: list[web.RouteDef], handler: object) -> list[web.RouteDef]:
    """The routes with ``handler`` for ``Expect``: aiohttp's own sends 100 Continue before a request is checked."""
    for route in routes:
        route.kwargs["expect_handler"] = handler
    return routes


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
        free = request.path == "/api/session" or (self._rules.buttons and request.path == "/api/press")
        if self._rules.require_pin and request.method not in SAFE_METHODS and not free:
            self._sessions.check(request.cookies, request.headers.get("Authorization"))

    def knows(self, request: web.Request) -> bool:
        """Say whether who asks has shown the PIN."""
        return self._trusted or self._sessions.has_cookie(request.cookies)

    def may_write(self, request: web.Request) -> bool:
        """Say whether a page needs no sign-in to write."""
        return not self._rules.require_pin or self.knows(request)

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
