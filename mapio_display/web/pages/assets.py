"""The page's scripts, styles and icons, out of ``assets/``."""

import hashlib

from aiohttp import web

from mapio_display.resources import resource

TYPES = {
    "style.css": "text/css",
    **dict.fromkeys(
        (
            *("plain.js", "page.js", "address.js", "buttons.js", "dom.js", "drop.js", "http.js", "post.js", "send.js"),
            *("setup.js", "sign-in.js", "state.js", "upload.js", "words.js"),
        ),
        "text/javascript",
    ),
    "icon.svg": "image/svg+xml",
    "icon.png": "image/png",  # Safari takes no other: apple-touch-icon
}
FOR_EVER = "public, max-age=31536000, immutable"


class Assets:
    """The files, read once. ``mark`` is a digest of them all, for their addresses."""

    def __init__(self) -> None:
        self._files = {name: resource("assets", name).read_bytes() for name in TYPES}
        self.mark = hashlib.sha256(b"".join(self._files.values())).hexdigest()[:12]

    async def handle(self, request: web.Request) -> web.Response:
        """A file; its address changes with its content, so a browser may keep it."""
        name = request.match_info["name"]
        if name not in TYPES:
            raise web.HTTPNotFound
        headers = {"Cache-Control": FOR_EVER} if request.match_info["mark"] == self.mark else None
        charset = None if TYPES[name] == "image/png" else "utf-8"
        return web.Response(body=self._files[name], content_type=TYPES[name], charset=charset, headers=headers)
