"""Wi-Fi: the networks found, and the requests to look again, to join one and to forget one.

A password goes to the core with the request and nowhere else: no answer and no log has it.
"""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from mapio_display.core.facts.wifi import (
    WifiCountryRequested,
    WifiForgetRequested,
    WifiNetwork,
    WifiScanRequested,
)
from mapio_display.core.facts.wifi_join import WifiJoinRequested
from mapio_display.core.failures import Failure
from mapio_display.core.ssid import Security, Ssid, ssid_of
from mapio_display.errors import Refused
from mapio_display.web.api.content import answer, read_object, to_setup
from mapio_display.web.http.answers import wants_page
from mapio_display.web.http.language import VARIES, Languages
from mapio_display.web.ports import StatePort
from mapio_display.web.refusals import malformed
from mapio_display.words.catalogue import Words

PATH = "/api/wifi"
NETWORKS_PATH = f"{PATH}/networks"
COUNTRY_PATH = f"{PATH}/country"


class Wifi:
    """Handlers of ``/api/wifi``; ``check_pin`` raises without the PIN."""

    def __init__(self, state: StatePort, languages: Languages, check_pin: Callable[[web.Request], None]) -> None:
        self._state = state
        self._languages = languages
        self._check_pin = check_pin

    def routes(self) -> list[web.RouteDef]:
        """The routes."""
        return [
            web.get(NETWORKS_PATH, self.networks),
            web.post(NETWORKS_PATH, self.scan),
            web.post(PATH, self.join),
            web.delete(PATH, self.forget),
            web.post(COUNTRY_PATH, self.set_country),
        ]

    async def networks(self, request: web.Request) -> web.Response:
        """What the last scan found, and what the gateway has saved."""
        self._check_pin(request)
        wifi = self._state.snapshot.wifi
        content = {
            "scanning": wifi.scanning,
            "networks": [_network(network) for network in wifi.networks],
            "saved": [_ssid(ssid) for ssid in wifi.saved],
            "country": wifi.country,
            "error": _error(wifi.scan_error, self._languages.of(request)),
        }
        return answer(content, VARIES)

    async def scan(self, request: web.Request) -> web.Response:
        """Look for networks again."""
        self._state.dispatch(WifiScanRequested())
        return to_setup() if wants_page(request) else answer({"scanning": True})

    async def join(self, request: web.Request) -> web.Response:
        """Begin to join a network; the status has what becomes of it. A form may also name one to ``forget``."""
        wish = await read_object(request)
        if isinstance(wish.get("forget"), str):
            return self._forget({"octets": wish["forget"]}, request)
        ssid = _named(wish)
        security = _security(wish, ssid, self._state.snapshot.wifi.networks)
        password = wish.get("password") or None
        if not (password is None or isinstance(password, str)):
            raise Refused(malformed("'password' must be a text"))
        hidden = wish.get("hidden") in (True, "on")
        snapshot = self._state.dispatch(WifiJoinRequested(ssid, password, security, hidden))
        if wants_page(request):
            return to_setup()
        joining = snapshot.wifi.joining
        return web.json_response({"stage": joining.stage if joining else None}, status=202)

    async def forget(self, request: web.Request) -> web.Response:
        """Take a network out of what the gateway has saved."""
        return self._forget(await read_object(request), request)

    async def set_country(self, request: web.Request) -> web.Response:
        """Have the Wi-Fi keep to the rules of a country; an empty one takes it out."""
        country = (await read_object(request)).get("country")
        if not (country is None or isinstance(country, str)):
            raise Refused(malformed("'country' must be a text"))
        self._state.dispatch(WifiCountryRequested((country or "").strip().upper() or None))
        return to_setup() if wants_page(request) else answer({})

    def _forget(self, wish: dict[str, Any], request: web.Request) -> web.Response:
        self._state.dispatch(WifiForgetRequested(_named(wish)))
        return to_setup() if wants_page(request) else answer({})


def _named(wish: dict[str, Any]) -> Ssid:
    """The network of a request: by its name's bytes in hexadecimal, or by its name. Raises ``Refused``."""
    octets, name = wish.get("octets"), wish.get("ssid")
    try:
        if isinstance(octets, str):
            return ssid_of(bytes.fromhex(octets))
        if isinstance(name, str):
            return ssid_of(name.encode())
    except ValueError as error:  # a lone surrogate too
        raise Refused(malformed("this is no name of a network")) from error
    raise Refused(malformed("there is neither 'ssid' nor 'octets' in it"))


def _security(wish: dict[str, Any], ssid: Ssid, networks: tuple[WifiNetwork, ...]) -> Security | None:
    """How a network is secured: as it was found, or else as the request says."""
    for network in networks:
        if network.ssid == ssid:
            return network.security
    try:
        return Security(wish["security"]) if wish.get("security") else None
    except ValueError as error:
        raise Refused(malformed(f"'security' must be one of {', '.join(Security)}")) from error


def _error(failure: Failure | None, words: Words) -> dict[str, str | None] | None:
    if failure is None:
        return None
    return {"code": failure.code, "message": words.say(failure.message), "detail": failure.detail}


def _network(network: WifiNetwork) -> dict[str, object]:
    about = {"signal": network.signal, "security": network.security, "saved": network.saved}
    return {**_ssid(network.ssid), **about, "supported": network.security.supported}


def _ssid(ssid: Ssid) -> dict[str, str]:
    return {"name": ssid.name, "octets": ssid.octets.hex()}
