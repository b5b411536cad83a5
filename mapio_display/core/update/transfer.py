"""Handlers of the transfer: from the first byte to the complete bundle, or to its loss."""

from dataclasses import replace

from mapio_display.core import failures
from mapio_display.core.commands import Command, Inspect, RemoveBundle, WriteJournal
from mapio_display.core.facts.clock import Now, Tick
from mapio_display.core.facts.update import (
    Bundle,
    CancelRequested,
    Phase,
    Step,
    Update,
    UploadCutOff,
    UploadFailed,
    UploadFinished,
    UploadLost,
    UploadOpened,
    UploadProgress,
    UploadResumed,
)
from mapio_display.core.record import Record, Result, Stage
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update.obstacles import why_no_update
from mapio_display.core.update.transitions import Change, drop, end, enter, expired
from mapio_display.errors import Refused

TAKEOVER_S = 3.0  # a resumable transfer without bytes for so long may be gone on with from elsewhere
SILENCE_S = 60.0  # a resumable transfer without bytes for so long blocks no other
KEPT_S = 24 * 3600.0  # how long after its beginning it may be gone on with


def opened(snapshot: Snapshot, event: UploadOpened, now: Now) -> Change:
    """A bundle begins to come in; this is the one place where one update at a time is decided."""
    if (failure := why_no_update(snapshot)) is not None:
        raise Refused(failure)
    booted = snapshot.booted
    record = Record(
        id=event.id,
        stage=Stage.RECEIVING,
        boot_id=snapshot.boot_id,
        from_slot=booted.bootname if booted else None,
        from_version=snapshot.os.version,
        filename=event.filename,
        size=event.size,
        resumable=event.resumable,
        fingerprint=event.fingerprint,
        metadata=event.metadata,
        expires_at=now.wall + KEPT_S if event.resumable else None,
        origin=event.origin,
    )
    update = Update(
        step=Step.RECEIVING,
        phase=Phase.RECEIVING,
        id=event.id,
        percent=0 if event.size else None,
        bundle=Bundle(event.filename, event.size),
        record=record,
        deadline=now.mono + _silence(record) if event.resumable else None,
        kept_until=now.mono + KEPT_S if event.resumable else None,
    )
    displaced = snapshot.update if snapshot.update.step is Step.PAUSED else snapshot.update.waits
    commands: tuple[Command, ...] = (WriteJournal(record, snapshot.last_update),)
    if displaced is not None and displaced.id is not None:
        commands = (RemoveBundle(displaced.id), *commands)
    return replace(snapshot, update=update, result_until=None), commands


def received(snapshot: Snapshot, event: UploadProgress, now: Now) -> Change:
    """More of the bundle has come in."""
    update = snapshot.update
    bundle = update.bundle
    if bundle is None:
        return snapshot, ()
    percent = min(100, 100 * event.received // bundle.size) if bundle.size else None
    if update.deadline is not None and event.received > bundle.received:
        update = replace(update, cut_off=False, deadline=now.mono + _silence(update.record))
    update = replace(update, percent=percent, bundle=replace(bundle, received=event.received))
    return replace(snapshot, update=update), ()


def cut_off(snapshot: Snapshot, event: UploadCutOff, now: Now) -> Change:
    """The sender's connection ended before the bundle did: it may be gone on with at once."""
    snapshot, _ = received(snapshot, UploadProgress(event.id, event.received), now)
    return _unattended(snapshot), ()


def arrived(snapshot: Snapshot, event: UploadFinished, now: Now) -> Change:
    """The whole bundle is on the disk: RAUC shall look into it."""
    update = snapshot.update
    if update.record is None or update.bundle is None:
        return snapshot, ()
    record = replace(update.record, stage=Stage.INSPECTING, size=event.size)
    bundle = replace(update.bundle, size=event.size, received=event.size)
    return enter(
        snapshot,
        Step.INSPECTING,
        WriteJournal(record, snapshot.last_update),
        Inspect(event.id),
        percent=None,
        bundle=bundle,
        record=record,
    )


def lost(snapshot: Snapshot, event: UploadLost, now: Now) -> Change:
    """The sender is gone."""
    bundle = snapshot.update.bundle
    if bundle is None:
        return snapshot, ()
    failure = failures.connection_lost(bundle.received, bundle.size)
    return end(snapshot, Result.INTERRUPTED, failure.message, now)


def not_taken(snapshot: Snapshot, event: UploadFailed, now: Now) -> Change:
    """The bundle could not be taken in, for a reason of our own."""
    return end(snapshot, Result.INTERRUPTED, event.reason, now)


def cancelled(snapshot: Snapshot, event: CancelRequested, now: Now) -> Change:
    """The owner gives the transfer up; the last update stays as it was."""
    return drop(snapshot, Update(), snapshot.last_update)


def resumed(snapshot: Snapshot, event: UploadResumed, now: Now) -> Change:
    """More of a resumable bundle is about to come; from now on it is an update of this boot."""
    update, booted = snapshot.update, snapshot.booted
    record, bundle = update.record, update.bundle
    if event.id != update.id or record is None or bundle is None or not record.resumable:
        raise Refused(failures.NO_SUCH_UPLOAD)
    if (failure := why_no_update(snapshot)) is not None:
        raise Refused(failure)
    renewed = replace(
        record,
        boot_id=snapshot.boot_id,
        from_slot=booted.bootname if booted else None,
        from_version=snapshot.os.version,
    )
    journal = () if renewed == record else (WriteJournal(renewed, snapshot.last_update),)
    percent = 100 * bundle.received // bundle.size if bundle.size else None
    return enter(
        replace(snapshot, result_until=None),
        Step.RECEIVING,
        *journal,
        percent=percent,
        record=renewed,
        deadline=now.mono + _silence(renewed),
    )


def paused(snapshot: Snapshot, event: Tick, now: Now) -> Change:
    """Nothing has come for a while: first this transfer may be gone on with, then others may have their turn."""
    if not expired(snapshot, now):
        return snapshot, ()
    snapshot = _unattended(snapshot)
    if not expired(snapshot, now):
        return snapshot, ()
    return enter(snapshot, Step.PAUSED, percent=None, message=None, deadline=snapshot.update.kept_until)


def _silence(record: Record | None) -> float:
    """How long a resumable transfer may be silent before that has a consequence: a download is never taken over."""
    return SILENCE_S if record is not None and record.origin is not None else TAKEOVER_S


def _unattended(snapshot: Snapshot) -> Snapshot:
    """Note that nothing is sent; the minute runs from the last byte on."""
    update = snapshot.update
    if update.cut_off or update.deadline is None:
        return snapshot
    deadline = update.deadline - _silence(update.record) + SILENCE_S
    return replace(snapshot, update=replace(update, cut_off=True, deadline=deadline))


def given_up(snapshot: Snapshot, event: Tick, now: Now) -> Change:
    """It was not resumed."""
    return drop(snapshot, Update(), snapshot.last_update) if expired(snapshot, now) else (snapshot, ())
