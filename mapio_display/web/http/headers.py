"""What every answer carries, whichever part of the web server makes it; and what a request says of its body."""

from collections.abc import Mapping

from aiohttp import web

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    # A page whose gateway stays away asks for it by its name (assets/address.js).
    "connect-src 'self' http://*.local:*; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    # "no-referrer" would do for the rest, but makes browsers send "Origin: null" with a form (Fetch, 3.2).
    "Referrer-Policy": "same-origin",
    "Server": "mapio-display",
}


def add_headers(response: web.StreamResponse, headers: Mapping[str, str]) -> None:
    """Set an answer's headers; it then varies by what it varied by before, too."""
    varies = response.headers.getall("Vary", [])
    response.headers.update(headers)
    if varies and "Vary" in headers:
        response.headers["Vary"] = ", ".join([*varies, headers["Vary"]])


def media_type(request: web.Request) -> str:
    """The body's media type in lower case, without parameters (RFC 9110, 8.3.1); empty where none is given.

    ``content_type`` of aiohttp 3.9 raises ``UnicodeEncodeError`` for parameters that are not all ASCII.
    """
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
