"""The parts of the home page, and pieces of all pages: pure functions from the snapshot to HTML.

Everything from outside is escaped.
"""

from collections.abc import Iterable, Mapping
from html import escape

from mapio_display.core.facts.data import DataPartition
from mapio_display.core.facts.panel import PanelState
from mapio_display.core.facts.power import Power
from mapio_display.core.facts.rauc import Rauc, Slot
from mapio_display.core.facts.system import System
from mapio_display.core.facts.update import Phase, Step, Update
from mapio_display.core.facts.web import Web
from mapio_display.core.failures import RAUC_UNAVAILABLE, Failure
from mapio_display.core.record import Result
from mapio_display.core.sizes import amount
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update.transfer import hindrance

RESULTS = {
    Result.SUCCEEDED: ("good", "Update succeeded"),
    Result.FAILED: ("bad", "Update failed"),
    Result.ROLLED_BACK: ("bad", "Update rolled back"),
    Result.INTERRUPTED: ("warn", "Update interrupted"),
    Result.INSTALLED: ("good", "Update installed"),
    Result.REPLACED: ("good", "Update replaced by another"),
}
# A press without the script is a short one; the script presses for as long as the finger does.
_BUTTONS = (
    '<form id="buttons" method="post" action="/api/press" aria-label="The panel’s buttons">'
    '<button name="button" value="up">UP</button>'
    '<button name="button" value="mid" title="Hold it for 3 seconds to restart">MID</button>'
    '<button name="button" value="down">DOWN</button></form>'
)

# The script takes it back when the gateway stays away.
PROMISE = '<span class="promise">This page comes back by itself.</span>'


# Home


def headline(snapshot: Snapshot) -> str:
    """What matters most now, in a banner."""
    update, last = snapshot.update, snapshot.last_update
    if update.error:
        waits = update.phase is Phase.INSTALLED
        return banner("bad", f"The update was not {'used' if waits else 'installed'}", update.error.message)
    if update.phase is Phase.INSTALLED:
        return banner("busy", "The update waits for a restart", sentence(snapshot))
    if update.cut_off or update.step is Step.PAUSED:
        return stopped(update)
    if update.phase is Phase.REBOOTING and update.id is None:
        return banner("busy", "The gateway restarts", "", PROMISE)
    if update.phase is not Phase.IDLE:
        more = "" if update.percent is None else f" {percentage(update.percent)}"
        return banner("busy", "An update is under way", sentence(snapshot), more)
    if last is not None and not last.acknowledged and last.result.is_bad:
        kind, title = RESULTS[last.result]
        return banner(kind, title, last.reason or "")
    return no_updates(snapshot) or banner("good", "The gateway is running", "")


def promises_return(snapshot: Snapshot) -> bool:
    """Say whether the headline says that this page comes back."""
    return snapshot.update.phase is Phase.REBOOTING and snapshot.update.id is None


def wrong_pins(snapshot: Snapshot) -> str:
    """Where somebody tried wrong PINs from, if that closed sign-in."""
    if snapshot.web.wrong_pins_from is None:
        return ""
    remedy = "MID on the panel's view Web server" if snapshot.buttons else "A new PIN (mapio-display pin new)"
    text = f"Sign-in was closed for a while. {remedy} opens it at once."
    return banner("warn", f"Wrong PINs from {snapshot.web.wrong_pins_from}.", text)


def gateway(snapshot: Snapshot) -> dict[str, str]:
    """What the panel tells, by the names of the home page's template."""
    addresses = [
        f"{_breakable(entry.address)} <small>{escape(entry.interface)}</small>" for entry in snapshot.network.addresses
    ]
    return {
        "version": escape(snapshot.os.version or "unknown"),
        "pretty": escape(snapshot.os.pretty or snapshot.os.name or "unknown"),
        "hostname": escape(snapshot.hostname or "unknown"),
        "addresses": "<br>".join(addresses) or "none; check the network cable",
        "web": escape(_web(snapshot.web, snapshot.url)),
        "space": _space(snapshot.system),
        "power": _power(snapshot.power),
        "rauc": _rauc(snapshot.rauc),
    }


def panel(snapshot: Snapshot, *, buttons: bool = False) -> str:
    """The panel's picture, its address another one whenever the picture is; and the buttons beside it."""
    if snapshot.panel.state is PanelState.NOT_RESPONDING:
        return '<p class="note">The panel does not answer.</p>'
    if snapshot.panel.view is None:
        return '<p class="note">The panel has drawn nothing yet.</p>'
    count = f"{snapshot.panel.full_refreshes}.{snapshot.panel.partial_refreshes}"
    note = '<p class="note">PIN and passwords are blank here. Read them on the panel.</p>'
    picture = (
        f'<img class="glass" src="/api/panel.png?{count}" width="250" height="122"'
        f' alt="The panel now, showing its view “{escape(snapshot.panel.view)}”">'
    )
    return (f'<div class="front">{picture}{_BUTTONS}</div>' if buttons else picture) + note


def slots(known: Iterable[Slot]) -> str:
    """The rows of the slots' table."""
    return "".join(map(_slot, known)) or '<tr><td colspan="4">not known yet</td></tr>'


