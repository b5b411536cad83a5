"""RAUC set up otherwise than with two slots that it activates: what an install did is read from its counters."""

from dataclasses import replace

import pytest

from mapio_display.core.commands import ReadSlots, Reboot, RemoveBundle, WriteJournal
from mapio_display.core.facts.clock import Tick
from mapio_display.core.facts.rauc import RaucBusyObserved, RaucCompleted, RaucFound, Slot, SlotsRead
from mapio_display.core.facts.update import JournalWritten, Phase, Step
from mapio_display.core.facts.web import WebListening
from mapio_display.core.record import LastUpdate, Result
from mapio_display.core.update.repair import AGAIN_S, BUSY_S, MOST_ASKED
from mapio_display.words.catalogue import ENGLISH
from tests.core.conftest import NEXT_BOOT, SLOT_A, SLOT_B, Transcript
from tests.core.plays import RESTARTING, journalled, to_installing

A = replace(SLOT_A, slot_class="rootfs", status="ok")
B = replace(SLOT_B, slot_class="rootfs", status="ok")
C = Slot("rootfs.2", "C", "inactive", "good", "1.1.0", slot_class="rootfs", status="ok", installed_count=2)
RESCUE = Slot("rescue.0", "R", "inactive", "good", slot_class="rescue", installed_count=1)
APP = Slot("appfs.0", slot_class="appfs", installed_count=7)


def written(slot: Slot, *, activated: bool = True) -> Slot:
    more = slot.activated_count + activated
    return replace(slot, version="1.4.0", installed_count=slot.installed_count + 1, activated_count=more, status="ok")


def installing(*slots: Slot, primary: str | None = "rootfs.0") -> Transcript:
    """RAUC writes, on a system with these slots."""
    play = Transcript()
    play.start()
    play.feed(WebListening(80), SlotsRead(slots, primary), RaucFound(None))
    to_installing(play)
    return play


def completed(play: Transcript, *slots: Slot, primary: str | None) -> None:
    """RAUC has completed the install, and tells its slots."""
    play.feed(RaucCompleted(0, ""), SlotsRead(slots, primary))
    if play.snapshot.update.record is not None:
        play.feed(JournalWritten(journalled(play)))


def verdict(play: Transcript) -> LastUpdate:
    last = play.snapshot.last_update
    assert last is not None
    return last


@pytest.mark.parametrize(
    ("before", "after", "primary", "slot"),
    [
        ((A, B, RESCUE), (A, written(B), RESCUE), "rootfs.1", "B"),
        ((A, RESCUE, B), (A, RESCUE, written(B)), "rootfs.1", "B"),  # in whatever order
        ((A, B, C), (A, B, written(C)), "rootfs.2", "C"),  # another than one would guess
        ((A, B, RESCUE), (A, B, written(RESCUE)), "rescue.0", "R"),
        ((A, B, APP), (A, written(B), written(APP)), "rootfs.1", "B"),
    ],
)
def test_an_install_is_judged_by_the_slot_that_rauc_wrote(
    before: tuple[Slot, ...], after: tuple[Slot, ...], primary: str, slot: str
) -> None:
    play = installing(*before)
    completed(play, *after, primary=primary)
    assert play.feed(RESTARTING) == (Reboot(),)
    record = play.snapshot.update.record
    assert record is not None
    assert (record.target_slot, record.to_start) == (slot, True)
    booted = Transcript()
    booted.start(record=record, boot_id=NEXT_BOOT, version="1.4.0")
    runs = (replace(s, state="booted" if s.bootname == slot else "inactive") for s in after)
    booted.feed(SlotsRead(tuple(runs), primary))
    assert (verdict(booted).result, verdict(booted).slot) == (Result.SUCCEEDED, slot)


@pytest.mark.parametrize(
    ("before", "after", "primary", "says"),
    [
        # activate-installed=false: the slot stays given up
        ((A, B), (A, replace(written(B, activated=False), boot_status="bad")), "rootfs.0", "by other means than RAUC"),
        # a bundle without a root file system
        ((A, B, APP), (A, B, written(APP)), "rootfs.0", "holds no system to be started"),
        # another update waits for its restart, and this is not it
        ((A, B, APP), (A, B, written(APP)), "rootfs.1", "holds no system to be started"),
    ],
)
def test_nothing_is_restarted_into_what_will_not_be_started(
    before: tuple[Slot, ...], after: tuple[Slot, ...], primary: str, says: str
) -> None:
    play = installing(*before, primary=primary)
    completed(play, *after, primary=primary)
    assert (play.phase(), verdict(play).result) == (Phase.IDLE, Result.INSTALLED)
    assert says in ENGLISH.say(verdict(play).reason)
    assert RemoveBundle("u1") in play.commands
    assert play.snapshot.bad_end is None


