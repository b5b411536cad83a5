"""A slot that was half written is emptied where RAUC cannot mount it, once, and never one that is in use."""

from dataclasses import replace

import pytest

from mapio_display.core.commands import Install, ReadSlots, Repair, WriteJournal
from mapio_display.core.facts.clock import Tick
from mapio_display.core.facts.event import Event
from mapio_display.core.facts.rauc import RaucBusyObserved, RaucCompleted, RaucLost, RaucProgress, Slot, SlotsRead
from mapio_display.core.facts.update import (
    InstallBegan,
    JournalFailed,
    JournalWritten,
    Phase,
    RepairFailed,
    SlotRepaired,
    Step,
)
from mapio_display.core.failures import Why
from mapio_display.core.record import Result
from mapio_display.core.update.repair import AGAIN_S, BUSY_S, MOST_ASKED
from mapio_display.words.catalogue import ENGLISH
from tests.core.conftest import NEXT_BOOT, SLOT_A, SLOT_B, Transcript
from tests.core.plays import journalled, to_installing

A = replace(SLOT_A, slot_class="rootfs", filesystem="ext4")
HALF = replace(SLOT_B, slot_class="rootfs", filesystem="ext4", boot_status="bad", status="failed", installed_count=5)
MOUNT = "Installation error: Failed updating slot rootfs.1: failed to mount slot: Child process exited with code 32"
CANNOT_MOUNT = RaucCompleted(1, MOUNT, Why.CANNOT_MOUNT)


def repairing(play: Transcript, *slots: Slot, primary: str | None = "rootfs.0") -> Transcript:
    """RAUC could not mount the slot, and tells its slots."""
    to_installing(play)
    assert play.feed(CANNOT_MOUNT) == (ReadSlots(),)
    play.feed(SlotsRead(slots, primary, MOUNT, Why.CANNOT_MOUNT))
    return play


def test_a_half_written_slot_is_emptied_and_the_bundle_installed_once_more(running: Transcript) -> None:
    play = repairing(running, A, HALF)
    record = journalled(play)
    assert (record.repaired, play.phase()) == ("rootfs.1", Phase.INSTALLING)
    assert play.feed(JournalWritten(record)) == (Repair("u1", "rootfs.1"),), "journalled first"
    assert play.feed(SlotRepaired("u1")) == (ReadSlots(),)
    (write,) = play.feed(SlotsRead((A, HALF), "rootfs.0", MOUNT, Why.CANNOT_MOUNT))
    assert isinstance(write, WriteJournal)
    assert write.record is not None
    assert (write.record.installed_count, write.record.last_error) == (5, MOUNT)
    assert play.feed(JournalWritten(write.record)) == (Install("u1"),)
    text = "an empty file system is written into the slot, and the bundle installed again slot=rootfs.1"
    assert [line.grave for line in play.log if line.text == f"Update u1: {text}"] == [True]
    play.feed(InstallBegan("u1"), RaucProgress(40, "Updating slots", writing=True))
    play.feed(CANNOT_MOUNT)
    assert play.phase() is Phase.FAILED, "once"
    assert play.snapshot.last_update is not None
    assert play.snapshot.last_update.result is Result.FAILED


@pytest.mark.parametrize(
    ("slots", "primary"),
    [
        ((A, replace(HALF, boot_status="good")), "rootfs.0"),  # not given up
        ((A, HALF), "rootfs.1"),  # to be started next
        ((A, HALF), None),  # nobody knows what is
        ((A, replace(HALF, state="booted")), "rootfs.0"),
        ((A, replace(HALF, state="active")), "rootfs.0"),
        ((A, replace(HALF, mounted=True)), "rootfs.0"),
        ((A, replace(HALF, filesystem="raw")), "rootfs.0"),
        ((A, replace(HALF, bootname=None)), "rootfs.0"),
        ((A, replace(HALF, slot_class="rescue")), "rootfs.0"),
        ((A, HALF, replace(HALF, name="rootfs.2", bootname="C")), "rootfs.0"),  # which of the two?
        ((replace(A, state="inactive"), HALF), "rootfs.0"),  # RAUC does not know what runs
        ((), None),
    ],
)
def test_no_other_slot_is_ever_emptied(running: Transcript, slots: tuple[Slot, ...], primary: str | None) -> None:
    play = repairing(running, *slots, primary=primary)
    assert not any(isinstance(command, Repair | Install) for command in play.commands)
    assert play.phase() is Phase.FAILED
    assert play.snapshot.update.error is not None
    assert "not repaired" in ENGLISH.say(play.snapshot.update.error.message)


@pytest.mark.parametrize(
    "event",
    [None, RepairFailed("u1", "Unit mapio-display-repair@.service not found"), RaucLost(), Tick()],
)
def test_what_cannot_be_repaired_is_reported_and_all_comes_to_rest(running: Transcript, event: Event | None) -> None:
    play = repairing(running, A, HALF)
    if isinstance(event, Tick):
        for _ in range(MOST_ASKED - 1):
            play.mono += AGAIN_S
            assert play.feed(event) == (), "it may take its time"
    play.mono += AGAIN_S
    play.feed(JournalFailed(journalled(play), "disk full") if event is None else event)
    assert play.phase() is Phase.FAILED
    assert play.snapshot.update.record is None
    assert play.snapshot.last_update is not None
    assert play.snapshot.last_update.result is Result.FAILED


def test_a_rauc_that_is_busy_for_a_moment_after_it_failed_is_asked_again_soon(running: Transcript) -> None:
    to_installing(running)
    running.feed(CANNOT_MOUNT, RaucBusyObserved())
    running.mono += BUSY_S
    assert running.feed(Tick()) == (ReadSlots(),)
    running.feed(SlotsRead((A, HALF), "rootfs.0", MOUNT, Why.CANNOT_MOUNT))
    assert journalled(running).repaired == "rootfs.1"


def test_a_power_cut_during_the_repair_leaves_the_old_system(
    running: Transcript,
) -> None:
    play = repairing(running, A, HALF)
    booted = Transcript()
    booted.start(record=journalled(play), boot_id=NEXT_BOOT)
    booted.feed(SlotsRead((A, HALF), "rootfs.0"))
    last = booted.snapshot.last_update
    assert last is not None
    assert (last.result, booted.phase()) == (Result.INTERRUPTED, Phase.IDLE)
    assert "The system you had is still in use" in ENGLISH.say(last.reason)


def test_a_daemon_restarted_in_the_repair_does_not_repair_a_second_time(running: Transcript) -> None:
    play = repairing(running, A, HALF)
    again = Transcript()
    again.start(record=replace(journalled(play), last_error=""))
    commands = again.feed(SlotsRead((A, HALF), "rootfs.0", MOUNT, Why.CANNOT_MOUNT))
    assert not any(isinstance(command, Repair) for command in commands)
    assert again.phase() is Phase.FAILED


def test_a_daemon_restarted_before_the_repair_still_repairs(running: Transcript) -> None:
    to_installing(running)
    again = Transcript()
    again.start(record=running.snapshot.update.record)
    assert again.feed(SlotsRead((A, HALF), "rootfs.0", MOUNT, Why.CANNOT_MOUNT)) == (ReadSlots(),)
    assert again.snapshot.update.step is Step.REPAIRING
