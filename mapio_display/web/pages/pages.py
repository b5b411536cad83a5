"""The pages: HTML made of the snapshot, so that a browser without JavaScript sees the same truth.

A page is a frame (``assets/page.html``) around parts. The part that changes is fetched again by the script whenever the
snapshot changes, so what a page says is worded here and in ``parts.py``, and nowhere else.
"""

import hashlib
from collections.abc import Mapping
from html import escape
from string import Template

from aiohttp import web

from mapio_display.core.facts.update import Phase
from mapio_display.core.failures import Failure
from mapio_display.core.snapshot import Snapshot
from mapio_display.resources import resource
from mapio_display.web.errors import NO_SUCH_PAGE, headers_of, status_of
from mapio_display.web.pages import parts, update_parts

TYPES = {
    "style.css": "text/css",
    **dict.fromkeys(
        (
            *("plain.js", "page.js", "address.js", "buttons.js", "dom.js", "drop.js", "http.js", "post.js", "send.js"),
            *("sign-in.js", "state.js", "upload.js"),
        ),
        "text/javascript",
    ),
    "icon.svg": "image/svg+xml",
    "icon.png": "image/png",  # Safari takes no other: apple-touch-icon
}
NAMES = {"home": ("/", "Home"), "update": ("/update", "OTA Update")}
AS_CURRENT = ' aria-current="page"'
FOR_EVER = "public, max-age=31536000, immutable"
SIGN_IN_CODES = {"pin-required", "wrong-pin", "too-many-tries"}


class Pages:
    """Renders the pages and serves the assets; the files are read once.

    ``links`` are the gateway's other pages by name; ``{host}`` in an address stands for the host asked for. By
    ``identity`` the page finds this gateway again under another address. With
    ``asks_pin`` there is a sign-in, and with ``buttons`` the panel's buttons are beside its picture.
    """

    def __init__(
        self, links: Mapping[str, str], identity: str = "", *, asks_pin: bool = True, buttons: bool = False
    ) -> None:
        self._links = links
        self._identity = identity
        self._asks_pin = asks_pin
        self._buttons = buttons
        self._frame, self._home, self._update, self._sign_in, self._sign_out = (
            Template(resource("assets", f"{name}.html").read_text("utf-8"))
            for name in ("page", "home", "update", "sign-in", "sign-out")
        )
        self._assets = {name: resource("assets", name).read_bytes() for name in TYPES}
        self._mark = hashlib.sha256(b"".join(self._assets.values())).hexdigest()[:12]

    def home(self, snapshot: Snapshot, host: str, *, part_only: bool, signed_in: bool = False) -> web.Response:
        """The home page, or only the part of it that changes."""
        part = self._home.substitute(
            parts.gateway(snapshot),
            banner=parts.headline(snapshot) + parts.wrong_pins(snapshot),
            panel=parts.panel(snapshot, buttons=self._buttons),
            slots=parts.slots(snapshot.slots),
            last=parts.last_update(snapshot),
            links=parts.links({name: address.replace("{host}", host) for name, address in self._links.items()}),
        )
        title = update_parts.title(snapshot, "MAPIO")
        promised = parts.promises_return(snapshot)
        state = self._state(snapshot, part, title, signed_in=signed_in, promised=promised)
        if part_only:
            return _html(state)
        return self._page("home", title, state, reload_s=30)

    def update(
        self, snapshot: Snapshot, *, signed_in: bool, part_only: bool, after_sign_in: bool = False
    ) -> web.Response:
        """The OTA page, or only the part of it that changes; ``after_sign_in``, it says so if that did not last."""
        title = update_parts.title(snapshot, "OTA Update")
        promised = update_parts.promises_return(snapshot)
        part = update_parts.update(snapshot)
        state = self._state(snapshot, part, title, signed_in=signed_in, promised=promised)
        if part_only:
            return _html(state)
        body = self._update.substitute(
            state=state,
            steps=update_parts.steps(0),
            version=escape(snapshot.os.version or "unknown"),
            sign_in=self._sign_in.substitute(hidden="hidden" if signed_in else ""),
            sign_out=self._sign_out.substitute(hidden="" if signed_in else "hidden") if self._asks_pin else "",
            form_hidden="" if signed_in and update_parts.takes_bundle(snapshot) else "hidden",
        )
        waits = snapshot.update.phase not in (Phase.IDLE, Phase.FAILED, Phase.INSTALLED)
        return self._page(
            "update",
            title,
            body,
            reload_s=3 if waits else None,
            no_cookie=after_sign_in and not signed_in,
        )

    def failure(self, failure: Failure, status: int | None = None, base: str = "") -> web.Response:
        """A page for a request that was turned down.

        ``status`` where the code alone does not say it; ``base`` is what its links begin with.
        """
        address, label = ("/", NAMES["home"][1]) if failure == NO_SUCH_PAGE else ("/update", "Back to OTA Update")
        sign_in = self._sign_in.substitute(hidden="") if failure.code in SIGN_IN_CODES else ""
        body = parts.failure(failure, sign_in, (base + address, f"Go to {base}{address}" if base else label))
        page = self._page("failure", "Not done", body, base=base)
        page.set_status(status or status_of(failure))
        page.headers.update(headers_of(failure))
        return page

    async def asset(self, request: web.Request) -> web.Response:
        """A file of ``assets/``; its address changes with its content, so a browser may keep it."""
        name = request.match_info["name"]
        if name not in TYPES:
            raise web.HTTPNotFound
        headers = {"Cache-Control": FOR_EVER} if request.match_info["mark"] == self._mark else None
        charset = None if TYPES[name] == "image/png" else "utf-8"
        return web.Response(body=self._assets[name], content_type=TYPES[name], charset=charset, headers=headers)

    def _state(self, snapshot: Snapshot, part: str, title: str, *, signed_in: bool, promised: bool) -> str:
        """The part that changes; what the script must know is in ``data-*``.

        ``promised``: the part says itself whether this page comes back when the gateway is away.
        """
        data = {
            "title": title,
            "phase": snapshot.update.phase,
            "gateway": self._identity,
            "update": snapshot.update.id or "",
            "received": str(snapshot.update.bundle.received) if snapshot.update.bundle else "",
            "open": "yes" if update_parts.offers_form(snapshot) else "no",
            "signed": "yes" if signed_in else "no",
            "explains": update_parts.explains(snapshot),
            "returns": "promised" if promised else "",
            "boot": snapshot.boot_id or "",
            "local": snapshot.local_url or "",
            "mark": self._mark,
        }
        attributes = " ".join(f'data-{name}="{escape(value)}"' for name, value in data.items())
        return f'<div id="state" tabindex="-1" {attributes}>{part}</div>'

    def _page(
        self,
        page: str,
        title: str,
        body: str,
        *,
        base: str = "",
        reload_s: int | None = None,
        no_cookie: bool = False,
    ) -> web.Response:
        # Only without the script does the browser load the whole page again.
        reload = f'<noscript><meta http-equiv="refresh" content="{reload_s}"></noscript>' if reload_s else ""
        fields = {
            "title": escape(title),
            "mark": self._mark,
            "name": page,
            "base": escape(base),
            "nav": _nav(page, base),
            "no_cookie": "" if no_cookie else "hidden",
            "reload": reload,
            "reload_s": reload_s or "",
            "body": body,
        }
        return _html(self._frame.substitute(fields))


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html")


def _nav(here: str, base: str) -> str:
    """Links to the pages, the one that is shown marked as such."""
    return " ".join(
        f'<a href="{escape(base + address)}"{AS_CURRENT if name == here else ""}>{title}</a>'
        for name, (address, title) in NAMES.items()
    )
