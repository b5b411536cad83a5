"""What small requests bring, and their answers."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from mapio_display.errors import Refused
from mapio_display.web.http.headers import media_type
from mapio_display.web.refusals import malformed

Handler = Any  # aiohttp's own type for handlers is private


async def read_object(request: web.Request) -> dict[str, Any]:
    """Take the body apart, which is there: a JSON object, or a form's fields."""
    try:
        if media_type(request) == "application/x-www-form-urlencoded":
            return dict(await request.post())
        content = json.loads(await request.text())
    except (ValueError, LookupError, RecursionError) as error:  # LookupError: the charset is unknown
        raise Refused(malformed(f"the body is no JSON: {error}")) from error
    if not isinstance(content, dict):
        raise Refused(malformed("the body is no JSON object"))
    return content


def to_setup() -> web.Response:
    """Back to the set-up page, for a form that was sent from there."""
    return web.Response(status=303, headers={"Location": "/setup"})


def answer(content: object, headers: Mapping[str, str] | None = None) -> web.Response:
    """``content`` as JSON."""
    return web.json_response(content, headers=headers, dumps=lambda value: json.dumps(value, ensure_ascii=False))
