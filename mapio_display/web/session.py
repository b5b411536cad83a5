"""Who has the PIN: the cookie, HTTP Basic, and the limit on wrong tries."""

import hashlib
import hmac
from base64 import b64decode
from collections import deque
from collections.abc import Callable, Mapping

from mapio_display.errors import Refused
from mapio_display.web.credentials import Credentials
from mapio_display.web.errors import PIN_REQUIRED, RETRY_AFTER_S, TOO_MANY_TRIES, WRONG_PIN

COOKIE = "mapio-session"
USER = "mapio"
TRIES = 10
WINDOW_S = 600.0


class TryLimit:
    """Ten wrong PINs within ten minutes close the way in for a minute, and so does each further one."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._wrong: deque[float] = deque(maxlen=TRIES)
        self._closed_until = 0.0

    def check(self) -> None:
        """Raise ``Refused`` while the way in is closed."""
        if self._monotonic() < self._closed_until:
            raise Refused(TOO_MANY_TRIES)

    def wrong(self) -> None:
        """Count a wrong try."""
        now = self._monotonic()
        self._wrong.append(now)
        if len(self._wrong) == TRIES and now - self._wrong[0] <= WINDOW_S:
            self._closed_until = now + RETRY_AFTER_S


class Sessions:
    """Signs in with the PIN, and knows who is signed in.

    The cookie is an HMAC over boot id and PIN with a key on the data partition: it outlives the daemon, and ends with a
    reboot or a new PIN, without a list of sessions.
    """

    def __init__(
        self, credentials: Credentials, boot_id: Callable[[], str | None], monotonic: Callable[[], float]
    ) -> None:
        self._credentials = credentials
        self._boot_id = boot_id
        self._limit = TryLimit(monotonic)

    def sign_in(self, pin: str) -> str:
        """Give the cookie's value for the right PIN; raises ``Refused``."""
        self._limit.check()
        if not _same(pin, self._credentials.pin):
            self._limit.wrong()
            raise Refused(WRONG_PIN)
        return self._token()

    def check(self, cookies: Mapping[str, str], authorization: str | None) -> None:
        """Raise ``Refused`` unless cookie or HTTP Basic show the PIN."""
        if self.has_cookie(cookies):
            return
        if authorization is None:
            raise Refused(PIN_REQUIRED)
        self.sign_in(_basic_pin(authorization))

    def has_cookie(self, cookies: Mapping[str, str]) -> bool:
        """Say whether the cookie is that of a living session."""
        return _same(cookies.get(COOKIE, ""), self._token())

    def _token(self) -> str:
        about = f"{self._boot_id()}\n{self._credentials.pin}"
        return hmac.new(self._credentials.key, about.encode(), hashlib.sha256).hexdigest()


def _same(given: str, ours: str) -> bool:
    """Compare in constant time; what is given may hold any code point, lone surrogates too."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), ours.encode())


def _basic_pin(authorization: str) -> str:
    """Take the password out of HTTP Basic (RFC 7617); what is no Basic of the right user is a wrong PIN."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise Refused(PIN_REQUIRED)
    try:
        user, _, password = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:  # no base64, not even ASCII, or no UTF-8 in it
        return ""
    return password if user == USER else ""
