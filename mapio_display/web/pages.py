"""The pages: HTML made of the snapshot, so that a browser without JavaScript sees the same truth.

A page is a frame (``assets/page.html``) around parts. The part that changes is fetched again by the script whenever the
snapshot changes, so what a page says is worded here and nowhere else. Everything from outside is escaped.
"""

import hashlib
from html import escape
from string import Template

from aiohttp import web

from mapio_display.core.failures import Failure
from mapio_display.core.record import LastUpdate, Result
from mapio_display.core.snapshot import PanelState, Phase, Slot, Snapshot, Step
from mapio_display.resources import resource
from mapio_display.web.errors import headers_of, status_of

TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
ASSETS = ("style.css", "page.js", "icon.svg")

_RESULTS = {
    Result.SUCCEEDED: ("good", "Update succeeded"),
    Result.FAILED: ("bad", "Update failed"),
    Result.ROLLED_BACK: ("bad", "Update rolled back"),
    Result.INTERRUPTED: ("warn", "Update interrupted"),
}
_STEPS = ("Transfer", "Check", "Install", "Restart")
_STEP_OF = {
    Phase.RECEIVING: 0,
    Phase.INSPECTING: 1,
    Phase.INSTALLING: 2,
    Phase.INSTALLED: 3,
    Phase.REBOOTING: 3,
}


class Pages:
    """Renders the pages and serves the assets; the files are read once."""

    def __init__(self) -> None:
        self._frame = Template(resource("assets", "page.html").read_text("utf-8"))
        self._home = Template(resource("assets", "home.html").read_text("utf-8"))
        self._update = Template(resource("assets", "update.html").read_text("utf-8"))
        self._assets = {name: resource("assets", name).read_bytes() for name in ASSETS}
        self._mark = hashlib.sha256(b"".join(self._assets.values())).hexdigest()[:12]

    def home(self, snapshot: Snapshot, *, part_only: bool) -> web.Response:
        """The home page, or only the part of it that changes."""
        part = self._home.substitute(
            state=_headline(snapshot),
            version=_text(snapshot.os.version or "unknown"),
            pretty=_text(snapshot.os.pretty or ""),
            hostname=_text(snapshot.hostname or "unknown"),
            addresses=_addresses(snapshot),
            rauc={True: "ready", False: "RAUC does not answer: no updates possible", None: "…"}[
                snapshot.rauc.available
            ],
            panel=_panel(snapshot),
            slots="".join(map(_slot, snapshot.slots)) or "<tr><td colspan=4>not known yet</td></tr>",
            last=_last(snapshot.last_update),
        )
        return self._page("Home", part, part_only=part_only, name="home")

    def update(self, snapshot: Snapshot, *, signed_in: bool, part_only: bool) -> web.Response:
        """The OTA page, or only the part of it that changes."""
        part = _progress(snapshot)
        if part_only:
            return self._page("OTA Update", part, part_only=True, name="update")
        open_ = snapshot.update.phase in (Phase.IDLE, Phase.FAILED)
        body = self._update.substitute(
            part=part,
            version=_text(snapshot.os.version or "unknown"),
            sign_in_hidden="hidden" if signed_in else "",
            form_hidden="" if signed_in and open_ else "hidden",
        )
        return self._page("OTA Update", body, part_only=False, name="update")

    def failure(self, failure: Failure, status: int | None = None) -> web.Response:
        """A page for a request that was turned down."""
        detail = f"<details><summary>Details</summary><pre>{_text(failure.detail)}</pre></details>"
        body = (
            f'<section class="card bad" role="alert"><h1>That did not work</h1><p>{_text(failure.message)}</p>'
            f"{detail if failure.detail else ''}"
            '<p><a class="button" href="/update">Back to OTA Update</a></p></section>'
        )
        page = self._page("Not done", body, part_only=False, name="failure")
        page.set_status(status or status_of(failure))
        page.headers.update(headers_of(failure))
        return page

    async def asset(self, request: web.Request) -> web.Response:
        """A file of ``assets/``; its address changes with its content, so a browser may keep it."""
        name = request.match_info["name"]
        content = self._assets.get(name)
        if content is None:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        return web.Response(body=content, content_type=TYPES["." + name.rpartition(".")[2]], headers=headers)

    def _page(self, title: str, body: str, *, part_only: bool, name: str) -> web.Response:
        if not part_only:
            body = self._frame.substitute(title=escape(title), body=body, mark=self._mark, name=name)
        return web.Response(text=body, content_type="text/html")


def _text(value: object) -> str:
    return escape(str(value))


def _headline(snapshot: Snapshot) -> str:
    update, last = snapshot.update, snapshot.last_update
    if update.phase is Phase.FAILED and update.error:
        return _banner("bad", "Update failed", update.error.message)
    if update.phase is not Phase.IDLE:
        return _banner("busy", "An update is under way", _sentence(snapshot))
    if last is not None and not last.acknowledged and last.result is not Result.SUCCEEDED:
        kind, title = _RESULTS[last.result]
        return _banner(kind, title, last.reason or "")
    return _banner("good", "The gateway is running", f"Version {snapshot.os.version or 'unknown'}")


def _banner(kind: str, title: str, text: str) -> str:
    return f'<div class="banner {kind}" role="status"><strong>{_text(title)}</strong> <span>{_text(text)}</span></div>'


def _addresses(snapshot: Snapshot) -> str:
    rows = [f"{_text(entry.address)} <small>{_text(entry.interface)}</small>" for entry in snapshot.network.addresses]
    return "<br>".join(rows) or "none"


