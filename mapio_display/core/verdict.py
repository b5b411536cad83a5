"""What became of a journalled update, judged from RAUC's slot status.

RAUC remembers nothing of an install across its own restart, and a reboot leaves only facts behind: which boot this is,
which slot is booted, which slot is primary, what each slot holds, and how often it was installed into.
"""

from dataclasses import replace
from typing import assert_never

from mapio_display.core.facts.rauc import Slot
from mapio_display.core.failures import Why
from mapio_display.core.message import Message, message
from mapio_display.core.record import Counters, LastUpdate, Record, Result, Stage
from mapio_display.frozen import Frozen


class Ended(Frozen):
    """The update is over."""

    result: Result
    reason: Message | None = None


class Inspecting(Frozen):
    """The bundle is on the disk; RAUC has yet to look into it."""


class Installed(Frozen):
    """The install is complete and the reboot has not happened."""


class RaucSaid(Frozen):
    """The install ended while the daemon did not run; the text is RAUC's ``LastError``.

    ``given_up`` says that the target slot is: RAUC does that before it writes, and leaves it so where that fails.
    """

    text: str
    why: Why
    given_up: bool


Outcome = Ended | Inspecting | Installed | RaucSaid


class Facts(Frozen):
    """What RAUC says while it is idle, and the version of the running system.

    ``primary`` is the name of the slot that the next start tries first, ``last_error`` RAUC's of this boot.
    """

    running: str | None
    slots: tuple[Slot, ...] = ()
    primary: str | None = None
    last_error: str = ""
    why: Why = Why.UNKNOWN

    @property
    def booted(self) -> Slot | None:
        """The slot that runs; None where RAUC does not know."""
        return next((slot for slot in self.slots if slot.state == "booted"), None)

    def bootable(self, bootname: str | None) -> Slot | None:
        """The slot of this boot name."""
        return next((slot for slot in self.slots if slot.bootname and slot.bootname == bootname), None)

    @property
    def boot_states_known(self) -> bool:
        """Whether RAUC can read the boot loader's state: if not, it calls every slot bad or unknown."""
        return any(slot.boot_status == "good" for slot in self.slots if slot.bootname)


def judge(record: Record, facts: Facts, *, boot_id: str | None, watched: bool = False) -> Outcome:
    """Judge ``record`` while RAUC is idle; ``watched`` says whether this daemon has seen it install the bundle."""
    target = _target(record, facts)
    booted = target is not None and target.state == "booted"
    overwritten = target is not None and _since(record, target).installed > 1
    # A target that runs has been booted since, even where no boot id could be read: or it would be booted without end.
    if record.boot_id == boot_id and not booted:
        return Ended(Result.FAILED, OVERWRITTEN) if overwritten else _same_boot(record, target, facts, watched=watched)
    if overwritten and booted and not _runs(record, facts):
        return Ended(Result.FAILED, OVERWRITTEN)
    return _after_boot(record, target, facts)


def next_started(record: Record, facts: Facts) -> Slot | None:
    """The slot that this install has made the next to be started; None if it did not, or RAUC does not know."""
    booted = facts.booted
    slot = next((slot for slot in facts.slots if slot.name == facts.primary), None)
    if booted is None or slot is None or slot is booted:
        return None
    since = _since(record, slot)
    ours = since.installed > 0 or since.activated > 0
    uncounted = not any(known.installed_count for known in facts.slots)  # RAUC may be configured to keep no status
    return slot if ours or (uncounted and record.primary != slot.name) else None


def not_started(record: Record, facts: Facts) -> tuple[str | None, Message]:
    """Where a complete install went that the next start does not use, as a boot name, and why that is so."""
    slot = next((slot for slot in _written(record, facts) if slot.bootname), None)
    if slot is None:
        return None, message("installed.no-system")
    return slot.bootname, message("installed.by-other-means", slot=str(slot.bootname))


