"""The OTA page's part that changes: from the snapshot to what its template shows."""

from dataclasses import replace
from typing import Literal

from mapio_display.core.facts.update import Phase, Step, Update
from mapio_display.core.record import LastUpdate, Result
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.versions import is_newer
from mapio_display.frozen import Frozen
from mapio_display.web.pages.sentences import (
    Banner,
    explained_obstacle,
    interrupted,
    no_updates,
    not_installed,
    older,
    result,
    sentence,
    step_names,
)
from mapio_display.words.catalogue import Words

_STEP_OF = {
    Phase.RECEIVING: 0,
    Phase.INSPECTING: 1,
    Phase.INSTALLING: 2,
    Phase.INSTALLED: 3,
    Phase.REBOOTING: 3,
}


class Bar(Frozen):
    """How far it is in percent, if that is known, and in bytes."""

    percent: int | None
    size: str = ""


class Shown(Frozen):
    """What the template ``update-state.html`` shows, in its order.

    ``at`` is the index of the step. ``percent`` is for screen readers. ``ending`` is what to do meanwhile; with
    ``returns`` it promises that this page comes back.
    """

    at: int | None = None
    banner: Banner | None = None
    doing: str = ""
    problem: Banner | None = None
    percent: int | None = None
    detail: str = ""
    filename: str = ""
    version: str = ""
    older: Banner | None = None
    bar: Bar | None = None
    message: str = ""
    action: Literal["cancel", "give-up", "acknowledge", "reboot"] | None = None
    ending: Literal["installed", "announcing", "rebooting", "working"] | None = None
    returns: bool = False


def takes_bundle(snapshot: Snapshot) -> bool:
    """Say whether a bundle can be sent as a whole."""
    return snapshot.update.phase in (Phase.IDLE, Phase.FAILED) and explained_obstacle(snapshot) is None


def offers_form(snapshot: Snapshot) -> bool:
    """Say whether the page's script offers to send a bundle, or the rest of one."""
    return takes_bundle(snapshot) or (snapshot.update.cut_off and not snapshot.update.downloads)


def explains(snapshot: Snapshot) -> str:
    """The code of the failure that the page explains already, so that the script need not report it again."""
    update, last = snapshot.update, snapshot.last_update
    if update.error is not None:
        return update.error.code
    if update.phase is Phase.IDLE and (why := explained_obstacle(snapshot)):
        return why.code
    shown = update.phase is Phase.IDLE and last is not None and not last.acknowledged
    return "interrupted" if shown else ""


def title(snapshot: Snapshot, page: str, words: Words) -> str:
    """The page's title, with the update's step and progress before its name."""
    update = snapshot.update
    if update.id is None or update.phase not in _STEP_OF:
        return page
    step = step_names(words)[_STEP_OF[update.phase]]
    if update.percent is None or update.phase is Phase.INSTALLED:
        return words.text("page.title", step=step, page=page)
    return words.text("page.title.percent", step=step, percent=update.percent, page=page)


def promises_return(snapshot: Snapshot) -> bool:
    """Say whether the page says that it comes back after the restart, or that it may not."""
    restarts = snapshot.update.phase is Phase.REBOOTING
    return _goes_back(snapshot) or (restarts and (snapshot.update.step is not Step.JUDGING or snapshot.updating))


def shown(snapshot: Snapshot, words: Words) -> Shown:
    """What the update is at, or what became of the last one."""
    match snapshot.update.phase:
        case Phase.IDLE:
            return _idle(snapshot, words)
        case Phase.FAILED:
            error = snapshot.update.error
            detail = (error.detail or "") if error else ""
            return Shown(banner=not_installed(error, words), detail=detail, action="acknowledge")
        case _:
            return _under_way(snapshot, words)


def _idle(snapshot: Snapshot, words: Words) -> Shown:
    update, last = snapshot.update, snapshot.last_update
    if why := no_updates(snapshot, words):
        return Shown(banner=why)
    if update.step is Step.PAUSED:
        return Shown(banner=interrupted(update, words), bar=_bar(update, words), action="give-up")
    if last is None or last.acknowledged:
        return Shown()
    return Shown(banner=_with_versions(last, words), action="acknowledge")


def _with_versions(last: LastUpdate, words: Words) -> Banner:
    banner = result(last, words)
    if last.result is not Result.SUCCEEDED:
        return banner
    before, after = last.from_version or "?", last.to_version or "?"
    return replace(banner, text=words.text("page.ota.runs", before=before, after=after, reason=banner.text))


def _under_way(snapshot: Snapshot, words: Words) -> Shown:
    update = snapshot.update
    version, filename = _bundle(snapshot)
    ending = _ending(snapshot)
    back = _goes_back(snapshot)
    return Shown(
        at=None if update.id is None else _STEP_OF[update.phase],
        banner=interrupted(update, words) if update.cut_off else None,
        doing="" if update.cut_off else sentence(snapshot, words),
        problem=Banner("bad", "", words.say(update.error.message)) if update.error else None,
        percent=None if update.phase is Phase.INSTALLED else update.percent,
        version=version,
        filename=filename,
        older=older(words) if version and back else None,
        bar=_bar(update, words),
        message=words.say(update.message),
        action=_action(update),
        ending=ending,
        returns=ending in ("announcing", "rebooting") and not back,
    )


def _bundle(snapshot: Snapshot) -> tuple[str, str]:
    """The bundle's version, or its file's name as long as the version is not known; either is empty."""
    bundle = snapshot.update.bundle
    if bundle is None or snapshot.update.cut_off or snapshot.update.step is Step.JUDGING:
        return "", ""
    return (bundle.version, "") if bundle.version is not None else ("", bundle.filename)


def _goes_back(snapshot: Snapshot) -> bool:
    """Whether the bundle is older than the system; unknown without both versions."""
    bundle, running = snapshot.update.bundle, snapshot.os.version
    return bool(bundle and bundle.version and running and is_newer(running, bundle.version))


def _bar(update: Update, words: Words) -> Bar | None:
    if update.phase is Phase.INSTALLED or update.step is Step.ANNOUNCING:
        return None
    bundle = update.bundle
    if update.step not in (Step.RECEIVING, Step.PAUSED) or bundle is None:
        return Bar(update.percent)
    if not bundle.size:
        return Bar(None, words.amount(bundle.received))
    return Bar(
        100 * bundle.received // bundle.size,
        words.text("page.ota.of", received=words.amount(bundle.received), size=words.amount(bundle.size)),
    )


def _action(update: Update) -> Literal["cancel", "give-up", "reboot"] | None:
    match update.step:
        case Step.RECEIVING:
            return "give-up" if update.cut_off else "cancel"
        case Step.INSTALLED:
            return "reboot"
        case _:
            return None


def _ending(snapshot: Snapshot) -> Literal["installed", "announcing", "rebooting", "working"] | None:
    """What to do meanwhile; the script counts the seconds down."""
    update = snapshot.update
    match update.step:
        case Step.RECEIVING if update.cut_off:
            return None
        case Step.JUDGING if not snapshot.updating:
            return None
        case Step.INSTALLED:
            return "installed"
        case Step.ANNOUNCING:
            return "announcing"
        case _:
            return "rebooting" if update.phase is Phase.REBOOTING else "working"
