"""Handlers of inspection and installation: what RAUC says, and the journal before and after."""

from dataclasses import replace

from mapio_display.core import failures
from mapio_display.core.commands import Install, ReadSlots, RemoveBundle, WriteJournal
from mapio_display.core.events import (
    BundleInspected,
    BundleRefused,
    InstallBegan,
    JournalFailed,
    JournalWritten,
    RaucBusySeen,
    RaucCompleted,
    RaucInstalling,
    RaucLost,
    RaucProgress,
    RaucUnanswered,
    Tick,
)
from mapio_display.core.power import too_low
from mapio_display.core.record import Record, Result, Stage
from mapio_display.core.snapshot import Now, Snapshot, Step
from mapio_display.core.update.foreign import overwritten
from mapio_display.core.update.moves import ASK_S, Change, enter, expired, fail, this_boot, verdict_on, writes_slot
from mapio_display.core.update.reboot import announce

_WAITING = "Waiting: another program is installing"
STALL_S = 300.0  # RAUC 1.8 is silent while it writes a slot: 700 MB take an eMMC one to two minutes


def inspected(snapshot: Snapshot, event: BundleInspected, now: Now) -> Change:
    """RAUC has looked into the bundle: write down what is about to be done before it is done."""
    update = snapshot.update
    if event.id != update.id or update.record is None or update.bundle is None:
        return snapshot, ()
    target = snapshot.target
    if target is None:
        return fail(snapshot, failures.NO_TARGET_SLOT)
    if too_low(snapshot.power):  # the mains went during the transfer
        return fail(snapshot, failures.LOW_BATTERY)
    record = replace(
        update.record,
        stage=Stage.INSTALLING,
        target_slot=target.bootname,
        to_version=event.version,
        installed_count=target.installed_count,
        activated_count=target.activated_count,
        last_error=snapshot.last_error,
    )
    return enter(
        snapshot,
        Step.PREPARING,
        WriteJournal(record, snapshot.last_update),
        bundle=replace(update.bundle, version=event.version),
        record=record,
    )


def journalled_before(snapshot: Snapshot, event: JournalWritten, now: Now) -> Change:
    """The journal knows of the install, so it may begin."""
    if event.record != snapshot.update.record:
        return snapshot, ()
    return enter(
        snapshot,
        Step.INSTALLING,
        Install(event.record.id),
        percent=0,
        message=None,
        begun=False,
        deadline=now.mono + STALL_S,
    )


def begun(snapshot: Snapshot, event: InstallBegan, now: Now) -> Change:
    """RAUC installs our bundle, and nobody else's."""
    if event.id != snapshot.update.id:
        return snapshot, ()
    return replace(snapshot, update=replace(snapshot.update, begun=True)), ()


def not_journalled(snapshot: Snapshot, event: JournalFailed, now: Now) -> Change:
    """Without the journal nothing is installed: after a power cut nobody could say what became of it."""
    if event.record.id != snapshot.update.id:
        return snapshot, ()
    return fail(snapshot, failures.storage(event.text))


def refused(snapshot: Snapshot, event: BundleRefused, now: Now) -> Change:
    """RAUC will not take the bundle."""
    if event.id != snapshot.update.id:
        return snapshot, ()
    return fail(snapshot, failures.from_rauc(event.text))


def waiting(snapshot: Snapshot, event: RaucBusySeen | RaucInstalling, now: Now) -> Change:
    """RAUC cannot look into the bundle before it has installed somebody else's."""
    return replace(snapshot, update=replace(snapshot.update, message=_WAITING)), ()


def waited_for(snapshot: Snapshot, event: RaucCompleted, now: Now) -> Change:
    """RAUC has installed somebody else's bundle, and looks into ours."""
    return replace(snapshot, update=replace(snapshot.update, message=None)), ()


def rauc_away(snapshot: Snapshot, event: RaucLost, now: Now) -> Change:
    """RAUC left before it was asked to install anything."""
    return fail(snapshot, failures.RAUC_UNAVAILABLE)


def unanswered(snapshot: Snapshot, event: RaucUnanswered, now: Now) -> Change:
    """RAUC did not answer while it looked into the bundle."""
    if event.id != snapshot.update.id:
        return snapshot, ()
    return fail(snapshot, replace(failures.RAUC_UNAVAILABLE, detail=event.text))


