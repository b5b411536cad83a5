"""A refusal as an HTTP answer: its status, its headers, and who reads it."""

import json
from dataclasses import replace

from aiohttp import web

from mapio_display.core.failures import Failure
from mapio_display.web.refusals import BUSY_S, Later

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
_MISUSES = {"malformed", "length-required", "no-bundle", "pin-required", "other-version", "wrong-type"}
_READS = {"GET", "HEAD", "OPTIONS"}
_TAKES_BUNDLES = ("/update", "/api/uploads")


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
