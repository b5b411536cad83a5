"""RAUC: whether it answers, its slots, and what it reports of an install."""

from dataclasses import field, replace
from typing import TYPE_CHECKING, ClassVar

from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.event import Change, Handlers, Observation
from mapio_display.core.failures import Why
from mapio_display.core.message import Message, prose
from mapio_display.core.record import Result
from mapio_display.frozen import Frozen

if TYPE_CHECKING:
    from mapio_display.core.snapshot import Snapshot


class Rauc(Frozen):
    """``available`` is None until it is known whether RAUC answers. ``version`` where RAUC reports it.

    Of one that does not, ``fails`` says that it is there and does not start, as with a mistake in its configuration,
    and ``slow`` that it runs or is being started, and has not answered in time. ``compatible`` is the kind of device
    whose bundles it takes.
    """

    available: bool | None = None
    version: str | None = None
    fails: bool = False
    slow: bool = False
    compatible: str | None = None


class Slot(Frozen):
    """One slot as RAUC's GetSlotStatus reports it.

    ``installed_count`` counts the installations into it, ``activated_count`` how often it was then made primary.
    ``status`` is "ok" where the last one was written to its end, and None where RAUC knows of none; one that was not
    holds no version. ``filesystem`` is RAUC's type of it, and ``mounted`` whether RAUC sees it mounted somewhere.
    """

    PUBLIC: ClassVar = ("name", "bootname", "state", "boot_status", "version", "installed_at", "status")
    name: str
    bootname: str | None = None
    state: str | None = None
    boot_status: str | None = None
    version: str | None = None
    installed_at: str | None = None
    installed_count: int = 0
    activated_count: int = 0
    slot_class: str | None = None
    status: str | None = None
    filesystem: str | None = None
    device: str | None = None
    mounted: bool = False

    @property
    def incomplete(self) -> bool:
        """Whether its last installation was not written to its end."""
        return self.status not in (None, "ok")


class RaucFound(Observation):
    """RAUC answers."""

    version: str | None
    compatible: str | None = None


class RaucLost(Observation):
    """RAUC is gone from the bus, or does not answer there.

    ``absent`` says that calls do not bring it back, ``fails`` that it does not start, and ``slow`` that it has not
    answered in time.
    """

    absent: bool = False
    fails: bool = False
    slow: bool = False


class SlotsRead(Observation):
    """RAUC is idle and reported its slots; ``primary`` is the name of the slot that the next boot will try first.

    ``why`` is what the words of ``last_error`` mean.
    """

    slots: tuple[Slot, ...]
    primary: str | None
    last_error: str = ""
    why: Why = Why.UNKNOWN


class RaucBusyObserved(Observation):
    """RAUC refused to report its slots because an install is running."""


class RaucInstalling(Observation):
    """RAUC announces that it installs; whose install that is it does not say."""


class RaucProgress(Observation):
    """RAUC's ``Progress``: percent 0 to 100 and its text.

    ``writing`` says that RAUC has found the bundle good and begins to write the slot, or is at it. ``known`` is what
    the text means, where that is known.
    """

    percent: int
    message: str
    writing: bool = False
    known: Message | None = field(default=None, compare=False)

    @property
    def shown(self) -> Message:
        """What is shown of it."""
        return self.known or prose(self.message)


class RaucCompleted(Observation):
    """RAUC's ``Completed`` with its result (0 is success, and nothing else is), its ``LastError``, and why that is."""

    result: int
    last_error: str
    why: Why = Why.UNKNOWN


def _found(snapshot: "Snapshot", event: RaucFound, now: Now) -> Change:
    return replace(snapshot, rauc=Rauc(True, event.version, compatible=event.compatible)), ()


def _lost(snapshot: "Snapshot", event: RaucLost, now: Now) -> Change:
    # Gone from the bus but activatable means that the next call brings it back.
    available = not (event.absent or event.fails or event.slow)
    rauc = replace(snapshot.rauc, available=available, fails=event.fails, slow=event.slow)
    return replace(snapshot, rauc=rauc), ()


def _slots_read(snapshot: "Snapshot", event: SlotsRead, now: Now) -> Change:
    return replace(snapshot, slots=event.slots, primary=event.primary, last_error=event.last_error), ()


def fill_versions(snapshot: "Snapshot") -> "Snapshot":
    """Fill in what RAUC does not know: it did not install the system a gateway is delivered with.

    That is the one that runs, or ran before the last update.
    """
    if all(slot.version is not None for slot in snapshot.slots):
        return snapshot
    booted, last = snapshot.booted, snapshot.last_update
    came = last is not None and last.result is Result.SUCCEEDED and booted is not None and booted.bootname == last.slot
    others = [slot for slot in snapshot.slots if slot.bootname and slot is not booted]

    def known(slot: Slot) -> str | None:
        if slot is booted:
            return snapshot.os.version
        before = last is not None and slot.bootname and last.from_slot in (slot.bootname, None)
        is_it = last is not None and before and (last.from_slot is not None or len(others) == 1)
        return last.from_version if last is not None and came and is_it and not slot.incomplete else None

    slots = tuple(replace(slot, version=known(slot)) if slot.version is None else slot for slot in snapshot.slots)
    return replace(snapshot, slots=slots)


HANDLERS: Handlers = {RaucFound: _found, RaucLost: _lost, SlotsRead: _slots_read}