def rauc_died(snapshot: Snapshot, event: RaucLost, now: Now) -> Change:
    """RAUC left in mid-install; what it says of its slots when it is back will decide."""
    return enter(
        snapshot,
        Step.JUDGING,
        message="RAUC stopped; waiting for it to come back",
        stalled=False,
        deadline=now.mono + ASK_S,
    )


def install_unanswered(snapshot: Snapshot, event: RaucUnanswered, now: Now) -> Change:
    """Whether the install began is not known; a call is never repeated, so look."""
    if event.id != snapshot.update.id:
        return snapshot, ()
    return enter(
        snapshot,
        Step.JUDGING,
        ReadSlots(),
        message="RAUC does not answer; asking again",
        deadline=now.mono + ASK_S,
    )


def stalled(snapshot: Snapshot, event: Tick, now: Now) -> Change:
    """RAUC has not said anything for minutes. It cannot be stopped, so say that; and ask whether it still installs."""
    if not expired(snapshot, now):
        return snapshot, ()
    return enter(
        snapshot,
        Step.JUDGING,
        ReadSlots(),
        message=f"No word from RAUC for {STALL_S / 60:.0f} minutes; it may still be at work",
        stalled=True,
        deadline=now.mono + ASK_S,
    )


def checking(snapshot: Snapshot, event: RaucProgress, now: Now) -> Change:
    """RAUC tells what it checks, unless it speaks of somebody else's bundle."""
    if snapshot.update.message == _WAITING:
        return snapshot, ()
    # RAUC counts each of its checks from 0 to 100, so the percent says nothing of the whole.
    return replace(snapshot, update=replace(snapshot.update, message=event.message)), ()


def progressed(snapshot: Snapshot, event: RaucProgress, now: Now) -> Change:
    """RAUC tells how far it is; percents never fall within an install."""
    update = snapshot.update
    accepted = update.accepted or writes_slot(event)
    percent = max(event.percent, update.percent or 0)
    update = replace(
        update,
        percent=percent,
        message=event.message,
        accepted=accepted,
        stalled=False,
        deadline=now.mono + STALL_S,
    )
    return replace(snapshot, update=update), ()


def heard_again(snapshot: Snapshot, event: RaucProgress, now: Now) -> Change:
    """RAUC goes on with ours after a long silence; else it tells of somebody else's bundle, or before it was asked."""
    update = snapshot.update
    if not update.stalled or update.record is None or update.record.stage is not Stage.INSTALLING:
        return overwritten(snapshot, event, now)
    installing, _ = enter(snapshot, Step.INSTALLING)
    return progressed(installing, event, now)


def completed(snapshot: Snapshot, event: RaucCompleted, now: Now) -> Change:
    """RAUC is done: only a result of 0 is a success."""
    update = snapshot.update
    ours = update.begun and update.record is not None and update.record.stage is Stage.INSTALLING
    if not ours or update.record is None or not this_boot(snapshot):
        return snapshot, ()
    if event.result != 0:
        return install_failed(snapshot, event.last_error, now)
    record = replace(update.record, stage=Stage.INSTALLED)
    return enter(
        snapshot,
        Step.FINISHING,
        WriteJournal(record, snapshot.last_update),
        ReadSlots(),
        percent=100,
        accepted=True,
        stalled=False,
        record=record,
    )


def install_failed(snapshot: Snapshot, text: str, now: Now) -> Change:
    """RAUC refused the bundle, or failed after it had begun to write the slot."""
    failure = failures.from_rauc(text)
    if not snapshot.update.accepted:
        return fail(snapshot, failure)
    # A slot was written to, so this was more than a refused bundle.
    last = verdict_on(snapshot, Result.FAILED, failure.message, now)
    return fail(replace(snapshot, last_update=last), failure)


def finished(snapshot: Snapshot, event: JournalWritten | JournalFailed, now: Now) -> Change:
    """The journal knows of the completed install, or could not be told."""
    # Without the journal's last word the verdict still comes out right: the record says "installing", and RAUC's
    # counters say that it was completed. So a full disk does not stop the reboot.
    record = snapshot.update.record
    if record is None or event.record != record:
        return snapshot, ()
    return installed(snapshot, record, now)


def installed(snapshot: Snapshot, record: Record, now: Now) -> Change:
    """The bundle is no longer needed; restart, or wait to be told to."""
    if snapshot.reboot == "manual":
        return enter(snapshot, Step.INSTALLED, RemoveBundle(record.id), percent=100, message=None)
    announced, commands = announce(snapshot, None, now)
    return announced, (RemoveBundle(record.id), *commands)
