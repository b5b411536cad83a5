"""The update's state machine: one table, and one ``step`` that looks into it.

A row names a step and an event; its handler gives the next snapshot and the commands. The order of an update is

    IDLE → RECEIVING → INSPECTING → PREPARING → INSTALLING → FINISHING → (INSTALLED →) ANNOUNCING → REBOOTING

and two things make it longer than the phases that others see. Before the install may begin, and after it, the journal
must be on the disk (PREPARING, FINISHING), so that a power cut at any moment can be judged. And before the reboot is
asked for, the panel must say so (ANNOUNCING), because its picture outlives the power.

A request that has no row raises ``NotNow``; an observation that has no row changes nothing, because the world does not
ask whether it suits us (a signal of RAUC may be late, an upload's last progress may cross its cancellation).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, assert_never

from mapio_display.core import failures, verdict
from mapio_display.core.commands import Command, Inspect, Install, ReadSlots, Reboot, RemoveBundle, WriteJournal
from mapio_display.core.events import (
    AcknowledgeRequested,
    BundleInspected,
    BundleRefused,
    CancelRequested,
    Event,
    JournalFailed,
    JournalWritten,
    PanelFailed,
    PanelShown,
    RaucBusySeen,
    RaucCompleted,
    RaucLost,
    RaucProgress,
    RaucUnanswered,
    RebootFailed,
    RebootRequested,
    Request,
    SlotsRead,
    Started,
    Tick,
    UploadFailed,
    UploadFinished,
    UploadLost,
    UploadOpened,
    UploadProgress,
)
from mapio_display.core.failures import Failure
from mapio_display.core.record import LastUpdate, Record, Result, Stage
from mapio_display.core.snapshot import Bundle, Now, Phase, Snapshot, Step, Update
from mapio_display.errors import NotNow, Refused

ANNOUNCE_S = 10.0  # two full refreshes and some: a panel that is slower than this does not hold up the reboot
REBOOT_S = 120.0  # systemd gives units 90 s to stop
RESULT_S = 600.0  # how long a verdict stays in front of the resting view

Change = tuple[Snapshot, tuple[Command, ...]]
Handler = Callable[[Snapshot, Any, Now], Change]

_PHASE = {
    Step.IDLE: Phase.IDLE,
    Step.RECEIVING: Phase.RECEIVING,
    Step.INSPECTING: Phase.INSPECTING,
    Step.PREPARING: Phase.INSPECTING,
    Step.INSTALLING: Phase.INSTALLING,
    Step.FINISHING: Phase.INSTALLING,
    Step.INSTALLED: Phase.INSTALLED,
    Step.ANNOUNCING: Phase.REBOOTING,
    Step.REBOOTING: Phase.REBOOTING,
    Step.FAILED: Phase.FAILED,
}


def step(snapshot: Snapshot, event: Event, now: Now) -> Change:
    """Let the update take ``event``; raises ``NotNow`` for a request the present step does not allow."""
    handler = _TABLE.get((snapshot.update.step, type(event)))
    if handler is not None:
        return handler(snapshot, event, now)
    if isinstance(event, Request):
        raise NotNow(_REFUSALS[type(event)])
    return snapshot, ()


def admission(snapshot: Snapshot) -> Failure | None:
    """Why no bundle could be taken in now, or None."""
    if (snapshot.update.step, UploadOpened) not in _TABLE:
        return failures.UPDATE_UNDER_WAY
    if not snapshot.rauc.available:
        return failures.RAUC_UNAVAILABLE
    return None


def _enter(snapshot: Snapshot, to: Step, *commands: Command, **changes: Any) -> Change:
    changes.setdefault("phase", _PHASE.get(to, snapshot.update.phase))
    changes.setdefault("deadline", None)
    return replace(snapshot, update=replace(snapshot.update, step=to, **changes)), commands


# Transfer


def _opened(snapshot: Snapshot, event: UploadOpened, now: Now) -> Change:
    if not snapshot.rauc.available:
        raise Refused(failures.RAUC_UNAVAILABLE)
    booted = snapshot.booted
    record = Record(
        id=event.id,
        stage=Stage.RECEIVING,
        boot_id=snapshot.boot_id,
        from_slot=booted.bootname if booted else None,
        from_version=snapshot.os.version,
        filename=event.filename,
        size=event.size,
    )
    update = Update(
        step=Step.RECEIVING,
        phase=Phase.RECEIVING,
        id=event.id,
        percent=0 if event.size else None,
        bundle=Bundle(event.filename, event.size),
        record=record,
    )
    return replace(snapshot, update=update, result_until=None), (WriteJournal(record, snapshot.last_update),)


def _received(snapshot: Snapshot, event: UploadProgress, now: Now) -> Change:
    update = snapshot.update
    if event.id != update.id or update.bundle is None:
        return snapshot, ()
    size = update.bundle.size
    percent = min(100, 100 * event.received // size) if size else None
    update = replace(update, percent=percent, bundle=replace(update.bundle, received=event.received))
    return replace(snapshot, update=update), ()


def _arrived(snapshot: Snapshot, event: UploadFinished, now: Now) -> Change:
    update = snapshot.update
    if event.id != update.id or update.record is None or update.bundle is None:
        return snapshot, ()
    record = replace(update.record, stage=Stage.INSPECTING, size=event.size)
    bundle = replace(update.bundle, size=event.size, received=event.size)
    return _enter(
        snapshot,
        Step.INSPECTING,
        WriteJournal(record, snapshot.last_update),
        Inspect(event.id),
        percent=None,
        bundle=bundle,
        record=record,
    )


def _lost(snapshot: Snapshot, event: UploadLost, now: Now) -> Change:
    bundle = snapshot.update.bundle
    if event.id != snapshot.update.id or bundle is None:
        return snapshot, ()
    failure = failures.connection_lost(bundle.received, bundle.size)
    return _end(snapshot, Result.INTERRUPTED, failure.message, now)


def _not_taken(snapshot: Snapshot, event: UploadFailed, now: Now) -> Change:
    if event.id != snapshot.update.id:
        return snapshot, ()
    return _end(snapshot, Result.INTERRUPTED, event.reason, now)


def _cancelled(snapshot: Snapshot, event: CancelRequested, now: Now) -> Change:
    return _drop(snapshot, Update(), snapshot.last_update)


# Inspection and installation


def _inspected(snapshot: Snapshot, event: BundleInspected, now: Now) -> Change:
    update = snapshot.update
    if event.id != update.id or update.record is None or update.bundle is None:
        return snapshot, ()
    target = snapshot.target
    if target is None:
        return _fail(snapshot, failures.NO_TARGET_SLOT)
    record = replace(
        update.record,
        stage=Stage.INSTALLING,
        target_slot=target.bootname,
        to_version=event.version,
        installed_count=target.installed_count,
        activated_count=target.activated_count,
    )
    return _enter(
        snapshot,
        Step.PREPARING,
        WriteJournal(record, snapshot.last_update),
        bundle=replace(update.bundle, version=event.version),
        record=record,
    )


def _journalled_before(snapshot: Snapshot, event: JournalWritten, now: Now) -> Change:
    if event.record != snapshot.update.record:
        return snapshot, ()
    return _enter(snapshot, Step.INSTALLING, Install(event.record.id), percent=0, message=None)


def _not_journalled(snapshot: Snapshot, event: JournalFailed, now: Now) -> Change:
    if event.record.id != snapshot.update.id:
        return snapshot, ()
    return _fail(snapshot, failures.storage(event.text))


def _refused(snapshot: Snapshot, event: BundleRefused, now: Now) -> Change:
    if event.id != snapshot.update.id:
        return snapshot, ()
    return _fail(snapshot, failures.from_rauc(event.text))


def _rauc_away(snapshot: Snapshot, event: RaucLost, now: Now) -> Change:
    return _fail(snapshot, failures.RAUC_UNAVAILABLE)


def _unanswered(snapshot: Snapshot, event: RaucUnanswered, now: Now) -> Change:
    if event.id != snapshot.update.id:
        return snapshot, ()
    return _fail(snapshot, replace(failures.RAUC_UNAVAILABLE, detail=event.text))


def _rauc_died(snapshot: Snapshot, event: RaucLost, now: Now) -> Change:
    return _enter(snapshot, Step.JUDGING, message="RAUC stopped; waiting for it to come back")


def _install_unanswered(snapshot: Snapshot, event: RaucUnanswered, now: Now) -> Change:
    if event.id != snapshot.update.id:
        return snapshot, ()
    return _enter(snapshot, Step.JUDGING, ReadSlots(), message="RAUC does not answer; asking again")


def _checking(snapshot: Snapshot, event: RaucProgress, now: Now) -> Change:
    # RAUC counts each of its checks from 0 to 100, so the percent says nothing of the whole.
    return replace(snapshot, update=replace(snapshot.update, message=event.message)), ()


def _progressed(snapshot: Snapshot, event: RaucProgress, now: Now) -> Change:
    update = snapshot.update
    accepted = update.accepted or event.message.casefold().startswith("updating slots")
    percent = max(event.percent, update.percent or 0)
    return replace(snapshot, update=replace(update, percent=percent, message=event.message, accepted=accepted)), ()


def _completed(snapshot: Snapshot, event: RaucCompleted, now: Now) -> Change:
    update = snapshot.update
    if update.record is None or update.record.stage is not Stage.INSTALLING or not _this_boot(snapshot):
        return snapshot, ()
    if event.result != 0:
        return _install_failed(snapshot, event.last_error, now)
    record = replace(update.record, stage=Stage.INSTALLED)
    return _enter(
        snapshot,
        Step.FINISHING,
        WriteJournal(record, snapshot.last_update),
        ReadSlots(),
        percent=100,
        accepted=True,
        record=record,
    )


def _install_failed(snapshot: Snapshot, text: str, now: Now) -> Change:
    failure = failures.from_rauc(text)
    if not snapshot.update.accepted:
        return _fail(snapshot, failure)
    # A slot was written to, so this was more than a refused bundle.
    last = _verdict(snapshot, Result.FAILED, failure.message, now)
    return _fail(replace(snapshot, last_update=last), failure)


def _finished(snapshot: Snapshot, event: JournalWritten | JournalFailed, now: Now) -> Change:
    # Without the journal's last word the verdict still comes out right: the record says "installing", and RAUC's
    # counters say that it was completed. So a full disk does not stop the reboot.
    record = snapshot.update.record
    if record is None or event.record != record:
        return snapshot, ()
    return _installed(snapshot, record, now)


def _installed(snapshot: Snapshot, record: Record, now: Now) -> Change:
    if snapshot.reboot == "manual":
        return _enter(snapshot, Step.INSTALLED, RemoveBundle(record.id), percent=100, message=None)
    announced, commands = _announce(snapshot, None, now)
    return announced, (RemoveBundle(record.id), *commands)


# Reboot


def _announce(snapshot: Snapshot, event: RebootRequested | None, now: Now) -> Change:
    return _enter(snapshot, Step.ANNOUNCING, percent=None, message=None, error=None, deadline=now.mono + ANNOUNCE_S)


def _announced(snapshot: Snapshot, event: PanelShown, now: Now) -> Change:
    return _go_down(snapshot, now) if event.view == "rebooting" else (snapshot, ())


def _announced_to_nobody(snapshot: Snapshot, event: PanelFailed, now: Now) -> Change:
    return _go_down(snapshot, now)


def _waited(snapshot: Snapshot, event: Tick, now: Now) -> Change:
    return _go_down(snapshot, now) if _expired(snapshot, now) else (snapshot, ())


def _go_down(snapshot: Snapshot, now: Now) -> Change:
    return _enter(snapshot, Step.REBOOTING, Reboot(), deadline=now.mono + REBOOT_S)


def _still_up(snapshot: Snapshot, event: Tick, now: Now) -> Change:
    if not _expired(snapshot, now):
        return snapshot, ()
    return _enter(snapshot, Step.INSTALLED, percent=100, error=failures.REBOOT_IGNORED)


def _reboot_refused(snapshot: Snapshot, event: RebootFailed, now: Now) -> Change:
    return _enter(snapshot, Step.INSTALLED, percent=100, error=failures.reboot_refused(event.text))


def _expired(snapshot: Snapshot, now: Now) -> bool:
    return snapshot.update.deadline is not None and now.mono >= snapshot.update.deadline


# Taking up a journalled update, and the verdict


def _taken_up(snapshot: Snapshot, event: Started, now: Now) -> Change:
    record = event.record
    if record is None:
        return snapshot, ()
    update = Update(
        step=Step.JUDGING,
        phase=Phase.INSTALLING if _same_boot(snapshot, record) else Phase.REBOOTING,
        id=record.id,
        message="Checking what became of the update",
        bundle=Bundle(record.filename, record.size, record.size or 0, record.to_version),
        record=record,
    )
    snapshot = replace(snapshot, update=update)
    if record.stage in (Stage.RECEIVING, Stage.INSPECTING):
        # RAUC had not been asked to install anything, so there is nothing to wait for.
        return _judged(
            snapshot, verdict.judge(record, boot_id=snapshot.boot_id, slots=(), primary=None, last_error=""), now
        )
    return snapshot, ()


def _slots_told(snapshot: Snapshot, event: SlotsRead, now: Now) -> Change:
    record = snapshot.update.record
    if record is None:
        return snapshot, ()
    outcome = verdict.judge(
        record, boot_id=snapshot.boot_id, slots=event.slots, primary=event.primary, last_error=event.last_error
    )
    return _judged(snapshot, outcome, now)


def _judged(snapshot: Snapshot, outcome: verdict.Outcome, now: Now) -> Change:
    update = snapshot.update
    assert update.record is not None
    match outcome:
        case verdict.Ended(result, reason):
            return _end(snapshot, result, reason, now)
        case verdict.Inspecting():
            return _enter(snapshot, Step.INSPECTING, Inspect(update.record.id), percent=None, message=None)
        case verdict.Installed():
            record = replace(update.record, stage=Stage.INSTALLED)
            return _enter(
                snapshot,
                Step.FINISHING,
                WriteJournal(record, snapshot.last_update),
                percent=100,
                message=None,
                accepted=True,
                record=record,
            )
        case verdict.RaucSaid(text):
            return _install_failed(snapshot, text, now)
        case _:
            assert_never(outcome)


def _still_running(snapshot: Snapshot, event: RaucBusySeen, now: Now) -> Change:
    record = snapshot.update.record
    if record is None or record.stage is not Stage.INSTALLING or not _this_boot(snapshot):
        return snapshot, ()
    return _enter(snapshot, Step.INSTALLING, message=None)


def _this_boot(snapshot: Snapshot) -> bool:
    record = snapshot.update.record
    return record is not None and _same_boot(snapshot, record)


def _same_boot(snapshot: Snapshot, record: Record) -> bool:
    return record.boot_id == snapshot.boot_id


def _verdict(snapshot: Snapshot, result: Result, reason: str | None, now: Now) -> LastUpdate:
    record = snapshot.update.record
    assert record is not None
    to_version = record.to_version
    if result is Result.SUCCEEDED and snapshot.os.version is not None:
        if to_version is not None and to_version != snapshot.os.version:
            reason = f"The bundle called itself {to_version}."
        to_version = snapshot.os.version
    return LastUpdate(
        id=record.id,
        result=result,
        from_version=record.from_version,
        to_version=to_version,
        slot=record.target_slot,
        finished_at=now.iso,
        reason=reason,
    )


def _end(snapshot: Snapshot, result: Result, reason: str | None, now: Now) -> Change:
    last = _verdict(snapshot, result, reason, now)
    return _drop(replace(snapshot, result_until=now.mono + RESULT_S), Update(), last)


def _fail(snapshot: Snapshot, failure: Failure) -> Change:
    update = replace(
        snapshot.update, step=Step.FAILED, phase=Phase.FAILED, percent=None, message=None, error=failure, deadline=None
    )
    return _drop(snapshot, update, snapshot.last_update)


def _drop(snapshot: Snapshot, update: Update, last: LastUpdate | None) -> Change:
    assert snapshot.update.id is not None
    return replace(snapshot, update=replace(update, record=None), last_update=last), (
        RemoveBundle(snapshot.update.id),
        WriteJournal(None, last),
    )


# Putting away


def _failure_seen(snapshot: Snapshot, event: AcknowledgeRequested, now: Now) -> Change:
    cleared, commands = replace(snapshot, update=Update()), ()
    last = snapshot.last_update
    return _result_seen(cleared, event, now) if last and not last.acknowledged else (cleared, commands)


def _result_seen(snapshot: Snapshot, event: AcknowledgeRequested, now: Now) -> Change:
    last = snapshot.last_update
    if last is None or last.acknowledged:
        raise NotNow(failures.NOTHING_TO_ACKNOWLEDGE)
    last = replace(last, acknowledged=True)
    return replace(snapshot, last_update=last, result_until=None), (WriteJournal(None, last),)


_TABLE: dict[tuple[Step, type[Event]], Handler] = {
    (Step.IDLE, Started): _taken_up,
    (Step.IDLE, UploadOpened): _opened,
    (Step.FAILED, UploadOpened): _opened,
    (Step.RECEIVING, UploadProgress): _received,
    (Step.RECEIVING, UploadFinished): _arrived,
    (Step.RECEIVING, UploadLost): _lost,
    (Step.RECEIVING, UploadFailed): _not_taken,
    (Step.RECEIVING, CancelRequested): _cancelled,
    (Step.RECEIVING, JournalFailed): _not_journalled,
    (Step.INSPECTING, RaucProgress): _checking,
    (Step.INSPECTING, BundleInspected): _inspected,
    (Step.INSPECTING, BundleRefused): _refused,
    (Step.INSPECTING, RaucUnanswered): _unanswered,
    (Step.INSPECTING, RaucLost): _rauc_away,
    (Step.INSPECTING, JournalFailed): _not_journalled,
    (Step.PREPARING, JournalWritten): _journalled_before,
    (Step.PREPARING, JournalFailed): _not_journalled,
    (Step.PREPARING, RaucLost): _rauc_away,
    (Step.INSTALLING, RaucProgress): _progressed,
    (Step.INSTALLING, RaucCompleted): _completed,
    (Step.INSTALLING, BundleRefused): _refused,
    (Step.INSTALLING, RaucUnanswered): _install_unanswered,
    (Step.INSTALLING, RaucLost): _rauc_died,
    (Step.FINISHING, JournalWritten): _finished,
    (Step.FINISHING, JournalFailed): _finished,
    (Step.INSTALLED, RebootRequested): _announce,
    (Step.ANNOUNCING, PanelShown): _announced,
    (Step.ANNOUNCING, PanelFailed): _announced_to_nobody,
    (Step.ANNOUNCING, Tick): _waited,
    (Step.REBOOTING, RebootFailed): _reboot_refused,
    (Step.REBOOTING, Tick): _still_up,
    (Step.JUDGING, SlotsRead): _slots_told,
    (Step.JUDGING, RaucBusySeen): _still_running,
    (Step.JUDGING, RaucCompleted): _completed,
    (Step.FAILED, AcknowledgeRequested): _failure_seen,
    (Step.IDLE, AcknowledgeRequested): _result_seen,
}

_REFUSALS: dict[type[Event], Failure] = {
    UploadOpened: failures.UPDATE_UNDER_WAY,
    CancelRequested: failures.NOTHING_TO_CANCEL,
    RebootRequested: failures.NOTHING_TO_REBOOT,
    AcknowledgeRequested: failures.NOTHING_TO_ACKNOWLEDGE,
}
