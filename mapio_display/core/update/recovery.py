"""Handlers of an update that was journalled: resumed after a restart, or judged after a boot; and dismissed."""

from dataclasses import replace
from typing import assert_never

from mapio_display.core import failures
from mapio_display.core.commands import Inspect, ReadSlots, WriteJournal
from mapio_display.core.facts.clock import Now, Tick
from mapio_display.core.facts.daemon import Started
from mapio_display.core.facts.rauc import RaucBusyObserved, SlotsRead
from mapio_display.core.facts.update import AcknowledgeRequested, Bundle, Phase, Step, Update
from mapio_display.core.message import message
from mapio_display.core.record import Record, Stage
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update.install import STALL_S, concluded
from mapio_display.core.update.repair import AGAIN_S, install_failed
from mapio_display.core.update.transfer import KEPT_S
from mapio_display.core.update.transitions import (
    ASK_S,
    RESULT_S,
    Change,
    end,
    enter,
    expired,
    facts,
    same_boot,
    this_boot,
)
from mapio_display.core.verdict import Ended, Facts, Inspecting, Installed, Outcome, RaucSaid, judge, revised
from mapio_display.errors import NotNow


def recovered(snapshot: Snapshot, event: Started, now: Now) -> Change:
    """The daemon has read its journal, and may have found an update in it."""
    record = event.record
    # What RAUC reported before that was not received.
    ask = (ReadSlots(),) if snapshot.rauc.available else ()
    if record is None or record.stage in (Stage.RECEIVING, Stage.INSPECTING):
        # The version that runs shows already whether the last update is still in use.
        snapshot, journal = _revised(snapshot, facts(snapshot), record, now)
        ask = (*journal, *ask)
    if record is None:
        return replace(snapshot, update=Update()), ask
    update = Update(
        step=Step.JUDGING,
        phase=Phase.INSTALLING if same_boot(snapshot, record) else Phase.REBOOTING,
        id=record.id,
        message=message("waiting.verdict"),
        bundle=Bundle(record.filename, record.size, record.size or 0, record.to_version),
        begun=record.stage is Stage.INSTALLING,
        record=record,
        deadline=now.mono + ASK_S,
    )
    snapshot = replace(snapshot, update=update)
    if record.resumable and record.stage is Stage.RECEIVING:
        if event.received != record.size:
            return _waiting_on(snapshot, record, event.received, now)
        # The last byte was on the disk, and only the journal did not have it yet.
        record = replace(record, stage=Stage.INSPECTING)
        snapshot = replace(snapshot, update=replace(update, record=record))
    if record.stage in (Stage.RECEIVING, Stage.INSPECTING):
        # RAUC had not been asked to install anything, so there is nothing to wait for.
        return judged(snapshot, judge(record, facts(snapshot), boot_id=snapshot.boot_id), None, now)
    return snapshot, ask


def _waiting_on(snapshot: Snapshot, record: Record, received: int, now: Now) -> Change:
    """Keep the ``received`` bytes of a resumable bundle, for as long as was promised when it began."""
    left = KEPT_S if record.expires_at is None else min(KEPT_S, record.expires_at - now.wall)
    bundle = Bundle(record.filename, record.size, received)
    until = now.mono + left
    return enter(snapshot, Step.PAUSED, message=None, bundle=bundle, deadline=until, kept_until=until)


def slots_reported(snapshot: Snapshot, event: SlotsRead, now: Now) -> Change:
    """RAUC is idle and reports its slots: judge."""
    record = snapshot.update.record
    if record is None:
        return snapshot, ()
    reported, watched = facts(snapshot, event), snapshot.update.watched
    return judged(snapshot, judge(record, reported, boot_id=snapshot.boot_id, watched=watched), event, now)


def reported_late(snapshot: Snapshot, event: SlotsRead, now: Now) -> Change:
    """RAUC was missing, and the restart that should have helped did not come; but RAUC is back."""
    waits = snapshot.update.waits
    if waits is None or waits.step is not Step.JUDGING:
        return snapshot, ()
    return slots_reported(replace(snapshot, update=waits), event, now)


