"""The parts of the pages: pure functions from the snapshot to HTML. Everything from outside is escaped."""

from collections.abc import Iterable, Mapping
from html import escape

from mapio_display.core.failures import MIB, Failure
from mapio_display.core.record import LastUpdate, Result
from mapio_display.core.snapshot import PanelState, Phase, Slot, Snapshot, Step, Update, Web

_RESULTS = {
    Result.SUCCEEDED: ("good", "Update succeeded"),
    Result.FAILED: ("bad", "Update failed"),
    Result.ROLLED_BACK: ("bad", "Update rolled back"),
    Result.INTERRUPTED: ("warn", "Update interrupted"),
}
# A press without the script is a short one; the script presses for as long as the finger does.
_BUTTONS = (
    '<form id="buttons" method="post" action="/api/press" aria-label="The panel’s buttons">'
    '<button name="button" value="up">UP</button>'
    '<button name="button" value="mid" title="Hold it for 3 seconds to restart">MID</button>'
    '<button name="button" value="down">DOWN</button></form>'
)
_STEPS = ("Transfer", "Verify", "Install", "Restart")
_STEP_OF = {
    Phase.RECEIVING: 0,
    Phase.INSPECTING: 1,
    Phase.INSTALLING: 2,
    Phase.INSTALLED: 3,
    Phase.REBOOTING: 3,
}


def takes_bundle(snapshot: Snapshot) -> bool:
    """Say whether the OTA page offers to send a bundle."""
    return snapshot.update.phase in (Phase.IDLE, Phase.FAILED) and snapshot.rauc.available is not False


# Home


def headline(snapshot: Snapshot) -> str:
    """What matters most now, in a banner."""
    update, last = snapshot.update, snapshot.last_update
    if update.phase is Phase.FAILED and update.error:
        return _banner("bad", "The update was not installed", update.error.message)
    if update.phase is not Phase.IDLE:
        percent = f" {update.percent} %" if update.percent is not None else ""
        return _banner("busy", "An update is under way", sentence(snapshot) + percent)
    if last is not None and not last.acknowledged and last.result is not Result.SUCCEEDED:
        kind, title = _RESULTS[last.result]
        return _banner(kind, title, last.reason or "")
    if snapshot.rauc.available is False:
        return _no_updates()
    return _banner("good", "The gateway is running", "")


def gateway(snapshot: Snapshot) -> dict[str, str]:
    """What the panel tells, by the names of the home page's template."""
    addresses = [
        f"{escape(entry.address)} <small>{escape(entry.interface)}</small>" for entry in snapshot.network.addresses
    ]
    return {
        "version": escape(snapshot.os.version or "unknown"),
        "pretty": escape(snapshot.os.pretty or snapshot.os.name or "unknown"),
        "hostname": escape(snapshot.hostname or "unknown"),
        "addresses": "<br>".join(addresses) or "none; check the network cable",
        "web": escape(_web(snapshot.web, snapshot.url)),
        "rauc": {True: "ready", False: "RAUC does not answer", None: "not known yet"}[snapshot.rauc.available],
    }


def panel(snapshot: Snapshot, *, signed_in: bool, buttons: bool = False) -> str:
    """The panel's picture, its address another one whenever the picture is; and the buttons beside it."""
    if snapshot.panel.state is PanelState.NOT_RESPONDING:
        return '<p class="note">The panel does not answer.</p>'
    if snapshot.panel.view is None:
        return '<p class="note">The panel has drawn nothing yet.</p>'
    count = f"{snapshot.panel.full_refreshes}.{snapshot.panel.partial_refreshes}"
    note = "" if signed_in else '<p class="note">What is secret on it is blank until you sign in.</p>'
    picture = (
        f'<img class="glass" src="/api/panel.png?{count}{".all" if signed_in else ""}" width="250" height="122"'
        f' alt="The panel now, showing its view “{escape(snapshot.panel.view)}”">'
    )
    return (f'<div class="front">{picture}{_BUTTONS}</div>' if buttons else picture) + note


def slots(known: Iterable[Slot]) -> str:
    """The rows of the slots' table."""
    return "".join(map(_slot, known)) or '<tr><td colspan="4">not known yet</td></tr>'