def _panel(snapshot: Snapshot) -> str:
    if snapshot.panel.state is PanelState.NOT_RESPONDING:
        return '<p class="note">The panel does not answer.</p>'
    # The refreshes' number makes the address another one whenever the picture is.
    count = snapshot.panel.full_refreshes + snapshot.panel.partial_refreshes
    return f'<img class="glass" src="/api/panel.png?{count}" width="250" height="122" alt="What the panel shows now">'


def _slot(slot: Slot) -> str:
    cells = (slot.bootname or slot.name, slot.version or "–", slot.state or "–", slot.boot_status or "–")
    return f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in cells)}</tr>"


def _last(last: LastUpdate | None) -> str:
    if last is None:
        return "<p>None so far.</p>"
    kind, title = _RESULTS[last.result]
    versions = f"{last.from_version or '?'} → {last.to_version or '?'}"
    when = f" <small>{_text(last.finished_at)}</small>" if last.finished_at else ""
    reason = f"<p>{_text(last.reason)}</p>" if last.reason else ""
    return f'<p class="{kind}"><strong>{title}</strong> {_text(versions)}{when}</p>{reason}'


def _progress(snapshot: Snapshot) -> str:
    """The part of the OTA page that changes; ``data-*`` tell the script what to show around it."""
    update = snapshot.update
    attributes = (
        f'data-phase="{update.phase}" data-id="{_text(update.id or "")}" data-boot="{_text(snapshot.boot_id or "")}"'
    )
    match update.phase:
        case Phase.IDLE:
            body = _idle(snapshot)
        case Phase.FAILED:
            body = _failed(snapshot)
        case _:
            body = _under_way(snapshot)
    return f'<div id="state" {attributes}>{body}</div>'


def _idle(snapshot: Snapshot) -> str:
    if snapshot.rauc.available is False:
        return _banner("bad", "No updates possible", "The update service RAUC does not answer. Restart the gateway.")
    last = snapshot.last_update
    if last is None or last.acknowledged:
        return ""
    kind, title = _RESULTS[last.result]
    text = last.reason or ""
    if last.result is Result.SUCCEEDED:
        text = f"Version {snapshot.os.version or '?'} is running. {text}"
    return _banner(kind, title, text) + _action("/api/update/acknowledge", "OK")


def _failed(snapshot: Snapshot) -> str:
    error = snapshot.update.error
    assert error is not None
    detail = f"<details><summary>Details</summary><pre>{_text(error.detail)}</pre></details>" if error.detail else ""
    return (
        _banner("bad", "The update was not installed", error.message)
        + detail
        + _action("/api/update/acknowledge", "OK")
    )


def _under_way(snapshot: Snapshot) -> str:
    update = snapshot.update
    at = _STEP_OF[update.phase]
    steps = "".join(
        f'<li{" aria-current=step" if index == at else ""} class="{"done" if index < at else ""}">{name}</li>'
        for index, name in enumerate(_STEPS)
    )
    value = f' value="{update.percent}"' if update.percent is not None else ""
    percent = f"{update.percent} %" if update.percent is not None else ""
    name = f"<p><small>{_text(update.bundle.filename)}</small></p>" if update.bundle else ""
    message = f"<p><small>{_text(update.message)}</small></p>" if update.message else ""
    error = _banner("bad", "", update.error.message) if update.error else ""
    return (
        f'<ol class="steps">{steps}</ol><p class="doing" role="status">{_text(_sentence(snapshot))}</p>'
        f'<div class="bar"><progress max="100"{value} aria-label="Progress">{percent}</progress><b>{percent}</b></div>'
        f"{name}{message}{error}{_controls(update.step)}"
        '<p class="note">Do not unplug the gateway.</p>'
    )


def _controls(step: Step) -> str:
    if step is Step.RECEIVING:
        return _action("/api/update/cancel", "Cancel")
    if step is Step.INSTALLED:
        return _action("/api/update/reboot", "Restart now")
    return ""


def _action(path: str, label: str) -> str:
    return f'<form class="action" method="post" action="{path}"><button>{label}</button></form>'


def _sentence(snapshot: Snapshot) -> str:
    update = snapshot.update
    version = update.bundle.version if update.bundle else None
    to = f"{snapshot.os.version or '?'} → {version}" if version else "the new version"
    if update.step is Step.JUDGING and update.phase is Phase.REBOOTING:
        return "The gateway has restarted and finds out what became of the update."
    match update.phase:
        case Phase.RECEIVING:
            return "The bundle is being transferred."
        case Phase.INSPECTING:
            return "The bundle's signature is being checked."
        case Phase.INSTALLING:
            older = version and snapshot.os.version and is_older(version, snapshot.os.version)
            return f"Installing {to}." + (" This version is older than the one in use." if older else "")
        case Phase.INSTALLED:
            return f"Installed: {to}. It is used after a restart."
        case Phase.REBOOTING:
            return "The gateway restarts into " + (f"{version}." if version else "the new version.")
        case _:
            return ""


def is_older(version: str, than: str) -> bool:
    """Compare the numbers in front of two versions (1.10.2-rc1 → 1, 10, 2); unequal otherwise is not older."""
    return _numbers(version) < _numbers(than)


def _numbers(version: str) -> list[int]:
    head = version.lstrip("v").partition("-")[0].partition("+")[0]
    return [int(part) if part.isdigit() else 0 for part in head.split(".")]