def last_update(snapshot: Snapshot) -> str:
    """The last update and what became of it."""
    last = snapshot.last_update
    if last is None and snapshot.data_partition is DataPartition.MISSING:
        return "<p>Not known without the data partition.</p>"
    if last is None:
        return f"<p>{'None so far' if snapshot.last_update_known else 'Not known: its journal cannot be read'}.</p>"
    kind, title = RESULTS[last.result]
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


# Both, and pages that say no


def sentence(snapshot: Snapshot) -> str:
    """What the update is at, in a sentence; nothing if there is none."""
    update = snapshot.update
    version = update.bundle.version if update.bundle else None
    if update.step is Step.FOREIGN:
        return "Another program is installing an update; the restart is up to it."
    if update.id is None:
        return "The gateway restarts." if update.phase is Phase.REBOOTING else ""
    if snapshot.judging and snapshot.rauc.available is False:
        return "The gateway has restarted, but RAUC, which knows what became of the update, does not answer."
    if update.step is Step.JUDGING:
        restarted = "has restarted and " if snapshot.judging else ""
        return f"The gateway {restarted}finds out what became of the update."
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
        f'<section class="card"><h1>That did not work</h1>{banner("bad", "", refused.message)}'
        f"{details(refused)}{sign_in}"
        f'<p><a class="button{" quiet" if sign_in else ""}" href="{address}">{name}</a></p></section>'
    )


def stopped(update: Update) -> str:
    """That a transfer has no sender any more, and how it goes on."""
    bundle = update.bundle
    at = f" at {100 * bundle.received // bundle.size}\N{NO-BREAK SPACE}%" if bundle and bundle.size else ""
    name = bundle.filename if bundle else "the bundle"
    return banner("warn", f"The transfer was cut off{at}", f"Choose the same file to go on: {name}")


def no_updates(snapshot: Snapshot) -> str:
    """Why no bundle can be sent, and the remedy; nothing where one can be, or as long as RAUC has yet to be heard."""
    why = hindrance(snapshot)
    if why is None or (why == RAUC_UNAVAILABLE and snapshot.rauc.available is None):
        return ""
    return banner("bad", "No updates possible", why.message)


def banner(kind: str, title: str, text: str, more: str = "") -> str:
    """What must be seen; ``kind`` is good, bad, warn or busy, and ``more`` is markup."""
    strong = f"<strong>{escape(title)}</strong> " if title else ""
    return f'<div class="banner {kind}">{strong}<span>{escape(text)}{more}</span></div>'


def percentage(percent: int) -> str:
    """A percentage to be seen, and tens of it to be heard: screen readers would otherwise speak at every percent."""
    seen = f'<span aria-hidden="true">{percent}\N{NO-BREAK SPACE}%</span>'
    return f'{seen}<span class="unseen">{percent // 10 * 10} %</span>'


def details(failure: Failure) -> str:
    """The raw text behind a failure, folded away."""
    if not failure.detail:
        return ""
    return f"<details><summary>Details</summary><pre>{escape(failure.detail)}</pre></details>"


def action(path: str, label: str, *, quiet: bool = False) -> str:
    """A button that posts to ``path``."""
    kind = ' class="quiet"' if quiet else ""
    return f'<form class="action" method="post" action="{path}"><button{kind}>{label}</button></form>'


def _breakable(address: str) -> str:
    """An address that may be broken into lines, but not inside a number."""
    return escape(address).replace(":", ":<wbr>")


def _slot(slot: Slot) -> str:
    version = slot.version or ("half written" if slot.incomplete else "–")
    cells = "".join(f"<td>{escape(cell or '–')}</td>" for cell in (version, slot.state, slot.boot_status))
    return f'<tr><th scope="row">{escape(slot.bootname or slot.name)}</th>{cells}</tr>'


def _time(iso: str | None) -> str:
    """A time of day in UTC; the script turns it into the reader's."""
    if iso is None:
        return "time unknown"
    shown = iso.replace("T", " ").removesuffix("Z")
    return f'<time datetime="{escape(iso)}">{escape(shown)} UTC</time>'


def _space(system: System) -> str:
    if system.data_free is None or not system.data_total:
        return "unknown"
    return f"{amount(system.data_free)} of {amount(system.data_total)} free"


def _power(power: Power) -> str:
    """The row about it, where anything is known."""
    battery = "" if power.battery_percent is None else f"battery {power.battery_percent}\N{NO-BREAK SPACE}%"
    mains = {True: "mains", False: "no mains", None: ""}[power.mains]
    known = ", ".join(filter(None, (mains, battery, "charging" if power.mains and power.charging else "")))
    return f"<dt>Power</dt><dd>{known}</dd>" if known else ""


def _rauc(rauc: Rauc) -> str:
    if rauc.fails:
        return "RAUC does not start"
    return {True: "ready", False: "RAUC does not answer", None: "not known yet"}[rauc.available]


def _web(web: Web, url: str | None) -> str:
    if not web.enabled:
        return "off"
    return web.error or url or "on"
