"""The pages: HTML made of the snapshot, so that a browser without JavaScript sees the same truth.

A page's template has around the part that changes (``…-state.html``) what does not. The script fetches that part again
whenever the snapshot changes, so what a page says is worded here, in its templates and ``sentences.py``.
"""

from collections.abc import Mapping

from aiohttp import web

from mapio_display.core.facts.update import Phase
from mapio_display.core.failures import Failure
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update.reboot import ANNOUNCE_S
from mapio_display.web.http.answers import headers_of, status_of
from mapio_display.web.http.language import VARIES
from mapio_display.web.pages import home, release, setup, update
from mapio_display.web.pages.sentences import Banner, step_names
from mapio_display.web.refusals import NO_SUCH_PAGE
from mapio_display.web.templates import render
from mapio_display.words.catalogue import Words

SETUP_PATHS = ("/api/wifi", "/api/ssh")  # whose forms are on the set-up page
SIGN_IN_CODES = {"pin-required", "wrong-pin", "too-many-tries"}


class Pages:
    """Renders the pages.

    ``mark`` is that of the assets. ``links`` are the gateway's other pages by name; ``{host}`` in an address stands for
    the host asked for. By ``identity`` the page finds this gateway again under another address. With ``asks_pin`` there
    is a sign-in, and with ``buttons`` the panel's buttons are beside its picture.
    """

    def __init__(
        self,
        links: Mapping[str, str],
        mark: str = "",
        identity: str = "",
        *,
        asks_pin: bool = True,
        buttons: bool = False,
    ) -> None:
        self._links = links
        self._mark = mark
        self._identity = identity
        self._asks_pin = asks_pin
        self._buttons = buttons

    def home(
        self, snapshot: Snapshot, host: str, words: Words, *, part_only: bool, signed_in: bool = False
    ) -> web.Response:
        """The home page, or only the part of it that changes."""
        title = update.title(snapshot, "MAPIO", words)
        promised = home.promises_return(snapshot)
        fields = {
            "snapshot": snapshot,
            "data": self._data(snapshot, title, signed_in=signed_in, promised=promised),
            "buttons": self._buttons,
            "links": {name: address.replace("{host}", host) for name, address in self._links.items()},
            "offer": release.shown_offer(snapshot, words),
            "signed_in": signed_in,
            **home.fields(snapshot, words),
        }
        if part_only:
            return _html("home-state", words, fields)
        return self._page("home", title, words, fields, reload_s=30)

    def update(
        self,
        snapshot: Snapshot,
        words: Words,
        *,
        signed_in: bool,
        part_only: bool,
        after_sign_in: bool = False,
    ) -> web.Response:
        """The OTA page, or only the part of it that changes; ``after_sign_in``, it reports if that did not last."""
        title = update.title(snapshot, words.text("page.ota"), words)
        promised = update.promises_return(snapshot)
        fields = {
            "snapshot": snapshot,
            "data": self._data(snapshot, title, signed_in=signed_in, promised=promised),
            "now": update.shown(snapshot, words),
            "offer": release.offer(snapshot, words),
            "step_names": step_names(words),
            "announce_s": f"{ANNOUNCE_S:.0f}",
        }
        if part_only:
            return _html("update-state", words, fields)
        fields |= {
            "signed_in": signed_in,
            "asks_pin": self._asks_pin,
            "takes_bundle": update.takes_bundle(snapshot),
        }
        waits = snapshot.update.phase not in (Phase.IDLE, Phase.FAILED, Phase.INSTALLED)
        no_cookie = after_sign_in and not signed_in
        return self._page("update", title, words, fields, reload_s=3 if waits else None, no_cookie=no_cookie)

    def setup(
        self,
        snapshot: Snapshot,
        words: Words,
        ssh: setup.Ssh | None,
        *,
        signed_in: bool,
        part_only: bool,
        after_sign_in: bool = False,
    ) -> web.Response:
        """The set-up page, or only the part of it that changes; ``ssh`` is for who is signed in."""
        title = words.text("page.setup")
        promised = setup.promises_return(snapshot)
        fields = {
            "snapshot": snapshot,
            "data": self._data(snapshot, title, signed_in=signed_in, promised=promised),
            "now": setup.shown(snapshot, words),
            "signed_in": signed_in,
            "ssh": ssh,
            "ssh_error": words.say(ssh.error.message) if ssh and ssh.error else "",
        }
        if part_only:
            return _html("setup-state", words, fields)
        waits = snapshot.wifi.scanning or snapshot.wifi.joining is not None
        no_cookie = after_sign_in and not signed_in
        return self._page("setup", title, words, fields, reload_s=3 if waits else None, no_cookie=no_cookie)

    def failure(
        self, failure: Failure, words: Words, asked: str, status: int | None = None, base: str = ""
    ) -> web.Response:
        """A page for a request that was turned down, for the path ``asked``.

        ``status`` where the code alone does not say it; ``base`` is what its links begin with.
        """
        fields = {
            "said": Banner("bad", "", words.say(failure.message)),
            "detail": failure.detail,
            "asks_pin": failure.code in SIGN_IN_CODES,
            "back": "" if failure == NO_SUCH_PAGE else "setup" if asked.startswith(SETUP_PATHS) else "update",
        }
        page = self._page("failure", words.text("page.failure.title"), words, fields, base=base)
        page.set_status(status or status_of(failure))
        page.headers.update(headers_of(failure))
        return page

    def _data(self, snapshot: Snapshot, title: str, *, signed_in: bool, promised: bool) -> dict[str, str]:
        """What the script must know of the part that changes.

        ``promised``: the part says itself whether this page comes back when the gateway is away.
        """
        return {
            "data-title": title,
            "data-phase": snapshot.update.phase,
            "data-gateway": self._identity,
            "data-update": snapshot.update.id or "",
            "data-received": str(snapshot.update.bundle.received) if snapshot.update.bundle else "",
            "data-open": "yes" if update.offers_form(snapshot) else "no",
            "data-signed": "yes" if signed_in else "no",
            "data-explains": update.explains(snapshot),
            "data-problem": release.explains(snapshot),
            "data-returns": "promised" if promised else "",
            "data-boot": snapshot.boot_id or "",
            "data-local": snapshot.local_url or "",
            "data-mark": self._mark,
        }

    def _page(
        self,
        page: str,
        title: str,
        words: Words,
        fields: Mapping[str, object],
        *,
        base: str = "",
        reload_s: int | None = None,
        no_cookie: bool = False,
    ) -> web.Response:
        frame = {"page": page, "title": title, "base": base, "mark": self._mark}
        return _html(page, words, {**frame, "reload_s": reload_s, "no_cookie": no_cookie, **fields})


def _html(template: str, words: Words, fields: Mapping[str, object]) -> web.Response:
    return web.Response(text=render(template, words, **fields), content_type="text/html", headers=VARIES)
