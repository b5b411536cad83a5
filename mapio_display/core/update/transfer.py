"""Handlers of the transfer: from the first byte to the complete bundle, or to its loss."""

from dataclasses import replace

from mapio_display.core import failures
from mapio_display.core.commands import Inspect, WriteJournal
from mapio_display.core.events import (
    CancelRequested,
    UploadFailed,
    UploadFinished,
    UploadLost,
    UploadOpened,
    UploadProgress,
)
from mapio_display.core.power import too_low
from mapio_display.core.record import Record, Result, Stage
from mapio_display.core.snapshot import Bundle, Now, Phase, Snapshot, Step, Update
from mapio_display.core.update.moves import Change, drop, end, enter
from mapio_display.errors import Refused


def opened(snapshot: Snapshot, event: UploadOpened, now: Now) -> Change:
    """A bundle begins to come in; this is the one place where one update at a time is decided."""
    if not snapshot.rauc.available:
        raise Refused(failures.RAUC_UNAVAILABLE)
    if too_low(snapshot.power):
        raise Refused(failures.LOW_BATTERY)
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


def received(snapshot: Snapshot, event: UploadProgress, now: Now) -> Change:
    """More of the bundle has come in."""
    update = snapshot.update
    if event.id != update.id or update.bundle is None:
        return snapshot, ()
    size = update.bundle.size
    percent = min(100, 100 * event.received // size) if size else None
    update = replace(update, percent=percent, bundle=replace(update.bundle, received=event.received))
    return replace(snapshot, update=update), ()


def arrived(snapshot: Snapshot, event: UploadFinished, now: Now) -> Change:
    """The whole bundle is on the disk: RAUC shall look into it."""
    update = snapshot.update
    if event.id != update.id or update.record is None or update.bundle is None:
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
    if event.id != snapshot.update.id or bundle is None:
        return snapshot, ()
    failure = failures.connection_lost(bundle.received, bundle.size)
    return end(snapshot, Result.INTERRUPTED, failure.message, now)


def not_taken(snapshot: Snapshot, event: UploadFailed, now: Now) -> Change:
    """The bundle could not be taken in, for a reason of our own."""
    if event.id != snapshot.update.id:
        return snapshot, ()
    return end(snapshot, Result.INTERRUPTED, event.reason, now)


def cancelled(snapshot: Snapshot, event: CancelRequested, now: Now) -> Change:
    """The owner gives the transfer up; the last update stays as it was."""
    return drop(snapshot, Update(), snapshot.last_update)
