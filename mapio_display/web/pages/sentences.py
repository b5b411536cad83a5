"""What pages say that depends on the state; what they always say stands in their templates."""

from typing import Literal

from mapio_display.core.facts.update import Phase, Step, Update
from mapio_display.core.failures import RAUC_UNHEARD, Failure
from mapio_display.core.record import LastUpdate, Result
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update.obstacles import why_no_update
from mapio_display.frozen import Frozen
from mapio_display.words.catalogue import Words

Kind = Literal["good", "bad", "warn", "busy"]

STEPS = ("transfer", "verify", "install", "restart")


class Banner(Frozen):
    """What has to be noticed. ``returns``: it ends with the promise that this page comes back."""

    kind: Kind
    title: str
    text: str = ""
    percent: int | None = None
    returns: bool = False


KINDS: dict[Result, Kind] = {
    Result.SUCCEEDED: "good",
    Result.FAILED: "bad",
    Result.ROLLED_BACK: "bad",
    Result.INTERRUPTED: "warn",
    Result.INSTALLED: "good",
    Result.REPLACED: "good",
}


def step_names(words: Words) -> list[str]:
    """The steps of an update."""
    return [words.text(f"page.step.{step}") for step in STEPS]


def headline(snapshot: Snapshot, words: Words) -> Banner:
    """What matters most now."""
    update, last = snapshot.update, snapshot.last_update
    if update.error:
        waits = update.phase is Phase.INSTALLED
        title = words.text("page.headline.not-used" if waits else "page.headline.not-installed")
        return Banner("bad", title, words.say(update.error.message))
    if update.phase is Phase.INSTALLED:
        return Banner("busy", words.text("page.headline.waits"), sentence(snapshot, words))
    if update.cut_off or update.step is Step.PAUSED:
        return interrupted(update, words)
    if update.phase is Phase.REBOOTING and update.id is None:
        return Banner("busy", words.text("page.headline.restarts"), returns=True)
    if update.phase is not Phase.IDLE:
        title = words.text("page.headline.under-way")
        return Banner("busy", title, sentence(snapshot, words), percent=update.percent)
    if last is not None and not last.acknowledged and last.result.is_bad:
        return result(last, words)
    return no_updates(snapshot, words) or Banner("good", words.text("page.headline.running"))


def wrong_pins(snapshot: Snapshot, words: Words) -> Banner | None:
    """Where wrong PINs came from, if they closed sign-in."""
    if snapshot.web.wrong_pins_from is None:
        return None
    title = words.text("page.wrong-pins", address=snapshot.web.wrong_pins_from)
    remedy = words.text("page.wrong-pins.by-button" if snapshot.buttons else "page.wrong-pins.by-command")
    return Banner("warn", title, remedy)


def result(last: LastUpdate, words: Words) -> Banner:
    """What became of the last update."""
    return Banner(KINDS[last.result], words.of_result("title", last.result), words.say(last.reason))


def not_installed(error: Failure | None, words: Words) -> Banner:
    """That an update failed, and why."""
    return Banner("bad", words.text("page.headline.not-installed"), words.say(error.message) if error else "")


def interrupted(update: Update, words: Words) -> Banner:
    """That a transfer has no sender any more, and how it resumes."""
    bundle = update.bundle
    if update.downloads:
        return _download_interrupted(update, words)
    if bundle and bundle.size:
        title = words.text("page.headline.cut-off-at", percent=100 * bundle.received // bundle.size)
    else:
        title = words.text("page.headline.cut-off")
    return Banner(
        "warn", title, words.text("page.resume", file=bundle.filename) if bundle else words.text("page.resume.unknown")
    )


def _download_interrupted(update: Update, words: Words) -> Banner:
    bundle = update.bundle
    if bundle and bundle.size:
        title = words.text("page.headline.download-cut-off-at", percent=100 * bundle.received // bundle.size)
    else:
        title = words.text("page.headline.download-cut-off")
    return Banner("warn", title, words.text("page.resume.download"))


def no_updates(snapshot: Snapshot, words: Words) -> Banner | None:
    """Why no bundle can be sent, and the remedy; None where one can be, or until RAUC has answered or not."""
    why = explained_obstacle(snapshot)
    return Banner("bad", words.text("page.headline.no-updates"), words.say(why.message)) if why else None


def explained_obstacle(snapshot: Snapshot) -> Failure | None:
    """What keeps a bundle from being sent, as the page explains it; not that RAUC has yet to answer."""
    why = why_no_update(snapshot)
    return None if why is RAUC_UNHEARD else why


def older(words: Words) -> Banner:
    """That a bundle is older than the system."""
    return Banner("warn", "", words.text("page.ota.older"))


def sentence(snapshot: Snapshot, words: Words) -> str:
    """What the update is at; nothing if there is none."""
    update = snapshot.update
    if update.step is Step.FOREIGN:
        return words.text("page.doing.foreign")
    if update.id is None:
        return words.text("page.doing.restarts") if update.phase is Phase.REBOOTING else ""
    if snapshot.judging and snapshot.rauc.available is False:
        return words.text("page.doing.no-rauc")
    if update.step is Step.JUDGING:
        return words.text("page.doing.checks-restarted" if snapshot.judging else "page.doing.checks")
    version = update.bundle.version if update.bundle else None
    match update.phase:
        case Phase.RECEIVING:
            return words.text("page.doing.downloading" if update.downloads else "page.doing.receiving")
        case Phase.INSPECTING:
            return words.text("page.doing.inspecting")
        case Phase.INSTALLING if version:
            return words.text("page.doing.installing-version", version=version)
        case Phase.INSTALLING:
            return words.text("page.doing.installing")
        case Phase.INSTALLED if version:
            return words.text("page.doing.installed-version", version=version)
        case Phase.INSTALLED:
            return words.text("page.doing.installed")
        case Phase.REBOOTING if version:
            return words.text("page.doing.rebooting-version", version=version)
        case Phase.REBOOTING:
            return words.text("page.doing.rebooting")
        case Phase.FAILED:
            return words.say(update.error.message) if update.error else ""
        case Phase.IDLE:
            return ""
