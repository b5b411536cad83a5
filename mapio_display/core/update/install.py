"""Handlers of inspection and installation: what RAUC says, and the journal before and after."""

from dataclasses import replace

from mapio_display.core import failures
from mapio_display.core.commands import Install, ReadSlots, RemoveBundle, WriteJournal
from mapio_display.core.facts.clock import Now, Tick
from mapio_display.core.facts.power import too_low
from mapio_display.core.facts.rauc import (
    RaucBusyObserved,
    RaucCompleted,
    RaucInstalling,
    RaucLost,
    RaucProgress,
    SlotsRead,
)
from mapio_display.core.facts.update import (
    BundleInspected,
    BundleRefused,
    InstallBegan,
    JournalFailed,
    JournalWritten,
    RaucUnanswered,
    Step,
)
from mapio_display.core.message import message
from mapio_display.core.record import Record, Result, Stage
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update.foreign import overwritten
from mapio_display.core.update.reboot import announce
from mapio_display.core.update.repair import AGAIN_S, BUSY_S, MOST_ASKED, install_failed
from mapio_display.core.update.transitions import (
    ASK_S,
    Change,
    counters,
    end,
    enter,
    expired,
    facts,
    fail,
    this_boot,
)
from mapio_display.core.verdict import next_started, not_started

_WAITING = message("waiting.other-install")
STALL_S = 300.0  # RAUC 1.8 is silent while it writes a slot: 700 MB take an eMMC one to two minutes


def inspected(snapshot: Snapshot, event: BundleInspected, now: Now) -> Change:
    """RAUC has looked into the bundle: write down what is about to be done before it is done."""
    update = snapshot.update
    if update.record is None or update.bundle is None:
        return snapshot, ()
    if too_low(snapshot):  # the mains went during the transfer
        return fail(snapshot, failures.LOW_BATTERY)
    record = counters(snapshot, replace(update.record, stage=Stage.INSTALLING, to_version=event.version))
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
        watched=False,
        deadline=now.mono + STALL_S,
    )


def begun(snapshot: Snapshot, event: InstallBegan, now: Now) -> Change:
    """RAUC installs our bundle, and no other."""
    return replace(snapshot, update=replace(snapshot.update, begun=True, watched=True)), ()


def not_journalled(snapshot: Snapshot, event: JournalFailed, now: Now) -> Change:
    """Without the journal nothing is installed: after a power cut its result could not be known."""
    if event.record.id != snapshot.update.id:
        return snapshot, ()
    return fail(snapshot, failures.storage(event.text))


def refused(snapshot: Snapshot, event: BundleRefused, now: Now) -> Change:
    """RAUC will not take the bundle."""
    return fail(snapshot, failures.of_rauc(event.why, event.text, clock_is_right=now.iso is not None))


def waiting(snapshot: Snapshot, event: RaucBusyObserved | RaucInstalling, now: Now) -> Change:
    """RAUC cannot look into the bundle before it has installed another program's."""
    return replace(snapshot, update=replace(snapshot.update, message=_WAITING)), ()


def waited_for(snapshot: Snapshot, event: RaucCompleted, now: Now) -> Change:
    """RAUC has installed another program's bundle, and looks into ours."""
    return replace(snapshot, update=replace(snapshot.update, message=None)), ()


def rauc_away(snapshot: Snapshot, event: RaucLost, now: Now) -> Change:
    """RAUC left before it was asked to install anything."""
    return fail(snapshot, failures.without_rauc(fails=event.fails, slow=event.slow))


def unanswered(snapshot: Snapshot, event: RaucUnanswered, now: Now) -> Change:
    """RAUC did not answer while it looked into the bundle."""
    return fail(snapshot, replace(failures.RAUC_UNAVAILABLE, detail=event.text))


def rauc_died(snapshot: Snapshot, event: RaucLost, now: Now) -> Change:
    """RAUC left in mid-install; what it says of its slots when it is back will decide."""
    return enter(
        snapshot,
        Step.JUDGING,
        message=message("waiting.rauc-stopped"),
        stalled=False,
        deadline=now.mono + ASK_S,
    )


def install_unanswered(snapshot: Snapshot, event: RaucUnanswered, now: Now) -> Change:
    """Whether the install began is not known; a call is never repeated, so look."""
    return enter(
        snapshot,
        Step.JUDGING,
        ReadSlots(),
        message=message("waiting.rauc-silent"),
        deadline=now.mono + ASK_S,
    )


