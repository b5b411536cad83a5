"""Where the pages are, and what each request for one is answered with."""

from aiohttp import web

from mapio_display.errors import Refused
from mapio_display.web.auth.access import authority
from mapio_display.web.auth.gate import Gate
from mapio_display.web.http.language import Languages
from mapio_display.web.pages.pages import Pages
from mapio_display.web.pages.setup import Ssh
from mapio_display.web.ports import KeysPort, StatePort
from mapio_display.web.refusals import WITHOUT_PIN


class PageRoutes:
    """Handlers of the pages; ``keys`` are the SSH keys, for those who may see them; ``open_to_all`` shows none."""

    def __init__(
        self,
        state: StatePort,
        pages: Pages,
        languages: Languages,
        gate: Gate,
        keys: KeysPort | None = None,
        *,
        open_to_all: bool = False,
    ) -> None:
        self._state = state
        self._pages = pages
        self._languages = languages
        self._gate = gate
        self._keys = keys
        self._open_to_all = open_to_all

    def routes(self) -> list[web.RouteDef]:
        """The routes."""
        return [web.get("/", self.home), web.get("/update", self.update), web.get("/setup", self.setup)]

    async def home(self, request: web.Request) -> web.Response:
        """The home page."""
        return self._pages.home(
            self._state.snapshot,
            _host_of(request),
            self._languages.of(request),
            signed_in=self._gate.may_write(request),
            part_only="part" in request.query,
        )

    async def update(self, request: web.Request) -> web.Response:
        """The OTA page."""
        return self._pages.update(
            self._state.snapshot,
            self._languages.of(request),
            signed_in=self._gate.may_write(request),
            part_only="part" in request.query,
            after_sign_in="signed-in" in request.query,
        )

    async def setup(self, request: web.Request) -> web.Response:
        """The set-up page."""
        signed_in = self._gate.may_write(request)
        return self._pages.setup(
            self._state.snapshot,
            self._languages.of(request),
            await self._ssh() if signed_in else None,
            signed_in=signed_in,
            part_only="part" in request.query,
            after_sign_in="signed-in" in request.query,
        )

    async def _ssh(self) -> Ssh | None:
        if self._keys is None:
            return None
        if self._open_to_all:
            return Ssh(error=WITHOUT_PIN)
        try:
            return Ssh(await self._keys.keys())
        except Refused as refused:
            return Ssh(error=refused.failure)


def _host_of(request: web.Request) -> str:
    """The host that was asked for, as a URL has it."""
    asked = authority(request.host)
    return asked.for_url if asked else "localhost"