def revised(last: LastUpdate, facts: Facts) -> LastUpdate | None:
    """What is to be reported of the last update by now, where that is something else; None if it still holds.

    A success is reported of the version that runs, for as long as it runs. A slot may fail after it came up once, an
    owner may choose another, or install another version; and what did not run may run later.
    """
    booted, running = facts.booted, facts.running
    there = booted is not None and last.slot is not None and booted.bootname == last.slot
    elsewhere = booted is not None and last.slot is not None and not there
    known = running is not None and last.to_version is not None
    runs = (there or (not elsewhere and last.to_version != last.from_version)) and known and running == last.to_version
    match last.result:
        case Result.INSTALLED if runs or (there and last.to_version is None):
            version = last.to_version or running
            return replace(last, result=Result.SUCCEEDED, to_version=version, reason=None, acknowledged=False)
        case Result.ROLLED_BACK | Result.REPLACED if runs:
            return replace(last, result=Result.SUCCEEDED, reason=None)
        case Result.ROLLED_BACK if last.reason == _UNKNOWN_WHY and facts.boot_states_known and elsewhere:
            reason = _why_back(last.slot, last.from_slot, facts, "later")
            return None if reason == last.reason else replace(last, reason=reason)
        case Result.SUCCEEDED if not runs and (elsewhere or (known and running != last.to_version)):
            return _overtaken(last, facts, elsewhere=elsewhere)
        case _:
            return None


def _overtaken(last: LastUpdate, facts: Facts, *, elsewhere: bool) -> LastUpdate | None:
    """Say what became of a success whose slot or version does not run."""
    running = facts.running
    if running is not None and running == last.to_version != last.from_version:
        return None  # the same version was installed into another slot
    if running in (None, last.from_version) and (elsewhere or facts.booted is None):
        reason = _why_back(last.slot, last.from_slot, facts, "later")
        return replace(last, result=Result.ROLLED_BACK, reason=reason, acknowledged=False)
    return replace(last, result=Result.REPLACED, reason=message("replaced", version=str(running)))


def _written(record: Record, facts: Facts) -> list[Slot]:
    """The slots that RAUC has counted an installation into: those of the class that runs first."""
    booted = facts.booted
    rose = (slot for slot in facts.slots if _since(record, slot).installed > 0)
    return sorted(rose, key=lambda slot: booted is None or slot.slot_class != booted.slot_class)


def _target(record: Record, facts: Facts) -> Slot | None:
    """The bootable slot that the update went to, by RAUC's counters; else the one that was expected."""
    if record.stage is Stage.INSTALLED and record.to_start:
        return facts.bootable(record.target_slot)
    rose = [slot for slot in _written(record, facts) if slot.bootname]
    rose.sort(key=lambda slot: (slot.state != "booted", slot.name != facts.primary))
    return rose[0] if rose else facts.bootable(record.target_slot)


def _since(record: Record, slot: Slot) -> Counters:
    """What RAUC has counted of this slot since the record was made."""
    before = next((known for known in record.counters if known.slot == slot.name), None)
    if not record.counters and slot.bootname is not None and slot.bootname == record.target_slot:
        before = Counters(slot.name, record.installed_count, record.activated_count)
    if before is None:
        return Counters(slot.name, 0, 0)
    return Counters(slot.name, slot.installed_count - before.installed, slot.activated_count - before.activated)


def _runs(record: Record, facts: Facts) -> bool:
    return facts.running is not None and facts.running == record.to_version


def _same_boot(record: Record, target: Slot | None, facts: Facts, *, watched: bool) -> Outcome:
    whole = [slot for slot in _written(record, facts) if slot.status == "ok"]
    written = target in whole
    primary = target is not None and target.name == facts.primary
    # RAUC counts the activation last of all; with that it need not know the primary slot.
    activated = target is not None and facts.primary is None and _since(record, target).activated > 0
    error = facts.last_error
    match record.stage:
        case Stage.RECEIVING:
            return Ended(Result.INTERRUPTED, message("interrupted.transfer-by-restart"))
        case Stage.INSPECTING:
            return Inspecting()
        case Stage.INSTALLING if written and (primary or activated):
            return Installed()
        case Stage.INSTALLING if error and (watched or error != record.last_error):
            # RAUC empties it when it begins, so the same words again are news of an install that was seen.
            return RaucSaid(error, facts.why, given_up=target is not None and target.boot_status == "bad")
        case Stage.INSTALLING if whole:
            return Ended(Result.INTERRUPTED, message("interrupted.perhaps-complete"))
        case Stage.INSTALLING if watched:
            return Ended(Result.INTERRUPTED, message("interrupted.rauc-stopped"))
        case Stage.INSTALLING:
            # The daemon ended after the journal's write: RAUC was never asked, or has failed with the same words again.
            return Ended(Result.INTERRUPTED, message("interrupted.perhaps-begun"))
        case Stage.INSTALLED if record.to_start and target is not None and facts.primary is not None and not primary:
            return Ended(Result.FAILED, message("failed.not-next"))
        case Stage.INSTALLED:
            # RAUC's own "completed" was journalled, so a RAUC that does not know now is no proof against it.
            return Installed()
        case _:
            assert_never(record.stage)