def last_update(last: LastUpdate | None) -> str:
    """The last update and what became of it."""
    if last is None:
        return "<p>None so far.</p>"
    kind, title = _RESULTS[last.result]
    versions = f"{escape(last.from_version or '?')} → {escape(last.to_version or '?')}"
    slot = f", slot {escape(last.slot)}" if last.slot else ""
    reason = f"<p>{escape(last.reason)}</p>" if last.reason else ""
    return f'<p class="{kind}"><strong>{title}</strong></p><p>{versions}{slot}<br>{_time(last.finished_at)}</p>{reason}'


def links(addresses: Mapping[str, str]) -> str:
    """The card with the gateway's other pages, if there are any."""
    if not addresses:
        return ""
    rows = "".join(f'<li><a href="{escape(address)}">{escape(name)}</a></li>' for name, address in addresses.items())
    return f'<section class="card"><h2>On this gateway</h2><ul class="links">{rows}</ul></section>'


# OTA Update


def update(snapshot: Snapshot) -> str:
    """What the update is at, or what became of the last one."""
    match snapshot.update.phase:
        case Phase.IDLE:
            said, more = _idle(snapshot)
        case Phase.FAILED:
            said, more = _failed(snapshot.update)
        case _:
            said, more = _under_way(snapshot)
    # What is said stands in one element that stays, so that screen readers notice when it changes.
    return f'<div role="status">{said}</div>{more}'


def sentence(snapshot: Snapshot) -> str:
    """What the update is at, in a sentence; nothing if there is none."""
    update = snapshot.update
    version = update.bundle.version if update.bundle else None
    if update.step is Step.JUDGING and update.phase is Phase.REBOOTING:
        return "The gateway has restarted and finds out what became of the update."
    if update.step is Step.FOREIGN:
        return "Another program is installing an update; the restart is up to it."
    match update.phase:
        case Phase.RECEIVING:
            return "The bundle is being transferred."
        case Phase.INSPECTING:
            return "The bundle's signature is being verified."
        case Phase.INSTALLING:
            return f"Version {version} is being installed." if version else "The bundle is being installed."
        case Phase.INSTALLED:
            return f"{f'Version {version}' if version else 'The update'} is installed, and used after a restart."
        case Phase.REBOOTING:
            return f"The gateway restarts into {f'version {version}' if version else 'the new version'}."
        case Phase.FAILED:
            return update.error.message if update.error else ""
        case Phase.IDLE:
            return ""


def failure(refused: Failure, sign_in: str, back: tuple[str, str]) -> str:
    """The body of a page that says why a request was turned down; ``back`` is where to go from there."""
    address, name = back
    return (
        f'<section class="card"><h1>That did not work</h1>{_banner("bad", "", refused.message)}'
        f"{_details(refused)}{sign_in}"
        f'<p><a class="button{" quiet" if sign_in else ""}" href="{address}">{name}</a></p></section>'
    )


def _idle(snapshot: Snapshot) -> tuple[str, str]:
    last = snapshot.last_update
    if snapshot.rauc.available is False:
        return _no_updates(), ""
    bundle = snapshot.update.bundle
    if snapshot.update.step is Step.PAUSED and bundle is not None and bundle.size:
        text = f"{100 * bundle.received // bundle.size} % of {bundle.filename} has come. Choose the same file to go on."
        return _banner("warn", "The transfer waits", text), _action("/api/update/cancel", "Give up", quiet=True)
    if last is None or last.acknowledged:
        return "", ""
    kind, title = _RESULTS[last.result]
    text = last.reason or ""
    if last.result is Result.SUCCEEDED:
        versions = f"{last.from_version or '?'} → {last.to_version or '?'}"
        text = f"{versions}. The new version is running. {text}"
    return _banner(kind, title, text), _action("/api/update/acknowledge", "OK", quiet=True)


def _failed(update: Update) -> tuple[str, str]:
    error = update.error or Failure("", "")
    banner = _banner("bad", "The update was not installed", error.message)
    return banner, _details(error) + _action("/api/update/acknowledge", "OK", quiet=True)


