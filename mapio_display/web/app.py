"""The application: routes, and what every request and every answer passes through."""

import ipaddress
from collections.abc import Awaitable, Callable

from aiohttp import web

from mapio_display.core.failures import Failure
from mapio_display.errors import Refused
from mapio_display.transfer.intake import Intake
from mapio_display.transfer.store import BundleStore
from mapio_display.web.api.api import Api
from mapio_display.web.api.ssh_keys import PATH as KEYS_PATH
from mapio_display.web.api.ssh_keys import SshKeys, check_size
from mapio_display.web.api.stream import Events
from mapio_display.web.api.wifi import Wifi
from mapio_display.web.auth.captive_portal import captive_portal
from mapio_display.web.auth.credentials import Credentials
from mapio_display.web.auth.gate import Gate, Rules
from mapio_display.web.auth.session import Sessions
from mapio_display.web.http.answers import error_json, for_sender, wants_page
from mapio_display.web.http.body import KEYS_BYTES, SMALL_BYTES, read_small
from mapio_display.web.http.headers import HEADERS, add_headers
from mapio_display.web.http.language import Languages
from mapio_display.web.limits import Limits
from mapio_display.web.pages.assets import Assets
from mapio_display.web.pages.pages import Pages
from mapio_display.web.pages.routes import PageRoutes
from mapio_display.web.ports import KeysPort, Picture, StatePort
from mapio_display.web.refusals import FOREIGN_HOST, NO_SUCH_PAGE, malformed
from mapio_display.web.upload.form import FormUpload
from mapio_display.web.upload.tus import PATH as TUS_PATH
from mapio_display.web.upload.tus import VERSION as TUS_VERSION
from mapio_display.web.upload.tus import Tus, method_of

LIMITS = Limits()
LANGUAGES = Languages()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build_app(
    state: StatePort,
    store: BundleStore,
    picture: Picture,
    credentials: Credentials,
    rules: Rules,
    *,
    sessions: Sessions | None,
    keys: KeysPort | None = None,
    stuck: Callable[[], str | None] = lambda: None,
    limits: Limits = LIMITS,
    languages: Languages = LANGUAGES,
) -> web.Application:
    """Build the application; without ``sessions`` that of the Unix socket, which asks for no PIN and no name.

    Without ``keys`` SSH is not its business. ``stuck`` names a loop of the daemon's that makes no progress.
    """
    trusted = sessions is None
    open_to_all = not (trusted or rules.require_pin)
    intake = Intake(state, store, rules.max_bundle_bytes)
    form = FormUpload(intake, limits)
    tus = Tus(state, intake, limits, rules.max_bundle_bytes)
    assets = Assets()
    pages = Pages(rules.links, assets.mark, credentials.identity, asks_pin=rules.require_pin, buttons=rules.buttons)
    gate = Gate(state, sessions, rules, method_of)

    async def upload(request: web.Request) -> web.Response:
        form.check(request)
        upload_id = await form.receive(request)
        snapshot = await intake.decision(upload_id, limits.decision_s)
        if wants_page(request):
            return web.Response(status=303, headers={"Location": "/update"})
        return web.json_response({"id": upload_id, "phase": snapshot.update.phase}, status=202)

    def refusal(request: web.Request, failure: Failure, status: int | None = None) -> web.Response:
        words = languages.of(request)
        return (
            pages.failure(failure, words, request.path, status, _base_of(request, failure, state.snapshot.url))
            if wants_page(request)
            else error_json(failure, words, status, for_sender(request, failure, words))
        )

    async def before_the_body(request: web.Request) -> web.Response | None:
        """Answer ``Expect: 100-continue`` (RFC 9110, 10.1.1): a refusal, or go on."""
        try:
            gate.check(request)
            _check_before_body(request, form, tus)
        except Refused as refused:
            return refusal(request, refused.failure)
        if request.version >= (1, 1) and request.transport is not None:
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return None

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            gate.check(request)
            return await handler(await _read_small(request, limits))
        except Refused as refused:
            response = refusal(request, refused.failure)
        except web.HTTPException as error:  # no such route, a method it does not have, a body too large
            response = refusal(request, NO_SUCH_PAGE if error.status == 404 else malformed(error.reason), error.status)
            if "Allow" in error.headers:
                response.headers["Allow"] = error.headers["Allow"]
        return response

    async def with_headers(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(HEADERS)
        response.headers.setdefault("Cache-Control", "no-store")
        add_headers(response, gate.cors(request))
        if request.path.startswith(TUS_PATH):
            response.headers["Tus-Resumable"] = TUS_VERSION

    middlewares = [guard] if trusted else [captive_portal(state, gate.is_foreign), guard]
    app = web.Application(middlewares=middlewares, client_max_size=SMALL_BYTES)
    app.on_response_prepare.append(with_headers)
    api = Api(state, sessions, credentials, picture, limits, languages=languages, client=gate.client, stuck=stuck)
    routes = [
        *api.routes(buttons=trusted or rules.buttons),
        *SshKeys(keys, gate.check_pin, open_to_all=open_to_all).routes(),
        *Wifi(state, languages, gate.check_pin).routes(),
        *PageRoutes(state, pages, languages, gate, keys, open_to_all=open_to_all).routes(),
        web.post("/update", upload),
        web.get("/api/events", Events(state, limits, languages).handle, allow_head=False),
        web.get("/assets/{mark}/{name}", assets.handle),
    ]
    if not trusted:  # who sends is known to one application only, and the Unix socket is for small requests
        routes += tus.routes()
    app.add_routes(_expecting(routes, before_the_body))
    return app


def _base_of(request: web.Request, failure: Failure, url: str | None) -> str:
    """What a refusal's links begin with: where the gateway does not go by the name asked for, its own address.

    That is the one the connection came to, or else ``url``.
    """
    if failure.code != FOREIGN_HOST.code:
        return ""
    address, port = (request.get_extra_info("sockname") or ("127.0.0.1", 0))[:2]
    ours = ipaddress.ip_address(address)
    # On loopback a proxy is in between; and no browser takes the zone of a link-local IPv6 address.
    if ours.is_loopback or (ours.version == 6 and ours.is_link_local):
        return (url or "").rstrip("/")
    host = f"[{address}]" if ours.version == 6 else address
    return f"http://{host}{'' if port == 80 else f':{port}'}"


def _check_before_body(request: web.Request, form: FormUpload, tus: Tus) -> None:
    """Raise for a request that can be refused by its headers alone."""
    if request.headers["Expect"].lower() != "100-continue":
        raise web.HTTPExpectationFailed
    if request.path.startswith(TUS_PATH):
        tus.check(request)
    elif (request.method, request.path) == ("POST", "/update"):
        form.check(request)


def _expecting(routes: list[web.RouteDef], handler: object) -> list[web.RouteDef]:
    """The routes with ``handler`` for ``Expect``: aiohttp's own sends 100 Continue before a request is checked."""
    for route in routes:
        route.kwargs["expect_handler"] = handler
    return routes


async def _read_small(request: web.Request, limits: Limits) -> web.Request:
    """Wait for the body of a request that has a handler and brings no bundle, and give the request with it."""
    if request.path == KEYS_PATH:
        check_size(request)
        request = request.clone(client_max_size=KEYS_BYTES)
    brings_bundle = request.path == "/update" or request.path.startswith(TUS_PATH)
    if request.match_info.http_exception is None and not brings_bundle:
        await read_small(request, limits.body_s)
    return request
