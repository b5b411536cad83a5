"""An update that the daemon finds in the journal: after a restart of its own, and after a boot."""

from dataclasses import replace

import pytest

from mapio_display.core.commands import Inspect, Reboot, RemoveBundle, WriteJournal
from mapio_display.core.facts.event import Observation
from mapio_display.core.facts.rauc import (
    RaucBusyObserved,
    RaucCompleted,
    RaucFound,
    RaucLost,
    RaucProgress,
    Slot,
    SlotsRead,
)
from mapio_display.core.facts.update import (
    AcknowledgeRequested,
    BundleInspected,
    JournalWritten,
    Phase,
    RaucUnanswered,
    RebootFailed,
    RebootRequested,
    RestartRequested,
    UploadFinished,
    UploadOpened,
)
from mapio_display.core.facts.web import WebListening
from mapio_display.core.failures import Why
from mapio_display.core.front.lights import RED, system_light
from mapio_display.core.front.names import View
from mapio_display.core.front.view import current_view
from mapio_display.core.record import LastUpdate, Record, Result, Stage
from mapio_display.core.update.table import admission
from mapio_display.errors import NotNow, Refused
from mapio_display.words.catalogue import ENGLISH
from tests.core.conftest import NEXT_BOOT, SLOT_A, SLOT_B, Transcript
from tests.core.plays import INSTALLED, INSTALLING, RESTARTING, TO_START, WRITTEN_B, journalled, to_installing


@pytest.mark.parametrize(
    ("record", "phase"),
    [(INSTALLING, Phase.INSTALLING), (replace(INSTALLING, boot_id="before"), Phase.REBOOTING)],
)
def test_a_journalled_update_is_under_way_until_rauc_has_answered(
    transcript: Transcript, record: Record, phase: Phase
) -> None:
    transcript.start(record=record)
    transcript.feed(RaucFound(None))
    assert transcript.phase() is phase
    with pytest.raises(NotNow):
        transcript.feed(UploadOpened("u2", "x", 1))


def test_a_restarted_daemon_resumes_a_running_install_and_goes_on_to_the_reboot(transcript: Transcript) -> None:
    play = transcript
    play.start(record=INSTALLING)
    play.feed(RaucBusyObserved(), RaucFound(None), RaucProgress(80, "Copying image to rootfs.1", writing=True))
    assert (play.phase(), play.snapshot.update.percent) == (Phase.INSTALLING, 80)
    play.feed(RaucCompleted(0, ""), SlotsRead((SLOT_A, WRITTEN_B), "rootfs.1"), JournalWritten(TO_START))
    assert play.feed(RESTARTING) == (Reboot(),)


def test_a_restarted_daemon_reboots_into_an_install_that_completed_meanwhile(transcript: Transcript) -> None:
    play = transcript
    play.start(record=INSTALLING)
    commands = play.feed(SlotsRead((SLOT_A, WRITTEN_B), "rootfs.1"))
    assert commands == (WriteJournal(INSTALLED, None), WriteJournal(TO_START, None))
    play.feed(JournalWritten(INSTALLED), JournalWritten(TO_START))
    assert play.feed(RESTARTING) == (Reboot(),)


def test_an_update_that_waits_for_its_owner_waits_on_after_a_restart_of_the_daemon(transcript: Transcript) -> None:
    play = transcript
    play.start(record=TO_START, reboot="manual")
    play.feed(SlotsRead((SLOT_A, WRITTEN_B), "rootfs.1"), JournalWritten(TO_START))
    assert play.phase() is Phase.INSTALLED
    play.feed(WebListening(80))
    assert current_view(play.snapshot) is View.UPDATE
    play.feed(RebootRequested())
    assert play.feed(RESTARTING) == (Reboot(),)


def test_a_restarted_daemon_reboots_nothing_if_the_target_is_not_primary(transcript: Transcript) -> None:
    transcript.start(record=INSTALLING)
    commands = transcript.feed(SlotsRead((SLOT_A, WRITTEN_B), "rootfs.0"))
    assert transcript.phase() is Phase.IDLE
    assert not any(isinstance(command, Reboot) for command in commands)


def test_a_restarted_daemon_reports_the_failure_it_missed(transcript: Transcript) -> None:
    transcript.start(record=INSTALLING)
    transcript.feed(SlotsRead((SLOT_A, SLOT_B), "rootfs.0", "Compatible mismatch", Why.WRONG_DEVICE))
    assert transcript.snapshot.update.error is not None
    assert transcript.snapshot.update.error.code == "wrong-device"


NO_SPACE = "Installation error: Failed updating slot rootfs.1: No space left on device"


@pytest.mark.parametrize(
    "told",
    [
        (SlotsRead((SLOT_A, replace(SLOT_B, boot_status="bad")), "rootfs.0", NO_SPACE),),
        (
            RaucBusyObserved(),
            RaucProgress(90, "Copying image to rootfs.1 failed.", writing=True),
            RaucCompleted(1, NO_SPACE),
        ),
    ],
)
def test_an_install_that_failed_after_it_touched_the_slot_is_a_verdict_after_a_restart_too(
    transcript: Transcript, told: tuple[Observation, ...]
) -> None:
    transcript.start(record=INSTALLING)
    commands = transcript.feed(*told)
    last = transcript.snapshot.last_update
    assert last is not None
    assert (last.result, transcript.phase()) == (Result.FAILED, Phase.FAILED)
    assert "No space left" in ENGLISH.say(last.reason)
    assert WriteJournal(None, last) in commands


