"""The OTA page's part that changes: pure functions from the snapshot to HTML."""

from html import escape

from mapio_display.core.facts.update import Phase, Step, Update
from mapio_display.core.failures import Failure
from mapio_display.core.record import Result
from mapio_display.core.sizes import amount
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update.reboot import ANNOUNCE_S
from mapio_display.core.update.transfer import hindrance
from mapio_display.web.pages.parts import PROMISE, RESULTS, action, banner, details, no_updates, sentence, stopped

_STEPS = ("Transfer", "Verify", "Install", "Restart")
_STEP_OF = {
    Phase.RECEIVING: 0,
    Phase.INSPECTING: 1,
    Phase.INSTALLING: 2,
    Phase.INSTALLED: 3,
    Phase.REBOOTING: 3,
}
_OLDER = (
    "The bundle is older than the version in use. That is allowed. "
    "It may be from before this page existed; then there is no page to come back with."
)


def takes_bundle(snapshot: Snapshot) -> bool:
    """Say whether a bundle can be sent as a whole."""
    return snapshot.update.phase in (Phase.IDLE, Phase.FAILED) and not no_updates(snapshot)


def offers_form(snapshot: Snapshot) -> bool:
    """Say whether the page's script offers to send a bundle, or the rest of one."""
    return takes_bundle(snapshot) or snapshot.update.cut_off


def explains(snapshot: Snapshot) -> str:
    """The code of the failure that the page explains already, so that the script need not report it again."""
    update, last = snapshot.update, snapshot.last_update
    if update.error is not None:
        return update.error.code
    if update.phase is Phase.IDLE and no_updates(snapshot):
        why = hindrance(snapshot)
        return why.code if why else ""
    shown = update.phase is Phase.IDLE and last is not None and not last.acknowledged
    return "interrupted" if shown else ""


def title(snapshot: Snapshot, page: str) -> str:
    """The page's title, with the update's step and progress before its name."""
    update = snapshot.update
    if update.id is None or update.phase not in _STEP_OF:
        return page
    percent = "" if update.percent is None or update.phase is Phase.INSTALLED else f" {update.percent} %"
    return f"{_STEPS[_STEP_OF[update.phase]]}{percent} – {page}"


def promises_return(snapshot: Snapshot) -> bool:
    """Say whether the page says that it comes back after the restart, or that it may not."""
    restarts = snapshot.update.phase is Phase.REBOOTING
    return _goes_back(snapshot) or (restarts and (snapshot.update.step is not Step.JUDGING or snapshot.updating))


def update(snapshot: Snapshot) -> str:
    """What the update is at, or what became of the last one."""
    match snapshot.update.phase:
        case Phase.IDLE:
            said, more = _idle(snapshot)
        case Phase.FAILED:
            said, more = _failed(snapshot.update)
        case _:
            said, more = _under_way(snapshot)
    # What is said stands in one element that stays, so that screen readers notice what changes in it, and speak that.
    return f'<div role="status" aria-atomic="false">{said}</div>{more}'


def _idle(snapshot: Snapshot) -> tuple[str, str]:
    last = snapshot.last_update
    if why := no_updates(snapshot):
        return why, ""
    if snapshot.update.step is Step.PAUSED:
        bar = _bar(snapshot.update) + action("/api/update/cancel", "Give up", quiet=True)
        return stopped(snapshot.update), bar
    if last is None or last.acknowledged:
        return "", ""
    kind, title = RESULTS[last.result]
    text = last.reason or ""
    if last.result is Result.SUCCEEDED:
        versions = f"{last.from_version or '?'} → {last.to_version or '?'}"
        text = f"{versions}. The new version is running. {text}"
    return banner(kind, title, text), action("/api/update/acknowledge", "OK", quiet=True)


def _failed(update: Update) -> tuple[str, str]:
    error = update.error or Failure("", "")
    said = banner("bad", "The update was not installed", error.message)
    return said, details(error) + action("/api/update/acknowledge", "OK", quiet=True)