def _after_boot(record: Record, target: Slot | None, facts: Facts) -> Outcome:
    # RAUC counts the activation after the slot is written and made primary, so it alone shows an install that was cut
    # off just before from one that was complete, was booted, and failed.
    activated = target is not None and _since(record, target).activated > 0
    complete = record.stage is Stage.INSTALLED or (record.stage is Stage.INSTALLING and activated)
    booted = facts.booted
    if target is not None and target is booted:
        return _in_target(record, target, facts, activated=activated)
    if booted is None and _runs(record, facts) and record.to_version != record.from_version:
        return Ended(Result.SUCCEEDED)  # a RAUC that does not know the slot cannot deny what runs
    written = _written(record, facts)
    if not complete and written and not any(slot.bootname for slot in written):
        return Ended(Result.INTERRUPTED, message("interrupted.boot-perhaps-complete"))
    if not complete:
        moved = booted is not None and booted.bootname and record.from_slot not in (None, booted.bootname)
        return Ended(Result.INTERRUPTED, _elsewhere(booted) if moved and booted else _by_boot(record.stage))
    by_other_means = not activated or facts.primary is None or booted is None
    if record.counters and not record.to_start and by_other_means and written:
        return Ended(Result.INSTALLED, not_started(record, facts)[1])
    return Ended(Result.ROLLED_BACK, _why_back(record.target_slot, record.from_slot, facts, "never"))


def _in_target(record: Record, target: Slot, facts: Facts, *, activated: bool) -> Outcome:
    """Judge an update whose slot runs. A slot that RAUC did not write to its end may still hold what it held before."""
    whole = target.status == "ok"
    written = _since(record, target).installed > 0
    sure = record.stage is Stage.INSTALLED and (record.to_start or not record.counters)
    # RAUC's status file may have been lost with the power; then the journal or the system that runs decides.
    if _runs(record, facts) or (whole and (written or sure or activated)) or (sure and target.status is None):
        return Ended(Result.SUCCEEDED)
    if sure:
        return Ended(Result.FAILED, OVERWRITTEN)
    if record.stage is Stage.INSTALLED:
        return Ended(Result.INSTALLED, not_started(record, facts)[1])
    return Ended(Result.INTERRUPTED, _elsewhere(target))


def _by_boot(stage: Stage) -> Message:
    """What the restart cut off."""
    return message(f"interrupted.boot-{stage}")


def _elsewhere(booted: Slot) -> Message:
    """The restart came too early, and another slot runs than before."""
    return message("interrupted.other-slot", slot=str(booted.bootname))


OVERWRITTEN = message("failed.overwritten")
_UNKNOWN_WHY = message("rolled-back")


def _why_back(slot: str | None, from_slot: str | None, facts: Facts, failed: str) -> Message:
    """Why the slot that was installed into does not run, as far as the boot loader's state shows."""
    target, booted = facts.bootable(slot), facts.booted
    if target is None or slot is None or not facts.boot_states_known or target.boot_status not in ("good", "bad"):
        return _UNKNOWN_WHY
    if target.name == facts.primary or target.boot_status == "good":
        # It has attempts left, so it was not given up: a person chose, or the boot loader has lost its environment.
        failed = "not-tried"
    if booted is None or from_slot in (None, booted.bootname):
        return message(f"rolled-back.{failed}", slot=slot)
    return message(f"rolled-back-to-other.{failed}", slot=slot, started=booted.bootname or booted.name)