def test_an_error_that_rauc_had_before_is_not_reported_as_that_of_an_install_it_was_never_asked_for(
    running: Transcript,
) -> None:
    before = SlotsRead((SLOT_A, SLOT_B), "rootfs.0", last_error="signature verification failed: self-signed")
    running.feed(UploadOpened("u1", "x", 1), UploadFinished("u1", 1), before, BundleInspected("u1", "1.4.0"))
    again = Transcript()
    again.start(record=journalled(running))
    again.feed(before)
    assert (again.phase(), again.snapshot.update.error) == (Phase.IDLE, None)
    assert again.snapshot.last_update is not None
    assert again.snapshot.last_update.result is Result.INTERRUPTED


IDLE = SlotsRead((SLOT_A, SLOT_B), "rootfs.0")


def reason(play: Transcript) -> str:
    """The code of the verdict's reason."""
    last = play.snapshot.last_update
    assert last is not None
    assert last.result is Result.INTERRUPTED
    assert last.reason is not None
    return last.reason.code


def test_a_daemon_killed_before_it_asked_rauc_does_not_say_that_rauc_stopped(transcript: Transcript) -> None:
    transcript.start(record=INSTALLING)
    transcript.feed(IDLE)
    assert reason(transcript) == "interrupted.perhaps-begun"


def test_rauc_that_is_seen_to_stop_in_mid_install_is_said_to_have_stopped(running: Transcript) -> None:
    to_installing(running)
    running.feed(RaucLost(), IDLE)
    assert reason(running) == "interrupted.rauc-stopped"


def test_so_is_one_that_a_restarted_daemon_found_installing(transcript: Transcript) -> None:
    transcript.start(record=INSTALLING)
    transcript.feed(RaucBusyObserved(), RaucLost(), IDLE)
    assert reason(transcript) == "interrupted.rauc-stopped"


def test_rauc_that_is_gone_before_it_took_the_call_is_not_said_to_have_stopped(running: Transcript) -> None:
    running.feed(UploadOpened("u1", "x", 1), UploadFinished("u1", 1), BundleInspected("u1", "1.4.0"))
    running.feed(JournalWritten(journalled(running)), RaucUnanswered("u1", "no reply"), RaucLost(), IDLE)
    assert reason(running) == "interrupted.perhaps-begun"


def test_an_install_that_was_seen_and_failed_with_the_words_of_the_one_before_is_reported(
    transcript: Transcript,
) -> None:
    transcript.start(record=replace(INSTALLING, last_error=NO_SPACE))
    transcript.feed(RaucBusyObserved(), RaucLost(absent=True), replace(IDLE, last_error=NO_SPACE))
    assert transcript.snapshot.update.error is not None
    assert transcript.snapshot.update.error.detail == NO_SPACE


def test_a_restarted_daemon_inspects_a_complete_bundle_again(transcript: Transcript) -> None:
    record = replace(INSTALLING, stage=Stage.INSPECTING)
    assert transcript.start(record=record) == (Inspect("u1"),)
    assert transcript.phase() is Phase.INSPECTING


def test_a_restarted_daemon_gives_up_half_a_transfer(transcript: Transcript) -> None:
    record = replace(INSTALLING, stage=Stage.RECEIVING)
    commands = transcript.start(record=record)
    assert commands[0] == RemoveBundle("u1")
    assert transcript.snapshot.last_update is not None
    assert transcript.snapshot.last_update.result is Result.INTERRUPTED


# After the reboot


def test_after_the_reboot_the_verdict_is_reported_with_the_version_that_runs(transcript: Transcript) -> None:
    play = transcript
    play.start(record=INSTALLED, boot_id=NEXT_BOOT, version="1.4.0")
    assert play.phase() is Phase.REBOOTING
    booted_b = (replace(SLOT_A, state="inactive"), replace(WRITTEN_B, state="booted"))
    (remove, write) = play.feed(SlotsRead(booted_b, "rootfs.1"))
    last = play.snapshot.last_update
    assert remove == RemoveBundle("u1")
    assert write == WriteJournal(None, last)
    assert last is not None
    assert (last.result, last.from_version, last.to_version, last.slot) == (Result.SUCCEEDED, "1.3.0", "1.4.0", "B")
    assert last.reason is None


def test_a_verdict_that_waits_for_a_missing_rauc_holds_up_nothing_else(transcript: Transcript) -> None:
    play = transcript
    play.start(record=INSTALLED, boot_id=NEXT_BOOT)
    play.feed(WebListening(80))
    with pytest.raises(NotNow):
        play.feed(RestartRequested())
    play.feed(RaucLost(absent=True))
    assert not play.snapshot.updating
    assert system_light(play.snapshot) == RED
    play.feed(RestartRequested())
    assert play.feed(RESTARTING) == (Reboot(),), "and the journal keeps the update"