def stalled(snapshot: Snapshot, event: Tick, now: Now) -> Change:
    """RAUC is silent for minutes. It cannot be stopped: report that, and ask whether it still installs."""
    if not expired(snapshot, now):
        return snapshot, ()
    return enter(
        snapshot,
        Step.JUDGING,
        ReadSlots(),
        message=message("waiting.stalled", minutes=round(STALL_S / 60)),
        stalled=True,
        deadline=now.mono + ASK_S,
    )


def checking(snapshot: Snapshot, event: RaucProgress, now: Now) -> Change:
    """RAUC reports what it checks, unless that is another program's bundle."""
    if snapshot.update.message == _WAITING:
        return snapshot, ()
    # RAUC counts each of its checks from 0 to 100, so the percent says nothing of the whole.
    return replace(snapshot, update=replace(snapshot.update, message=event.shown)), ()


def progressed(snapshot: Snapshot, event: RaucProgress, now: Now) -> Change:
    """RAUC reports its progress; percents never fall within an install."""
    update = snapshot.update
    accepted = update.accepted or event.writing
    percent = max(event.percent, update.percent or 0)
    update = replace(
        update,
        percent=percent,
        message=event.shown,
        accepted=accepted,
        stalled=False,
        deadline=now.mono + STALL_S,
    )
    return replace(snapshot, update=update), ()


def progressed_again(snapshot: Snapshot, event: RaucProgress, now: Now) -> Change:
    """RAUC goes on with ours after a long silence; else the report is about another one, or came before ours."""
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
        return install_failed(snapshot, event.last_error, event.why, now)
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
        asked=0,
        deadline=now.mono + AGAIN_S,
    )


def concluded(snapshot: Snapshot, event: SlotsRead, now: Now) -> Change:
    """RAUC reports its slots after a complete install: which were written, and whether the next start uses one."""
    record = snapshot.update.record
    if record is None or record.stage is not Stage.INSTALLED or record.to_start:
        return snapshot, ()
    reported = facts(snapshot, event)
    if reported.primary is None and record.primary is not None:
        return snapshot, ()  # it knew before: it is asked again
    slot = next_started(record, reported)
    if slot is None:
        bootname, reason = not_started(record, reported)
        ended = replace(snapshot, update=replace(snapshot.update, record=replace(record, target_slot=bootname)))
        return end(ended, Result.INSTALLED, reason, now)
    before = next((known for known in record.counters if known.slot == slot.name), None)
    if before is not None and slot.bootname != record.target_slot:
        # An older version of this program goes by these, if the boot loader goes back to it.
        record = replace(record, installed_count=before.installed, activated_count=before.activated)
    record = replace(record, target_slot=slot.bootname, to_start=True)
    return enter(snapshot, Step.FINISHING, WriteJournal(record, snapshot.last_update), record=record)


def still_busy(snapshot: Snapshot, event: RaucBusyObserved, now: Now) -> Change:
    """RAUC has completed ours and does not answer yet."""
    if snapshot.update.deadline is None:
        return snapshot, ()
    return enter(snapshot, Step.FINISHING, deadline=min(snapshot.update.deadline, now.mono + BUSY_S))


def unconcluded(snapshot: Snapshot, event: Tick, now: Now) -> Change:
    """RAUC does not say which slot is started next: it is asked again, and at last the owner restarts the gateway."""
    if not expired(snapshot, now):
        return snapshot, ()
    assert snapshot.update.id is not None
    asked = snapshot.update.asked + 1
    if asked < MOST_ASKED:
        return enter(snapshot, Step.FINISHING, ReadSlots(), asked=asked, deadline=now.mono + AGAIN_S)
    return enter(
        snapshot, Step.INSTALLED, RemoveBundle(snapshot.update.id), message=None, error=failures.PRIMARY_UNKNOWN
    )


def finished(snapshot: Snapshot, event: JournalWritten | JournalFailed, now: Now) -> Change:
    """The journal knows of the completed install and of what is started next, or could not be written."""
    # Without the journal's last word the verdict still comes out right: the record says "installing", and RAUC's
    # counters say that it was completed. So a full disk does not stop the reboot.
    record = snapshot.update.record
    if record is None or event.record != record or not record.to_start:
        return snapshot, ()
    return installed(snapshot, record, now)


def installed(snapshot: Snapshot, record: Record, now: Now) -> Change:
    """The bundle is no longer needed; restart, or wait for the owner to ask for it."""
    if snapshot.reboot == "manual":
        return enter(snapshot, Step.INSTALLED, RemoveBundle(record.id), percent=100, message=None)
    announced, commands = announce(snapshot, None, now)
    return announced, (RemoveBundle(record.id), *commands)
