"""What became of a journalled update, judged from RAUC's slot status.

RAUC remembers nothing of an install across its own restart, and a reboot leaves only facts behind: which boot this is,
which slot is booted, which slot is primary, and how often the target slot has been installed into.
"""

from dataclasses import dataclass
from typing import assert_never

from mapio_display.core.record import LastUpdate, Record, Result, Stage
from mapio_display.core.snapshot import Slot


@dataclass(frozen=True, slots=True)
class Ended:
    """The update is over."""

    result: Result
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Inspecting:
    """The bundle is on the disk; RAUC has yet to look into it."""


@dataclass(frozen=True, slots=True)
class Installed:
    """The install is complete and the reboot has not happened."""


@dataclass(frozen=True, slots=True)
class RaucSaid:
    """The install ended while nobody listened; the text is RAUC's ``LastError``.

    ``given_up`` says that the target slot is: RAUC does that before it writes, and leaves it so where that fails.
    """

    text: str
    given_up: bool


Outcome = Ended | Inspecting | Installed | RaucSaid


def judge(
    record: Record,
    *,
    boot_id: str | None,
    running: str | None,
    slots: tuple[Slot, ...],
    primary: str | None,
    last_error: str,
) -> Outcome:
    """Judge ``record`` while RAUC is idle.

    ``running`` is the version of the running system, ``primary`` a slot name, and ``last_error`` RAUC's, of this boot.
    """
    target = next((slot for slot in slots if slot.bootname and slot.bootname == record.target_slot), None)
    writes = 0 if target is None else target.installed_count - record.installed_count
    written = writes > 0
    # A target that runs has been booted since, even where no boot id could be read: or it would be booted for ever.
    if record.boot_id == boot_id and not (target is not None and target.state == "booted"):
        if writes > 1:
            return Ended(Result.FAILED, OVERWRITTEN)
        elsewhere = target is not None and primary is not None and target.name != primary
        written = written and target is not None and target.name == primary
        given_up = target is not None and target.boot_status == "bad"
        return _same_boot(record, written=written, elsewhere=elsewhere, error=last_error, given_up=given_up)
    if writes > 1 and target is not None and target.state == "booted" and running != record.to_version:
        return Ended(Result.FAILED, OVERWRITTEN)
    return _after_boot(record, target, running, written=written, primary=primary)


def _same_boot(record: Record, *, written: bool, elsewhere: bool, error: str, given_up: bool) -> Outcome:
    match record.stage:
        case Stage.RECEIVING:
            return Ended(
                Result.INTERRUPTED, "The transfer was cut off when the display service restarted. Send it again."
            )
        case Stage.INSPECTING:
            return Inspecting()
        case Stage.INSTALLING if written:
            return Installed()
        case Stage.INSTALLING if error and error != record.last_error:
            return RaucSaid(error, given_up)
        case Stage.INSTALLING if error:
            # RAUC empties it when it begins. It failed with the same words again, or was never asked.
            return Ended(
                Result.INTERRUPTED,
                "The installation was cut off, and RAUC does not tell whether it had begun. "
                "The running system is unchanged; send the bundle again.",
            )
        case Stage.INSTALLING:
            return Ended(
                Result.INTERRUPTED,
                "RAUC stopped in the middle of the installation. "
                "The running system is unchanged; send the bundle again.",
            )
        case Stage.INSTALLED if elsewhere:
            return Ended(Result.FAILED, "The installed slot is no longer the one that the next start would use.")
        case Stage.INSTALLED:
            # RAUC's own "completed" was journalled, so a RAUC that does not know now is no proof against it.
            return Installed()
        case _:
            assert_never(record.stage)


def _after_boot(
    record: Record, target: Slot | None, running: str | None, *, written: bool, primary: str | None
) -> Outcome:
    # RAUC counts the activation after the slot is written and made primary, so it alone tells an install that was cut
    # off just before from one that was complete, was booted, and failed.
    activated = target is not None and target.activated_count > record.activated_count
    complete = record.stage is Stage.INSTALLED or (record.stage is Stage.INSTALLING and activated)
    if target is not None and target.state == "booted":
        # RAUC's status file may have been lost with the power; the system that runs says which it is.
        if complete or written or (running is not None and running == record.to_version):
            return Ended(Result.SUCCEEDED)
        return Ended(Result.INTERRUPTED, _ELSEWHERE.format(record.target_slot))
    if not complete:
        return Ended(Result.INTERRUPTED, _cut[record.stage])
    if target is None and running is not None and running == record.to_version != record.from_version:
        return Ended(Result.SUCCEEDED)  # a RAUC that does not name the slot cannot deny what runs
    if target is not None and (target.name == primary or target.boot_status == "good"):
        # It has attempts left, so it was not given up: somebody chose, or the boot loader has lost its environment.
        return Ended(
            Result.ROLLED_BACK,
            f"The gateway started its old system although slot {record.target_slot} was to be used. "
            "The new version is not in use.",
        )
    return Ended(
        Result.ROLLED_BACK,
        f"Slot {record.target_slot} did not start, so the gateway went back to the system it had before. "
        "The new version is not in use.",
    )


OVERWRITTEN = (
    "Another program installed something over it before the gateway had restarted. "
    "Send the bundle again if you still want it."
)


def gave_up(last: LastUpdate, running: str | None, slots: tuple[Slot, ...]) -> str | None:
    """Why an update that was judged a success is none any more; None where it still is, or that cannot be told.

    A slot that came up once may fail later, before it was marked good: the boot loader then goes back all the same.
    """
    target = next((slot for slot in slots if slot.bootname and slot.bootname == last.slot), None)
    if last.result is not Result.SUCCEEDED or target is None or running is None:
        return None
    if target.state == "booted" or target.boot_status != "bad" or running != last.from_version:
        return None
    return (
        f"Slot {last.slot} started at first and later did not, so the gateway went back to the system it had before. "
        "The new version is not in use."
    )


_ELSEWHERE = (
    "The gateway restarted before the update was complete, and runs the system that was in slot {}. "
    "Send the bundle again if you still want it."
)
_cut = {
    Stage.RECEIVING: "The gateway restarted during the transfer. Nothing was changed; send the bundle again.",
    Stage.INSPECTING: "The gateway restarted while the bundle was checked. Nothing was changed; send it again.",
    Stage.INSTALLING: "The gateway restarted in the middle of the installation. "
    "The system you had is still in use; send the bundle again.",
    Stage.INSTALLED: "",
}
