"""A refusal as an HTTP answer: its status, its headers, and who reads it."""

import json

from aiohttp import web

from mapio_display.core.failures import Failure
from mapio_display.core.message import message
from mapio_display.web.http.language import VARIES
from mapio_display.web.refusals import BUSY_S, Later
from mapio_display.words.catalogue import Words

STATUS = {
    "malformed": 400,
    "wifi-ssid": 400,
    "wifi-password": 400,
    "wifi-country": 400,
    "no-upload-length": 400,
    "not-offered": 400,
    "no-bundle": 400,
    "pin-required": 401,
    "wrong-pin": 401,
    "foreign-host": 403,
    "foreign-origin": 403,
    "not-found": 404,
    "no-such-upload": 404,
    "wifi-not-saved": 404,
    "no-such-key": 404,
    "ssh-off": 404,
    "releases-off": 404,
    "no-offer": 409,
    "connection-lost": 408,
    "update-under-way": 409,
    "wifi-busy": 409,
    "no-wifi": 409,
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
    "no-key": 422,
    "private-key": 422,
    "bad-key": 422,
    "too-many-keys": 422,
    "untrusted": 422,
    "wrong-device": 422,
    "damaged": 422,
    "install-failed": 422,
    "wifi-not-supported": 422,
    "too-many-tries": 429,
    "head-too-large": 431,
    "no-answer": 502,
    "not-secure": 502,
    "bad-answer": 502,
    "rate-limited": 502,
    "busy": 503,
    "interrupted": 503,
    "rauc-unavailable": 503,
    "no-data-partition": 503,
    "read-only": 503,
    "ssh-storage": 507,
    "no-space": 507,
    "storage": 507,
}
_MISUSES = {"malformed", "length-required", "no-bundle", "pin-required", "other-version", "wrong-type"}
_READS = {"GET", "HEAD", "OPTIONS"}
_TAKES_BUNDLES = ("/update", "/api/uploads")


def for_sender(request: web.BaseRequest, refused: Failure, words: Words) -> str:
    """The failure in words for people at a command line, who have no page to load again.

    A browser says with each request that changes something which page it comes from.
    """
    if refused.code not in _MISUSES or request.method in _READS or "Origin" in request.headers:
        return words.say(refused.message)
    said = message("malformed.by-command") if refused.code == "malformed" else refused.message
    text = words.say(said)
    if request.path.startswith(_TAKES_BUNDLES):
        host = request.host if request.host.isascii() else "IP"
        text += f" {words.text('command-line', host=host)}"
    return text


def wants_page(request: web.BaseRequest) -> bool:
    """Say whether a browser asks for something to show, and no script for something to read."""
    return "text/html" in request.headers.get("Accept", "")


def status_of(refused: Failure) -> int:
    """The HTTP status that goes with a failure."""
    return STATUS.get(refused.code, 500)


def headers_of(refused: Failure) -> dict[str, str]:
    """Headers that a failure's answer needs."""
    if isinstance(refused, Later):
        return {"Retry-After": str(refused.retry_after_s)}
    match refused.code:
        case "busy":
            return {"Retry-After": str(BUSY_S)}
        case "pin-required" | "wrong-pin":
            # RFC 9110 wants a challenge; "Basic" would make browsers pop up a box of their own over the page's form.
            return {"WWW-Authenticate": 'MapioPin realm="mapio"'}
        case "other-version":
            return {"Tus-Version": "1.0.0"}
        case _:
            return {}


def error_json(refused: Failure, words: Words, status: int | None = None, text: str | None = None) -> web.Response:
    """The failure as the API answers it; ``status`` and ``text`` where its code and message alone do not say it."""
    text = words.say(refused.message) if text is None else text
    body = {"error": {"code": refused.code, "message": text, "detail": refused.detail}}
    return web.Response(
        status=status or status_of(refused),
        text=json.dumps(body, ensure_ascii=False),
        content_type="application/json",
        headers={**VARIES, **headers_of(refused)},
    )
