"""Who has the PIN: the session's cookie, HTTP Basic, and the cookie by which a browser is known again.

A browser sends its cookies to every port of a host, so the web pages of the gateway's containers receive ours too. So
a session is only good for the address it was made for, and the other cookie opens nothing: it gives a browser that was
signed in before tries of its own. ``docs/http.md`` says what a container can do nevertheless.
"""

import hashlib
import hmac
import logging
import re
import secrets
from base64 import b64decode
from collections.abc import Callable

from mapio_display.core.facts.web import WrongPins
from mapio_display.durable import BootFile
from mapio_display.errors import Refused
from mapio_display.frozen import Frozen
from mapio_display.web.auth.credentials import Credentials
from mapio_display.web.auth.tries import Tries
from mapio_display.web.refusals import PIN_REQUIRED, WRONG_PIN, too_many_tries

log = logging.getLogger(__name__)

COOKIE = "mapio-session"
BROWSER_COOKIE = "mapio-browser"
# In front of the name of a cookie that is set over HTTPS (RFC 6265bis, 4.1.3): a browser keeps it from plain HTTP, and
# would not let one of the same name be set there.
SECURE = "__Secure-"
USER = "mapio"
ADDRESSES_MOST = 4  # that one session's cookie is good for: IPv4 and IPv6, at home and by the hotspot
ENDED_MOST = 256  # sessions
_COOKIES_MOST = 8  # of one name; each port of the host, and each path, may have set one
_TOKEN = re.compile(r"([0-9a-f]{16})([0-9a-f]{64})", re.ASCII)


class Client(Frozen):
    """Who asks: the address, and the headers ``Cookie`` and ``Authorization``."""

    address: str
    cookie: str = ""
    authorization: str | None = None

    def cookies(self, name: str) -> list[str]:
        """The values of the cookies of that name, by HTTPS or not; other ports of the host may have set some too."""
        pairs = (part.strip().partition("=") for part in self.cookie.split(";"))
        return [value for key, _, value in pairs if key in (name, SECURE + name)][:_COOKIES_MOST]


class SignedIn(Frozen):
    """The values of the two cookies for a browser that has shown the PIN."""

    session: str
    browser: str


class Sessions:
    """Signs in with the PIN, and knows who is signed in.

    A session is a number and an HMAC over it, boot id, PIN and the client's address, with a key on the data partition:
    it outlives the daemon, and ends with a reboot or a new PIN, without a list of sessions. There is a list, in the
    runtime directory, of those that were signed out. A cookie holds a session for each of the addresses that its
    browser has signed in from, so that a change of address and back takes the PIN once.

    ``dispatch`` is given an event when wrong PINs close sign-in, and when they turn out to be a slip of the owner's.
    """

    def __init__(
        self,
        credentials: Credentials,
        boot_id: Callable[[], str | None],
        tries: Tries,
        ended: BootFile,
        dispatch: Callable[[WrongPins], object],
    ) -> None:
        self._credentials = credentials
        self._boot_id = boot_id
        self._tries = tries
        self._ended = ended
        self._dispatch = dispatch
        self._numbers: list[str] = []  # of the sessions that were signed out
        self._epoch = ""
        self._load()

    def sign_in(self, client: Client, pin: str) -> SignedIn:
        """Give the cookies for the right PIN; raises ``Refused``."""
        browser = self._browser(client)
        self._try(client.address, browser, pin)
        number = secrets.token_hex(8)
        others = (token for token, _ in self._living(client) if not self._is_of(token, client.address))
        sessions = [number + self._session_mac(number, client.address), *others]
        browser = browser or secrets.token_hex(8)
        return SignedIn(".".join(sessions[:ADDRESSES_MOST]), browser + self._mac("browser", browser))

    def sign_out(self, client: Client) -> None:
        """End the session of who asks, for each of its addresses; without one nothing happens."""
        if not self.has_session(client):
            return
        self._numbers += [number for _, number in self._living(client)]
        if len(self._numbers) > ENDED_MOST:  # by a client that has the PIN; then all are asked for it once more
            self._numbers, self._epoch = [], secrets.token_hex(8)
        try:
            self._ended.store({"numbers": self._numbers, "epoch": self._epoch})
        except OSError as error:
            log.error("%s cannot be written; a restart forgets who signed out: %s", self._ended.path, error)

    def check(self, client: Client) -> None:
        """Raise ``Refused`` unless cookie or HTTP Basic show the PIN."""
        if self.has_session(client):
            return
        if client.authorization is None:
            raise Refused(PIN_REQUIRED)
        self._try(client.address, self._browser(client), _basic_pin(client.authorization))

    def has_session(self, client: Client) -> bool:
        """Say whether a cookie is that of a living session of this address."""
        return any(self._is_of(token, client.address) for token, _ in self._living(client))

    def _try(self, address: str, browser: str | None, pin: str) -> None:
        wait_s = self._tries.wait_s(address, browser)
        if wait_s > 0:
            raise Refused(too_many_tries(wait_s))
        if not _same(pin, self._credentials.pin):
            if closed := self._tries.wrong(address, browser):
                self._dispatch(WrongPins(*closed))
            raise Refused(WRONG_PIN)
        if self._tries.right(address):
            self._dispatch(WrongPins(None, None))

    def _living(self, client: Client) -> list[tuple[str, str]]:
        """The sessions in the client's cookies that were not signed out, whosever they are, with their numbers."""
        tokens = [token for value in client.cookies(COOKIE) for token in value.split(".")[:ADDRESSES_MOST]]
        found = [(token, match[1]) for token in tokens if (match := _TOKEN.fullmatch(token))]
        return [(token, number) for token, number in found if number not in self._numbers]

    def _browser(self, client: Client) -> str | None:
        """The name of a browser that was signed in before; None for one that has no cookie of ours to say so."""
        for value in client.cookies(BROWSER_COOKIE):
            if (match := _TOKEN.fullmatch(value)) and _same(match[2], self._mac("browser", match[1])):
                return match[1]
        return None

    def _is_of(self, token: str, address: str) -> bool:
        number = token[:16]
        return _same(token, number + self._session_mac(number, address))

    def _session_mac(self, number: str, address: str) -> str:
        return self._mac("session", number, address, str(self._boot_id()), self._credentials.pin, self._epoch)

    def _mac(self, *about: str) -> str:
        return hmac.new(self._credentials.key, "\n".join(about).encode(), hashlib.sha256).hexdigest()

    def _load(self) -> None:
        try:
            kept = self._ended.load()
            self._numbers, self._epoch = [str(number) for number in kept.get("numbers", ())], str(kept.get("epoch", ""))
        except (OSError, ValueError, TypeError) as error:
            log.warning("%s cannot be read; everybody has to sign in again: %s", self._ended.path, error)
            self._epoch = secrets.token_hex(8)


def _same(given: str, ours: str) -> bool:
    """Compare in constant time; what is given may hold any code point, lone surrogates too."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), ours.encode())


def _basic_pin(authorization: str) -> str:
    """Take the password out of HTTP Basic (RFC 7617); what is not Basic of the right user is a wrong PIN."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise Refused(PIN_REQUIRED)
    try:
        user, _, password = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:  # no base64, not even ASCII, or no UTF-8 in it
        return ""
    return password if user == USER else ""