def judged(snapshot: Snapshot, outcome: Outcome, event: SlotsRead | None, now: Now) -> Change:
    """Do what follows from the judgement of what RAUC has reported, if it was asked."""
    update = snapshot.update
    assert update.record is not None
    match outcome:
        case Ended(result, reason):
            return end(snapshot, result, reason, now)
        case Inspecting():
            return enter(snapshot, Step.INSPECTING, Inspect(update.record.id), percent=None, message=None)
        case Installed():
            record = replace(update.record, stage=Stage.INSTALLED)
            finishing, commands = enter(
                snapshot,
                Step.FINISHING,
                WriteJournal(record, snapshot.last_update),
                percent=100,
                message=None,
                accepted=True,
                record=record,
                asked=0,
                deadline=now.mono + AGAIN_S,
            )
            if event is None or record.to_start:
                return finishing, commands
            finishing, more = concluded(finishing, event, now)
            return finishing, (*commands, *more, *(() if more else (ReadSlots(),)))
        case RaucSaid(text, why, given_up):
            accepted = update.accepted or given_up
            return install_failed(replace(snapshot, update=replace(update, accepted=accepted)), text, why, now)
        case _:
            assert_never(outcome)


def in_use(snapshot: Snapshot, event: SlotsRead, now: Now) -> Change:
    """RAUC reports its slots and no update is to be judged; but the last verdict may no longer hold."""
    return _revised(snapshot, facts(snapshot, event), snapshot.update.record, now)


def _revised(snapshot: Snapshot, reported: Facts, record: Record | None, now: Now) -> Change:
    last = None if snapshot.last_update is None else revised(snapshot.last_update, reported)
    if last is None:
        return snapshot, ()
    last = replace(last, finished_at=now.iso)
    news = replace(snapshot, last_update=last, result_until=now.mono + RESULT_S, judged_mono=now.mono)
    return news, (WriteJournal(record, last),)


def still_running(snapshot: Snapshot, event: RaucBusyObserved, now: Now) -> Change:
    """RAUC refuses to answer, which it does only while it installs: ours is still running."""
    record = snapshot.update.record
    if record is None or record.stage is not Stage.INSTALLING or not this_boot(snapshot):
        return snapshot, ()
    if snapshot.update.stalled:
        return enter(snapshot, Step.INSTALLING, begun=True, watched=True, deadline=now.mono + ASK_S)
    return enter(snapshot, Step.INSTALLING, message=None, begun=True, watched=True, deadline=now.mono + STALL_S)


def asked_again(snapshot: Snapshot, event: Tick, now: Now) -> Change:
    """RAUC has yet to answer; where it is gone, its coming back will be noticed."""
    if not expired(snapshot, now):
        return snapshot, ()
    again = () if snapshot.rauc.available is False else (ReadSlots(),)
    return enter(snapshot, snapshot.update.step, *again, deadline=now.mono + ASK_S)


def failure_dismissed(snapshot: Snapshot, event: AcknowledgeRequested, now: Now) -> Change:
    """The owner dismisses a failure, and its verdict with it if it has one."""
    error, last = snapshot.update.error, snapshot.last_update
    cleared = replace(snapshot, update=snapshot.update.waits or Update())
    # Whether the other program still installs is not reported again.
    ask = (ReadSlots(),) if error is not None and error.code == failures.OTHER_INSTALL.code else ()
    if last is None or last.acknowledged:
        return cleared, ask
    dismissed, commands = result_dismissed(cleared, event, now)
    return dismissed, commands + ask


def result_dismissed(snapshot: Snapshot, event: AcknowledgeRequested, now: Now) -> Change:
    """The owner puts a verdict away."""
    last = snapshot.last_update
    if last is None or last.acknowledged:
        raise NotNow(failures.NOTHING_TO_ACKNOWLEDGE)
    last = replace(last, acknowledged=True)
    return replace(snapshot, last_update=last, result_until=None), (WriteJournal(snapshot.update.record, last),)
