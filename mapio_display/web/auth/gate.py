"""Access control, for every request: names and origins, and the PIN for what changes something."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import field

from aiohttp import web

from mapio_display.errors import Refused
from mapio_display.frozen import Frozen
from mapio_display.web.auth.access import SAFE_METHODS, Authority, check_host, check_origin, cors_headers, is_allowed
from mapio_display.web.auth.address import client_address
from mapio_display.web.auth.session import Client, Sessions
from mapio_display.web.ports import StatePort
from mapio_display.web.refusals import FOREIGN_HOST, LENGTH_REQUIRED

SESSION_PATHS = ("/api/session", "/api/sign-out")  # to the one a PIN is brought, and the other takes rights away


class Rules(Frozen):
    """Who may do what, as configured.

    ``max_bundle_bytes`` is in bytes. ``links`` are the gateway's other pages by name; ``{host}`` in an address stands
    for the name that this page was asked for by. With ``buttons`` the home page has the panel's buttons, for a board
    that has none to touch; as those, they ask for no PIN. ``proxies`` are addresses or networks whose word on where a
    request comes from is taken.
    """

    require_pin: bool = True
    allowed_hosts: Collection[str] = ()
    proxies: Collection[str] = ()
    max_bundle_bytes: int = 1024**3
    links: Mapping[str, str] = field(default_factory=dict)
    buttons: bool = False


class Gate:
    """Lets a request in, or raises why not. Without ``sessions`` it lets every request in.

    ``method_of`` gives the method that a request means.
    """

    def __init__(
        self,
        state: StatePort,
        sessions: Sessions | None,
        rules: Rules,
        method_of: Callable[[web.Request], str],
    ) -> None:
        self._state = state
        self._sessions = sessions
        self._rules = rules
        self._method_of = method_of

    def check(self, request: web.Request) -> None:
        """Raise ``Refused`` for a foreign name, a foreign page, a write without the PIN, or a body without a length."""
        if "Transfer-Encoding" in request.headers:
            raise Refused(LENGTH_REQUIRED)
        if self._sessions is None:
            return
        asked, rules, method = self._asked(request), self._rules, self._method_of(request)
        by_https = is_allowed(asked, rules.allowed_hosts)
        check_origin(method, request.headers, asked, by_https=by_https, other_ports=not rules.require_pin)
        free = request.path in SESSION_PATHS or (rules.buttons and request.path == "/api/press")
        if method not in SAFE_METHODS and not free:
            self.check_pin(request)

    def check_pin(self, request: web.Request) -> None:
        """Raise ``Refused`` without the PIN, where one is asked for."""
        if self._sessions is not None and self._rules.require_pin:
            self._sessions.check(self.client(request))

    def is_foreign(self, request: web.Request) -> bool:
        """Say whether a request is for a name that is not the gateway's."""
        try:
            self._asked(request)
        except Refused as refused:
            return refused.failure.code == FOREIGN_HOST.code
        return False

    def client(self, request: web.Request) -> Client:
        """Who asks, as far as it is known."""
        headers = request.headers
        address = client_address(request.remote or "", headers.getall("X-Forwarded-For", ()), self._rules.proxies)
        return Client(address, ";".join(headers.getall("Cookie", ())), headers.get("Authorization"))

    def may_write(self, request: web.Request) -> bool:
        """Say whether a page needs no sign-in to write."""
        if self._sessions is None or not self._rules.require_pin:
            return True
        return self._sessions.has_session(self.client(request))

    def cors(self, request: web.BaseRequest) -> dict[str, str]:
        """Headers that let the older page read the answer, where it may."""
        if self._sessions is None or self._rules.require_pin:
            return {}
        try:
            asked = self._asked(request)
        except Refused:
            return {}
        return cors_headers(request.headers.get("Origin"), asked)

    def _asked(self, request: web.BaseRequest) -> Authority:
        return check_host(request.headers.get("Host"), self._state.snapshot.hostname, self._rules.allowed_hosts)