def _under_way(snapshot: Snapshot) -> tuple[str, str]:
    update = snapshot.update
    said = stopped(update) if update.cut_off else f'<p class="doing">{escape(sentence(snapshot))}</p>'
    if update.id is not None:
        said = steps(_STEP_OF[update.phase]) + said
    if update.error:
        said += banner("bad", "", update.error.message)
    if update.percent is not None and update.phase is not Phase.INSTALLED:
        # For screen readers, which would otherwise speak at every percent.
        said += f'<p class="unseen">{update.percent // 10 * 10} %</p>'
    message = f'<p class="note">{escape(update.message)}</p>' if update.message else ""
    return said, f"{_versions(snapshot)}{_bar(update)}{message}{_controls(update)}{_ending(snapshot)}"


def steps(at: int) -> str:
    """The way an update goes, and where on it it is."""
    marks = [' class="done"'] * at + [' aria-current="step"'] + [""] * len(_STEPS)
    items = "".join(f"<li{mark}>{name}</li>" for name, mark in zip(_STEPS, marks, strict=False))
    return f'<ol class="steps">{items}</ol>'


def _versions(snapshot: Snapshot) -> str:
    """From → to, and whether that is a step back; the file's name as long as the version is not known."""
    bundle, running = snapshot.update.bundle, snapshot.os.version
    if bundle is None or snapshot.update.cut_off or snapshot.update.step is Step.JUDGING:
        return ""
    if bundle.version is None:
        return f'<p class="note">{escape(bundle.filename)}</p>'
    note = banner("warn", "", _OLDER) if _goes_back(snapshot) else ""
    return f'<p class="versions"><span>{escape(running or "?")}</span> → <b>{escape(bundle.version)}</b></p>{note}'


def _goes_back(snapshot: Snapshot) -> bool:
    """Whether the bundle is older than the system; nobody can say without both versions."""
    bundle, running = snapshot.update.bundle, snapshot.os.version
    return bool(bundle and bundle.version and running and is_older(bundle.version, running))


def _bar(update: Update) -> str:
    if update.phase is Phase.INSTALLED or update.step is Step.ANNOUNCING:
        return ""
    bundle, share = update.bundle, update.percent
    size = ""
    if update.step in (Step.RECEIVING, Step.PAUSED) and bundle is not None:
        share = 100 * bundle.received // bundle.size if bundle.size else None
        of = f" of {amount(bundle.size)}" if bundle.size else ""
        size = f'<p class="note">{amount(bundle.received)}{of}</p>'
    percent, value = ("", "") if share is None else (f"{share} %", f' value="{share}"')
    return f'<div class="bar"><progress max="100"{value} aria-label="Progress"></progress><b>{percent}</b></div>{size}'


def _controls(update: Update) -> str:
    match update.step:
        case Step.RECEIVING:
            return action("/api/update/cancel", "Give up" if update.cut_off else "Cancel", quiet=True)
        case Step.INSTALLED:
            return action("/api/update/reboot", "Restart now")
        case _:
            return ""


def _ending(snapshot: Snapshot) -> str:
    """What to do meanwhile; the script counts the seconds down."""
    update = snapshot.update
    back = "" if _goes_back(snapshot) else f" {PROMISE}"
    match update.step:
        case Step.RECEIVING if update.cut_off:
            return ""
        case Step.JUDGING if not snapshot.updating:
            return ""
        case Step.INSTALLED:
            text = "Restart it when it suits you."
        case Step.ANNOUNCING:
            text = f'In <b id="countdown" data-seconds="{ANNOUNCE_S:.0f}">{ANNOUNCE_S:.0f}</b> s at the latest.{back}'
        case _ if update.phase is Phase.REBOOTING:
            text = f"This takes a minute or two.{back}"
        case _:
            text = "Do not unplug the gateway."
    return f'<p class="note" id="ending">{text}</p>'


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
