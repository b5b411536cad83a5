"""Handlers of the repair: a slot that was half written keeps RAUC from installing a bundle with a pre-install hook.

RAUC mounts the slot for such a hook before it writes, and half a file system cannot be mounted. An empty one can.
"""

from dataclasses import replace

from mapio_display.core import failures
from mapio_display.core.commands import ReadSlots, Repair, WriteJournal
from mapio_display.core.facts.clock import Now, Tick
from mapio_display.core.facts.rauc import RaucBusyObserved, RaucLost, Slot, SlotsRead
from mapio_display.core.facts.update import JournalFailed, JournalWritten, RepairFailed, SlotRepaired, Step
from mapio_display.core.failures import Failure, Why
from mapio_display.core.message import message
from mapio_display.core.record import Result
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update.transitions import Change, counters, enter, expired, fail, verdict_on

# How soon and how often RAUC is asked again for its slots; the repair between takes seconds, on a slow day.
AGAIN_S, MOST_ASKED = 10.0, 12
BUSY_S = 1.0  # RAUC says that it is done a moment before it answers again


def repairable(snapshot: Snapshot) -> Slot | None:
    """The slot that may be emptied: never one that runs, is mounted, or is to be started; None if that is not clear."""
    booted = snapshot.booted
    if booted is None or snapshot.primary is None:
        return None
    given_up = [
        slot
        for slot in snapshot.slots
        if slot.bootname and slot.slot_class == booted.slot_class and slot.boot_status == "bad"
        if slot.state == "inactive" and slot.name != snapshot.primary
    ]
    may = len(given_up) == 1 and given_up[0].filesystem == "ext4" and not given_up[0].mounted
    return given_up[0] if may else None


def install_failed(snapshot: Snapshot, text: str, why: Why, now: Now) -> Change:
    """RAUC refused the bundle, or failed when it had begun to write the slot, or could not mount it: then once more."""
    record = snapshot.update.record
    if why is Why.CANNOT_MOUNT and record is not None and record.repaired is None:
        noted = replace(snapshot, update=replace(snapshot.update, record=replace(record, last_error=text)))
        return enter(
            noted,
            Step.REPAIRING,
            ReadSlots(),
            message=message("waiting.repair"),
            accepted=True,
            asked=0,
            deadline=now.mono + AGAIN_S,
        )
    return given_up(snapshot, failures.of_rauc(why, text, clock_is_right=now.iso is not None), now)


def given_up(snapshot: Snapshot, failure: Failure, now: Now) -> Change:
    """End in a failure, and in a verdict where a slot was written to."""
    if not snapshot.update.accepted:
        return fail(snapshot, failure)
    last = verdict_on(snapshot, Result.FAILED, failure.message, now)
    return fail(replace(snapshot, last_update=last, judged_mono=now.mono), failure)


def slots_read(snapshot: Snapshot, event: SlotsRead, now: Now) -> Change:
    """RAUC reports its slots: before the repair that says which, after it the install may begin again."""
    update, record = snapshot.update, snapshot.update.record
    if record is None:
        return snapshot, ()
    if record.repaired is not None:
        return (snapshot, ()) if not update.repaired else _again(snapshot)
    slot = repairable(snapshot)
    if slot is None:
        return given_up(snapshot, failures.repair_unclear(record.last_error), now)
    record = replace(record, repaired=slot.name)
    journal = WriteJournal(record, snapshot.last_update)
    return enter(snapshot, Step.REPAIRING, journal, record=record, deadline=update.deadline)


def journalled(snapshot: Snapshot, event: JournalWritten, now: Now) -> Change:
    """The journal knows of the repair, so it may begin."""
    record = snapshot.update.record
    if record is None or record.repaired is None or event.record != record:
        return snapshot, ()
    return snapshot, (Repair(record.id, record.repaired),)


def not_journalled(snapshot: Snapshot, event: JournalFailed, now: Now) -> Change:
    """Without the journal nothing is written."""
    return _left_alone(snapshot, event.text, now) if event.record == snapshot.update.record else (snapshot, ())


def repaired(snapshot: Snapshot, event: SlotRepaired, now: Now) -> Change:
    """The slot can be mounted again; RAUC's counters must be fresh before the next try."""
    return replace(snapshot, update=replace(snapshot.update, repaired=True)), (ReadSlots(),)


def failed(snapshot: Snapshot, event: RepairFailed, now: Now) -> Change:
    """The slot is as it was."""
    return _left_alone(snapshot, event.text, now)


def rauc_away(snapshot: Snapshot, event: RaucLost, now: Now) -> Change:
    """RAUC left before it was asked again."""
    return given_up(snapshot, failures.without_rauc(fails=event.fails, slow=event.slow), now)


def still_busy(snapshot: Snapshot, event: RaucBusyObserved, now: Now) -> Change:
    """RAUC has failed with ours and does not answer yet."""
    deadline = snapshot.update.deadline or now.mono + AGAIN_S
    return enter(snapshot, Step.REPAIRING, deadline=min(deadline, now.mono + BUSY_S))


def waited(snapshot: Snapshot, event: Tick, now: Now) -> Change:
    """There is no answer: RAUC is asked again, unless it is the repair that is waited for."""
    if not expired(snapshot, now):
        return snapshot, ()
    update, asked = snapshot.update, snapshot.update.asked + 1
    if asked >= MOST_ASKED:
        return given_up(snapshot, failures.repair_unanswered(_raucs_text(snapshot)), now)
    under_way = update.record is not None and update.record.repaired is not None and not update.repaired
    again = () if under_way else (ReadSlots(),)
    return enter(snapshot, Step.REPAIRING, *again, asked=asked, deadline=now.mono + AGAIN_S)


def _left_alone(snapshot: Snapshot, text: str, now: Now) -> Change:
    return given_up(snapshot, failures.not_repaired(text, _raucs_text(snapshot)), now)


def _raucs_text(snapshot: Snapshot) -> str:
    record = snapshot.update.record
    return record.last_error if record else ""


def _again(snapshot: Snapshot) -> Change:
    """Install once more, as at the first time: the journal first."""
    record = snapshot.update.record
    assert record is not None
    record = counters(snapshot, record)
    return enter(snapshot, Step.PREPARING, WriteJournal(record, snapshot.last_update), message=None, record=record)