@pytest.mark.parametrize("acknowledged", [False, True])
def test_a_verdict_is_waited_for_also_after_a_restart_that_did_not_come(
    transcript: Transcript, acknowledged: bool
) -> None:
    play = transcript
    play.start(record=INSTALLED, boot_id=NEXT_BOOT, version="1.4.0")
    play.feed(
        WebListening(80),
        RaucLost(absent=True),
        RestartRequested(),
        RESTARTING,
    )
    play.feed(RebootFailed("no connection to D-Bus"))
    assert play.phase() is Phase.FAILED
    if acknowledged:
        play.feed(AcknowledgeRequested())
    play.feed(RaucFound(None))
    with pytest.raises(Refused) as refusal:
        play.feed(UploadOpened("u2", "x", 1))
    assert refusal.value.failure.code == "update-under-way"
    assert admission(play.snapshot) == refusal.value.failure
    play.feed(SlotsRead((replace(SLOT_A, state="inactive"), replace(WRITTEN_B, state="booted")), "rootfs.1"))
    last = play.snapshot.last_update
    assert last is not None
    assert (last.result, play.phase()) == (Result.SUCCEEDED, Phase.IDLE)


@pytest.mark.parametrize("rauc", [(), (RaucFound(None),), (RaucLost(),)])
def test_nothing_restarts_while_it_is_not_known_whether_rauc_still_installs(
    transcript: Transcript, rauc: tuple[Observation, ...]
) -> None:
    transcript.start(record=INSTALLING)
    transcript.feed(*rauc)
    with pytest.raises(NotNow):
        transcript.feed(RestartRequested())


def test_a_new_version_that_came_up_once_and_later_did_not_is_no_success_any_more(transcript: Transcript) -> None:
    play = transcript
    last = LastUpdate("u1", Result.SUCCEEDED, "1.3.0", "1.4.0", "B", "2026-11-23T14:05:00Z", acknowledged=True)
    play.start(last_update=last)
    given_up = replace(WRITTEN_B, boot_status="bad")
    (write,) = play.feed(WebListening(80), SlotsRead((SLOT_A, given_up), "rootfs.0"))
    told = play.snapshot.last_update
    assert told is not None
    assert (told.id, told.result, told.acknowledged) == ("u1", Result.ROLLED_BACK, False)
    assert "started at first and later did not" in ENGLISH.say(told.reason)
    assert write == WriteJournal(None, told)
    assert current_view(play.snapshot) is View.RESULT
    assert play.log[-1].text.startswith("Update u1: rolled-back")
    assert play.feed(SlotsRead((SLOT_A, given_up), "rootfs.0")) == (), "once"


@pytest.mark.parametrize(
    ("running", "slots"),
    [
        ("1.4.0", (replace(SLOT_A, state="inactive"), replace(WRITTEN_B, state="booted"))),
        ("1.4.0", (replace(SLOT_A, state="inactive"), replace(WRITTEN_B, state="booted", boot_status="bad"))),
        ("1.4.0", (SLOT_A, WRITTEN_B)),  # another program installed the same into the other slot
        ("1.4.0", ()),
        ("1.4.0", (replace(SLOT_A, state="inactive"), WRITTEN_B)),  # RAUC does not know what is booted
    ],
)
def test_a_success_stays_one_as_long_as_its_version_runs(
    transcript: Transcript, running: str, slots: tuple[Slot, ...]
) -> None:
    last = LastUpdate("u1", Result.SUCCEEDED, "1.3.0", "1.4.0", "B", None)
    transcript.start(last_update=last, version=running)
    assert transcript.feed(SlotsRead(slots, "rootfs.0")) == ()
    assert transcript.snapshot.last_update == last


def test_a_version_other_than_the_bundle_promised_is_reported(transcript: Transcript) -> None:
    transcript.start(record=INSTALLED, boot_id=NEXT_BOOT, version="1.4.0-fixed")
    transcript.feed(SlotsRead((replace(SLOT_A, state="inactive"), replace(WRITTEN_B, state="booted")), "rootfs.1"))
    last = transcript.snapshot.last_update
    assert last is not None
    assert last.to_version == "1.4.0-fixed"
    assert "1.4.0" in ENGLISH.say(last.reason)


@pytest.mark.parametrize("wall", [0.0, 1e9, 4e9])
def test_a_clock_that_jumps_by_years_changes_no_verdict(running: Transcript, wall: float) -> None:
    to_installing(running)
    running.wall = wall
    running.feed(RaucCompleted(0, ""))
    record = journalled(running)
    booted = Transcript()
    booted.wall = 4e9 - wall
    booted.start(boot_id=NEXT_BOOT, version="1.4.0", record=record)
    slots = (replace(SLOT_A, state="inactive"), replace(WRITTEN_B, state="booted"))
    booted.feed(WebListening(80), SlotsRead(slots, "rootfs.1"))
    last = booted.snapshot.last_update
    assert last is not None
    assert last.result is Result.SUCCEEDED
