"""What the handlers are made of: entering a step, ending in a failure or in a verdict."""

from dataclasses import replace
from typing import Any

from mapio_display.core.commands import Command, RemoveBundle, WriteJournal
from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.rauc import SlotsRead
from mapio_display.core.facts.update import Phase, Step, Update
from mapio_display.core.failures import Failure
from mapio_display.core.message import Message, message
from mapio_display.core.record import Counters, LastUpdate, Record, Result
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.verdict import Facts

RESULT_S = 600.0  # how long a verdict stays in front of the resting view
ASK_S = 25.0  # between two questions to a RAUC that does not answer: longer than one waits for its answer (20 s)

Change = tuple[Snapshot, tuple[Command, ...]]

_PHASE = {
    Step.IDLE: Phase.IDLE,
    Step.RECEIVING: Phase.RECEIVING,
    Step.PAUSED: Phase.IDLE,
    Step.INSPECTING: Phase.INSPECTING,
    Step.PREPARING: Phase.INSPECTING,
    Step.INSTALLING: Phase.INSTALLING,
    Step.REPAIRING: Phase.INSTALLING,
    Step.FINISHING: Phase.INSTALLING,
    Step.INSTALLED: Phase.INSTALLED,
    Step.ANNOUNCING: Phase.REBOOTING,
    Step.REBOOTING: Phase.REBOOTING,
    Step.FAILED: Phase.FAILED,
    Step.FOREIGN: Phase.INSTALLING,
}


def enter(snapshot: Snapshot, to: Step, *commands: Command, **changes: Any) -> Change:
    """Go to a step, with the phase that others see and without the deadline of the step before."""
    changes.setdefault("phase", _PHASE.get(to, snapshot.update.phase))
    changes.setdefault("deadline", None)
    changes.setdefault("cut_off", False)
    return replace(snapshot, update=replace(snapshot.update, step=to, **changes)), commands


def end(snapshot: Snapshot, result: Result, reason: Message | None, now: Now) -> Change:
    """End in a verdict and be idle again."""
    last = verdict_on(snapshot, result, reason, now)
    return drop(replace(snapshot, result_until=now.mono + RESULT_S, judged_mono=now.mono), Update(), last)


def fail(snapshot: Snapshot, failure: Failure) -> Change:
    """End in a failure that stays until it is acknowledged."""
    update = replace(
        snapshot.update, step=Step.FAILED, phase=Phase.FAILED, percent=None, message=None, error=failure, deadline=None
    )
    return drop(snapshot, update, snapshot.last_update)


def drop(snapshot: Snapshot, update: Update, last: LastUpdate | None) -> Change:
    """Leave the bundle and the journalled record behind."""
    assert snapshot.update.id is not None
    return replace(snapshot, update=replace(update, record=None), last_update=last), (
        RemoveBundle(snapshot.update.id),
        WriteJournal(None, last),
    )


def verdict_on(snapshot: Snapshot, result: Result, reason: Message | None, now: Now) -> LastUpdate:
    """Give the verdict on the update under way; a success names the version that runs."""
    record = snapshot.update.record
    assert record is not None
    to_version = record.to_version
    if result is Result.SUCCEEDED and snapshot.os.version is not None:
        if to_version is not None and to_version != snapshot.os.version:
            reason = message("succeeded.other-name", version=to_version)
        to_version = snapshot.os.version
    return LastUpdate(
        id=record.id,
        result=result,
        from_version=record.from_version,
        to_version=to_version,
        slot=record.target_slot,
        finished_at=now.iso,
        reason=reason,
        from_slot=record.from_slot,
    )


def counters(snapshot: Snapshot, record: Record) -> Record:
    """Note what is to be compared with after the install: RAUC's counters, and which slot it starts next."""
    target = snapshot.target
    return replace(
        record,
        target_slot=target.bootname if target else None,
        installed_count=target.installed_count if target else 0,
        activated_count=target.activated_count if target else 0,
        last_error=snapshot.last_error,
        primary=snapshot.primary,
        counters=tuple(Counters(slot.name, slot.installed_count, slot.activated_count) for slot in snapshot.slots),
    )


def facts(snapshot: Snapshot, event: SlotsRead | None = None) -> Facts:
    """What is known to judge by; of RAUC only with what it has just reported."""
    if event is None:
        return Facts(snapshot.os.version)
    return Facts(snapshot.os.version, event.slots, event.primary, event.last_error, event.why)


def this_boot(snapshot: Snapshot) -> bool:
    """Say whether the update under way began in this boot."""
    record = snapshot.update.record
    return record is not None and same_boot(snapshot, record)


def same_boot(snapshot: Snapshot, record: Record) -> bool:
    """Say whether a record was made in this boot."""
    return record.boot_id == snapshot.boot_id


def expired(snapshot: Snapshot, now: Now) -> bool:
    """Say whether the step's deadline has come."""
    return snapshot.update.deadline is not None and now.mono >= snapshot.update.deadline