def test_a_boot_loader_that_rauc_does_not_ask_is_left_to_itself() -> None:
    play = installing(A, B, primary=None)  # "noop", or a custom one that does not tell
    completed(play, A, written(B), primary=None)
    assert (play.phase(), verdict(play).result) == (Phase.IDLE, Result.INSTALLED)


@pytest.mark.parametrize(("running", "result"), [("1.4.0", Result.SUCCEEDED), ("1.3.0", Result.INSTALLED)])
def test_where_rauc_does_not_know_what_is_booted_the_version_that_runs_decides(running: str, result: Result) -> None:
    unbooted = replace(A, state="inactive")
    play = installing(unbooted, B)
    completed(play, unbooted, written(B), primary="rootfs.1")
    assert (play.phase(), verdict(play).result) == (Phase.IDLE, Result.INSTALLED)
    later = Transcript()
    later.start(last_update=verdict(play), boot_id=NEXT_BOOT, version=running)
    later.feed(SlotsRead((unbooted, written(B)), "rootfs.1"))
    assert verdict(later).result is result


def test_a_slot_that_other_means_started_is_a_success_then() -> None:
    play = installing(A, B)
    completed(play, A, written(B, activated=False), primary="rootfs.0")
    later = Transcript()
    later.start(last_update=verdict(play), boot_id=NEXT_BOOT, version="1.4.0")
    later.feed(SlotsRead((replace(A, state="inactive"), replace(written(B), state="booted")), "rootfs.1"))
    assert verdict(later).result is Result.SUCCEEDED


def test_a_power_cut_before_that_is_reported_changes_nothing_of_it() -> None:
    play = installing(A, B)
    play.feed(RaucCompleted(0, ""))
    later = Transcript()
    later.start(record=journalled(play), boot_id=NEXT_BOOT)
    bad = replace(written(B, activated=False), boot_status="bad")
    later.feed(SlotsRead((A, bad), "rootfs.0"))
    assert verdict(later).result is Result.INSTALLED, "nobody rolled anything back"


def test_a_rauc_that_does_not_say_what_is_started_next_leaves_the_restart_to_the_owner() -> None:
    play = installing(A, B)
    play.feed(RaucCompleted(0, ""), SlotsRead((A, written(B)), None))  # fw_printenv fails for once
    assert play.snapshot.update.step is Step.FINISHING
    for _ in range(1, MOST_ASKED):
        play.mono += AGAIN_S
        assert play.feed(Tick()) == (ReadSlots(),)
        play.feed(SlotsRead((A, written(B)), None))
    play.mono += AGAIN_S
    assert Reboot() not in play.feed(Tick())
    assert (play.phase(), play.snapshot.update.error is not None) == (Phase.INSTALLED, True)


def test_a_rauc_that_has_completed_and_is_busy_for_a_moment_is_asked_again_soon() -> None:
    play = installing(A, B)
    play.feed(RaucCompleted(0, ""), RaucBusyObserved())
    play.mono += BUSY_S
    assert play.feed(Tick()) == (ReadSlots(),)
    play.feed(SlotsRead((A, written(B)), "rootfs.1"))
    play.feed(JournalWritten(journalled(play)))
    assert play.phase() is Phase.REBOOTING


def test_a_restarted_daemon_asks_again_what_is_started_next() -> None:
    play = installing(A, B)
    play.feed(RaucCompleted(0, ""))
    again = Transcript()
    again.start(record=journalled(play))
    commands = again.feed(SlotsRead((A, written(B)), "rootfs.1"))
    assert [type(command) for command in commands] == [WriteJournal, WriteJournal]
    assert journalled(again).to_start is False, "the first of the two"
    again.feed(JournalWritten(replace(journalled(again), to_start=True)))
    assert again.feed(RESTARTING) == (Reboot(),)
    lost = Transcript()
    lost.start(record=journalled(play))
    assert ReadSlots() in lost.feed(SlotsRead((A, written(B)), None))
