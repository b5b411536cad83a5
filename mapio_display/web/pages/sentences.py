"""What pages say that depends on the state; what they always say stands in their templates."""

from dataclasses import dataclass
from typing import Literal

from mapio_display.core.facts.update import Phase, Step, Update
from mapio_display.core.failures import RAUC_UNHEARD, Failure
from mapio_display.core.record import LastUpdate, Result
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update.obstacles import why_no_update
from mapio_display.words.catalogue import ENGLISH

Kind = Literal["good", "bad", "warn", "busy"]

STEPS = ("Transfer", "Verify", "Install", "Restart")


@dataclass(frozen=True, slots=True)
class Banner:
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
OLDER = Banner(
    "warn",
    "",
    "The bundle is older than the version in use. That is allowed. "
    "It may be from before this page existed; then there is no page to come back with.",
)


def headline(snapshot: Snapshot) -> Banner:
    """What matters most now."""
    update, last = snapshot.update, snapshot.last_update
    if update.error:
        waits = update.phase is Phase.INSTALLED
        title = f"The update was not {'used' if waits else 'installed'}"
        return Banner("bad", title, ENGLISH.say(update.error.message))
    if update.phase is Phase.INSTALLED:
        return Banner("busy", "The update waits for a restart", sentence(snapshot))
    if update.cut_off or update.step is Step.PAUSED:
        return interrupted(update)
    if update.phase is Phase.REBOOTING and update.id is None:
        return Banner("busy", "The gateway restarts", returns=True)
    if update.phase is not Phase.IDLE:
        return Banner("busy", "An update is under way", sentence(snapshot), percent=update.percent)
    if last is not None and not last.acknowledged and last.result.is_bad:
        return result(last)
    return no_updates(snapshot) or Banner("good", "The gateway is running")


def wrong_pins(snapshot: Snapshot) -> Banner | None:
    """Where wrong PINs came from, if they closed sign-in."""
    if snapshot.web.wrong_pins_from is None:
        return None
    remedy = "MID on the panel's view Web server" if snapshot.buttons else "A new PIN (mapio-display pin new)"
    text = f"Sign-in was closed for a while. {remedy} opens it at once."
    return Banner("warn", f"Wrong PINs from {snapshot.web.wrong_pins_from}.", text)


def result(last: LastUpdate) -> Banner:
    """What became of the last update."""
    return Banner(KINDS[last.result], ENGLISH.of_result("title", last.result), ENGLISH.say(last.reason))


def not_installed(error: Failure | None) -> Banner:
    """That an update failed, and why."""
    return Banner("bad", "The update was not installed", ENGLISH.say(error.message) if error else "")


def interrupted(update: Update) -> Banner:
    """That a transfer has no sender any more, and how it resumes."""
    bundle = update.bundle
    at = f" at {100 * bundle.received // bundle.size}\N{NO-BREAK SPACE}%" if bundle and bundle.size else ""
    name = bundle.filename if bundle else "the bundle"
    return Banner("warn", f"The transfer was cut off{at}", f"Choose the same file to go on: {name}")


def no_updates(snapshot: Snapshot) -> Banner | None:
    """Why no bundle can be sent, and the remedy; None where one can be, or until RAUC has answered or not."""
    why = why_no_update(snapshot)
    if why is None or why is RAUC_UNHEARD:
        return None
    return Banner("bad", "No updates possible", ENGLISH.say(why.message))


def sentence(snapshot: Snapshot) -> str:
    """What the update is at; nothing if there is none."""
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
            return ENGLISH.say(update.error.message) if update.error else ""
        case Phase.IDLE:
            return ""
