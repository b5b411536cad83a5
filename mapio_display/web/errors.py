"""From a failure's code to the HTTP status, and to the answer that carries it."""

import json
import math
from dataclasses import dataclass, replace

from aiohttp import web

from mapio_display.core.failures import Failure
from mapio_display.core.text import decoded

STATUS = {
    "malformed": 400,
    "no-upload-length": 400,
    "not-offered": 400,
    "no-bundle": 400,
    "pin-required": 401,
    "wrong-pin": 401,
    "foreign-host": 403,
    "foreign-origin": 403,
    "not-found": 404,
    "no-such-upload": 404,
    "connection-lost": 408,
    "update-under-way": 409,
    "nothing-to-cancel": 409,
    "nothing-to-reboot": 409,
    "nothing-to-acknowledge": 409,
    "low-battery": 409,
    "cancelled": 409,
    "other-offset": 409,
    "sender-there": 409,
    "length-required": 411,
    "other-version": 412,
    "too-large": 413,
    "wrong-type": 415,
    "untrusted": 422,
    "wrong-device": 422,
    "damaged": 422,
    "install-failed": 422,
    "too-many-tries": 429,
    "head-too-large": 431,
    "busy": 503,
    "interrupted": 503,
    "rauc-unavailable": 503,
    "no-data-partition": 503,
    "read-only": 503,
    "no-space": 507,
    "storage": 507,
}
BUSY_S = 5
_MISUSES = {"malformed", "length-required", "no-bundle", "pin-required", "other-version", "wrong-type"}
_READS = {"GET", "HEAD", "OPTIONS"}
_TAKES_BUNDLES = ("/update", "/api/uploads")

NO_BUNDLE = Failure(
    "no-bundle", "There is no file in the form's field 'bundle'. Choose a .raucb file, or use curl -F bundle=@FILE."
)
LENGTH_REQUIRED = Failure(
    "length-required",
    "The request does not say how long it is. Send it with a Content-Length, as curl and browsers do.",
)
PIN_REQUIRED = Failure("pin-required", "This needs the PIN that the gateway's panel shows. Sign in and try again.")
WRONG_PIN = Failure("wrong-pin", "This is not the PIN that the gateway's panel shows. Look at the panel and try again.")
FOREIGN_HOST = Failure(
    "foreign-host",
    "The gateway does not go by this name. Use its IP address, or add the name to allowed_hosts in its configuration.",
)
FOREIGN_ORIGIN = Failure(
    "foreign-origin", "Another web site's page sent this, so it is refused. Open the gateway's own page."
)
HEAD_TOO_LARGE = Failure(
    "head-too-large",
    "The request's headers are longer than 16 kB, or more than 64. If a browser sent it, these are mostly cookies: "
    "a browser sends here those of all pages on this gateway's other ports too. "
    "Delete the cookies of this address in the browser, or open the page in a private window.",
)
BUSY = Failure(
    "busy",
    f"The gateway has too many connections. Close other windows that show it, wait {BUSY_S} seconds, and try again.",
)
BY_PROXY = Failure(
    FOREIGN_ORIGIN.code,
    "The page's address is not the one that the request names, so it is refused. A proxy in front of the gateway has "
    "to pass the Host header on, and the name has to be in allowed_hosts; docs/proxy.md shows how.",
)
NO_SUCH_PAGE = Failure("not-found", "There is no such page here. Go to the home page.")
NO_PICTURE = Failure(
    "not-found", "Nothing is known of what the panel shows. Wait until it has drawn its first picture."
)
OUR_FAULT = Failure("internal", "Something went wrong in the gateway itself. Try again; its log says what it was.")


@dataclass(frozen=True, slots=True)
class Later(Failure):
    """A failure that is over in so many seconds."""

    retry_after_s: int = 0


def too_many_tries(seconds: float) -> Later:
    """Sign-in is closed for so long."""
    seconds = round(seconds, 3)  # a clock of days counts no finer, and 60.0000001 s are one minute
    minutes = math.ceil(seconds / 60)
    return Later(
        "too-many-tries",
        f"Too many wrong PINs. Try again in {minutes} minute{'' if minutes == 1 else 's'}. To sign in at once, press "
        "MID on the panel's view Web server, or make a new PIN with: mapio-display pin new",
        retry_after_s=math.ceil(seconds),
    )


def malformed(detail: str) -> Failure:
    """The request cannot be understood; ``detail`` may hold parts of it, of any bytes."""
    text = "The request could not be understood. Reload the page and try again."
    return Failure("malformed", text, decoded(detail))


def for_sender(request: web.BaseRequest, failure: Failure) -> Failure:
    """The same in words for people at a command line, who have no page to load again.

    A browser says with each request that changes something which page it comes from.
    """
    if failure.code not in _MISUSES or request.method in _READS or "Origin" in request.headers:
        return failure
    message = "The request could not be understood." if failure.code == "malformed" else failure.message
    if request.path.startswith(_TAKES_BUNDLES):
        host = request.host if request.host.isascii() else "IP"
        message += f" At a command line, send a bundle with: curl -u mapio:PIN -F bundle=@FILE http://{host}/update"
    return replace(failure, message=message)


def wants_page(request: web.BaseRequest) -> bool:
    """Say whether a browser asks for something to show, and no script for something to read."""
    return "text/html" in request.headers.get("Accept", "")


def status_of(failure: Failure) -> int:
    """The HTTP status that goes with a failure."""
    return STATUS.get(failure.code, 500)


def headers_of(failure: Failure) -> dict[str, str]:
    """Headers that a failure's answer needs."""
    if isinstance(failure, Later):
        return {"Retry-After": str(failure.retry_after_s)}
    match failure.code:
        case "busy":
            return {"Retry-After": str(BUSY_S)}
        case "pin-required" | "wrong-pin":
            # RFC 9110 wants a challenge; "Basic" would make browsers pop up a box of their own over the page's form.
            return {"WWW-Authenticate": 'MapioPin realm="mapio"'}
        case "other-version":
            return {"Tus-Version": "1.0.0"}
        case _:
            return {}


def error_json(failure: Failure, status: int | None = None) -> web.Response:
    """The failure as the API answers it; ``status`` where the code alone does not say it."""
    body = {"error": {"code": failure.code, "message": failure.message, "detail": failure.detail}}
    return web.Response(
        status=status or status_of(failure),
        text=json.dumps(body, ensure_ascii=False),
        content_type="application/json",
        headers=headers_of(failure),
    )