def _under_way(snapshot: Snapshot) -> tuple[str, str]:
    update = snapshot.update
    steps = _steps(_STEP_OF[update.phase])
    error = _banner("bad", "", update.error.message) if update.error else ""
    message = f'<p class="note">{escape(update.message)}</p>' if update.message else ""
    ending = {
        Phase.REBOOTING: "This takes a minute or two. This page comes back by itself.",
        Phase.INSTALLED: "Restart it when it suits you.",
    }.get(update.phase, "Do not unplug the gateway.")
    more = f'{_versions(snapshot)}{_bar(update)}{message}{_controls(update.step)}<p class="note">{ending}</p>'
    return f'{steps}<p class="doing">{escape(sentence(snapshot))}</p>{error}', more


def _steps(at: int) -> str:
    marks = [' class="done"'] * at + [' aria-current="step"'] + [""] * len(_STEPS)
    items = "".join(f"<li{mark}>{name}</li>" for name, mark in zip(_STEPS, marks, strict=False))
    return f'<ol class="steps">{items}</ol>'


def _versions(snapshot: Snapshot) -> str:
    """From → to, and whether that is a step back; the file's name as long as the version is not known."""
    bundle, running = snapshot.update.bundle, snapshot.os.version
    if bundle is None or snapshot.update.step is Step.JUDGING:
        return ""
    if bundle.version is None:
        return f'<p class="note">{escape(bundle.filename)}</p>'
    older = running is not None and is_older(bundle.version, running)
    note = _banner("warn", "", "The bundle is older than the version in use. That is allowed.") if older else ""
    return f'<p class="versions"><span>{escape(running or "?")}</span> → <b>{escape(bundle.version)}</b></p>{note}'


def _bar(update: Update) -> str:
    if update.phase is Phase.INSTALLED:
        return ""
    percent = "" if update.percent is None else f"{update.percent} %"
    value = "" if update.percent is None else f' value="{update.percent}"'
    bundle = update.bundle
    amount = ""
    if update.phase is Phase.RECEIVING and bundle is not None:
        of = f" of {bundle.size / MIB:.1f}" if bundle.size else ""
        amount = f'<p class="note">{bundle.received / MIB:.1f}{of} MiB</p>'
    return (
        f'<div class="bar"><progress max="100"{value} aria-label="Progress"></progress><b>{percent}</b></div>{amount}'
    )


def _controls(step: Step) -> str:
    match step:
        case Step.RECEIVING:
            return _action("/api/update/cancel", "Cancel", quiet=True)
        case Step.INSTALLED:
            return _action("/api/update/reboot", "Restart now")
        case _:
            return ""


def is_older(version: str, than: str) -> bool:
    """Compare the numbers at the front of two versions ("v1.10.2-rc1" → 1, 10, 2); without numbers nobody can say."""
    ours, theirs = _numbers(version), _numbers(than)
    return bool(ours and theirs) and ours < theirs


def _numbers(version: str) -> list[int]:
    head = version.lstrip("v").partition("-")[0].partition("+")[0]
    numbers = [int(part) if part.isdecimal() else 0 for part in head.split(".")]
    while numbers and numbers[-1] == 0:  # 1.3 is no older than 1.3.0
        numbers.pop()
    return numbers


# Pieces


def _no_updates() -> str:
    return _banner("bad", "No updates possible", "The update service RAUC does not answer. Restart the gateway.")


def _banner(kind: str, title: str, text: str) -> str:
    strong = f"<strong>{escape(title)}</strong> " if title else ""
    return f'<div class="banner {kind}">{strong}<span>{escape(text)}</span></div>'


def _details(failure: Failure) -> str:
    if not failure.detail:
        return ""
    return f"<details><summary>Details</summary><pre>{escape(failure.detail)}</pre></details>"


def _action(path: str, label: str, *, quiet: bool = False) -> str:
    kind = ' class="quiet"' if quiet else ""
    return f'<form class="action" method="post" action="{path}"><button{kind}>{label}</button></form>'


def _slot(slot: Slot) -> str:
    cells = (slot.bootname or slot.name, slot.version or "–", slot.state or "–", slot.boot_status or "–")
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _time(iso: str | None) -> str:
    """A time of day in UTC; the script turns it into the reader's."""
    if iso is None:
        return "time unknown"
    shown = iso.replace("T", " ").removesuffix("Z")
    return f'<time datetime="{escape(iso)}">{escape(shown)} UTC</time>'


def _web(web: Web, url: str | None) -> str:
    if not web.enabled:
        return "off"
    return web.error or url or "on"
