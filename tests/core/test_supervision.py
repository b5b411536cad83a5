"""RAUC dies, hangs, stalls, or works for another program."""

from dataclasses import replace

import pytest

from mapio_display.core.commands import ReadSlots, Reboot, RemoveBundle, WriteJournal
from mapio_display.core.facts.clock import Tick
from mapio_display.core.facts.event import Event
from mapio_display.core.facts.rauc import (
    RaucBusyObserved,
    RaucCompleted,
    RaucFound,
    RaucInstalling,
    RaucLost,
    RaucProgress,
    SlotsRead,
)
from mapio_display.core.facts.update import (
    AcknowledgeRequested,
    BundleInspected,
    BundleRefused,
    CancelRequested,
    InstallBegan,
    JournalWritten,
    Phase,
    RaucUnanswered,
    RebootRequested,
    RestartRequested,
    Step,
    UploadFinished,
    UploadOpened,
    UploadProgress,
    UploadResumed,
)
from mapio_display.core.facts.web import WebListening
from mapio_display.core.failures import Why
from mapio_display.core.front.names import View
from mapio_display.core.front.view import current_view
from mapio_display.core.message import prose
from mapio_display.core.record import Result
from mapio_display.core.update.install import STALL_S
from mapio_display.core.update.transfer import SILENCE_S
from mapio_display.core.update.transitions import ASK_S
from mapio_display.errors import NotNow
from mapio_display.words.catalogue import ENGLISH
from tests.core.conftest import SLOT_A, SLOT_B, Transcript
from tests.core.plays import INSTALLED, RESTARTING, WRITTEN_B, journalled, to_announcing, to_installing


def test_rauc_that_dies_before_the_install_ends_the_update(running: Transcript) -> None:
    play = running
    play.feed(UploadOpened("u1", "x", 1), UploadFinished("u1", 1), RaucLost())
    assert play.snapshot.update.error is not None
    assert play.snapshot.update.error.code == "rauc-unavailable"


def test_rauc_that_dies_in_mid_install_is_reported_and_judged_when_it_is_back(running: Transcript) -> None:
    play = running
    to_installing(play)
    play.feed(RaucLost(absent=True))
    assert play.phase() is Phase.INSTALLING
    assert "RAUC stopped" in ENGLISH.say(play.snapshot.update.message)
    commands = play.feed(SlotsRead((SLOT_A, SLOT_B), "rootfs.0"), RaucFound(None))
    assert play.phase() is Phase.IDLE
    assert play.snapshot.last_update is not None
    assert play.snapshot.last_update.result is Result.INTERRUPTED
    assert commands == ()


def test_rauc_that_dies_just_after_it_was_done_leads_to_the_reboot(running: Transcript) -> None:
    to_installing(running)
    running.feed(RaucLost(), SlotsRead((SLOT_A, WRITTEN_B), "rootfs.1"))
    assert running.snapshot.update.step is Step.FINISHING


def test_an_install_call_without_an_answer_is_looked_into_and_not_repeated(running: Transcript) -> None:
    play = running
    play.feed(UploadOpened("u1", "x", 1), UploadFinished("u1", 1), BundleInspected("u1", "1.4.0"))
    play.feed(JournalWritten(journalled(play)))
    assert play.feed(RaucUnanswered("u1", "timed out")) == (ReadSlots(),)
    assert play.feed(RaucBusyObserved()) == ()
    assert play.phase() is Phase.INSTALLING
    play.feed(RaucCompleted(0, ""))
    assert play.snapshot.update.step is Step.FINISHING


def test_a_foreign_completion_at_rest_reboots_nothing(running: Transcript) -> None:
    assert running.feed(RaucCompleted(0, "")) == ()
    assert running.phase() is Phase.IDLE


def test_rauc_that_says_nothing_for_minutes_is_reported_and_not_called_an_end(running: Transcript) -> None:
    play = running
    to_installing(play)
    play.mono += STALL_S - 1
    assert play.feed(Tick()) == ()
    play.mono += 1
    assert play.feed(Tick()) == (ReadSlots(),), "it may have ended without our hearing of it"
    assert play.feed(RaucBusyObserved()) == ()
    assert (play.phase(), play.snapshot.update.step) == (Phase.INSTALLING, Step.INSTALLING)
    assert "No word from RAUC for 5 minutes" in ENGLISH.say(play.snapshot.update.message)
    play.mono += ASK_S
    assert play.feed(Tick()) == (ReadSlots(),)
    play.feed(RaucBusyObserved(), RaucProgress(90, "Copying image to rootfs.1", writing=True))
    assert play.snapshot.update.message == prose("Copying image to rootfs.1")
    assert not play.snapshot.update.stalled
    play.feed(RaucCompleted(0, ""))
    assert play.snapshot.update.step is Step.FINISHING


def test_rauc_that_goes_on_after_a_long_silence_is_noticed_before_it_answers(running: Transcript) -> None:
    play = running
    play.feed(UploadOpened("u1", "x", 1), UploadFinished("u1", 1), BundleInspected("u1", "1.4.0"))
    play.feed(JournalWritten(journalled(play)), InstallBegan("u1"))
    play.mono += STALL_S
    play.feed(Tick(), RaucProgress(46, "Updating slots", writing=True))
    assert (play.snapshot.update.step, play.snapshot.update.percent) == (Step.INSTALLING, 46)
    assert not play.snapshot.update.stalled
    play.feed(RaucCompleted(1, "Failed updating slot rootfs.1: No space left on device"))
    last = play.snapshot.last_update
    assert last is not None
    assert last.result is Result.FAILED, "the slot was touched, so this is a verdict"


def test_a_completion_that_was_missed_is_found_out(running: Transcript) -> None:
    to_installing(running)
    running.mono += STALL_S
    running.feed(Tick(), SlotsRead((SLOT_A, WRITTEN_B), "rootfs.1"))
    assert running.snapshot.update.step is Step.FINISHING


def test_a_rauc_that_does_not_answer_is_asked_until_it_does(running: Transcript) -> None:
    play = running
    to_installing(play)
    play.feed(RaucLost(absent=False))
    for _ in range(3):
        play.mono += ASK_S
        assert play.feed(Tick()) == (ReadSlots(),)
    play.feed(RaucLost(absent=True))
    play.mono += ASK_S
    assert play.feed(Tick()) == (), "where it is gone, its coming back will be noticed"


# Installs of another program


@pytest.mark.parametrize("seen", [RaucInstalling(), RaucBusyObserved()])
@pytest.mark.parametrize("end", [RaucCompleted(0, ""), RaucCompleted(1, "no"), RaucLost(), SlotsRead((), None)])
def test_an_install_of_another_program_is_shown_and_its_reboot_left_to_it(
    running: Transcript, seen: Event, end: Event
) -> None:
    play = running
    play.feed(seen, RaucProgress(40, "Checking bundle"))
    assert (play.phase(), play.snapshot.update.id, play.snapshot.update.percent) == (Phase.INSTALLING, None, 40)
    assert current_view(play.snapshot) is View.UPDATE
    for request in (UploadOpened("u1", "x", 1), RestartRequested(), RebootRequested(), CancelRequested()):
        with pytest.raises(NotNow):
            play.feed(request)
    assert play.feed(end) == ()
    assert (play.phase(), play.snapshot.last_update) == (Phase.IDLE, None)


def test_an_install_of_another_program_whose_end_was_missed_is_asked_after(running: Transcript) -> None:
    running.feed(RaucInstalling())
    running.mono += ASK_S
    assert running.feed(Tick()) == (ReadSlots(),)


def test_a_paused_transfer_waits_on_while_another_program_installs(running: Transcript) -> None:
    play = running
    play.feed(UploadOpened("u1", "a.raucb", 1000, resumable=True), UploadProgress("u1", 300))
    play.mono += SILENCE_S
    play.feed(Tick())
    paused = play.snapshot.update
    play.feed(RaucInstalling(), RaucProgress(40, "Checking bundle"))
    assert (play.phase(), play.snapshot.update.id, play.snapshot.update.bundle) == (Phase.INSTALLING, None, None)
    assert current_view(play.snapshot) is View.UPDATE
    assert play.feed(RaucCompleted(0, ""), SlotsRead((SLOT_A, SLOT_B), "rootfs.0")) == ()
    assert play.snapshot.update == paused
    play.feed(UploadResumed("u1"))
    assert play.phase() is Phase.RECEIVING


def waits_for_its_owner(play: Transcript) -> None:
    """An update that is installed, on a gateway that is restarted by hand."""
    play.start(reboot="manual")
    play.feed(WebListening(80), SlotsRead((SLOT_A, SLOT_B), "rootfs.0"), RaucFound(None))
    to_announcing(play)
    assert play.phase() is Phase.INSTALLED


@pytest.mark.parametrize("seen", [RaucInstalling(), RaucBusyObserved()])
def test_an_installed_update_still_waits_after_another_programs_bundle_was_refused(
    transcript: Transcript, seen: Event
) -> None:
    play = transcript
    waits_for_its_owner(play)
    play.feed(seen, RaucProgress(20, "Checking bundle"))
    assert (play.phase(), play.snapshot.update.step) == (Phase.INSTALLING, Step.JUDGING)
    with pytest.raises(NotNow):
        play.feed(RebootRequested())
    play.feed(RaucCompleted(1, "signature verification failed"), SlotsRead((SLOT_A, WRITTEN_B), "rootfs.1"))
    play.feed(JournalWritten(journalled(play)))
    assert (play.phase(), play.snapshot.last_update) == (Phase.INSTALLED, None)
    play.feed(RebootRequested())
    assert play.phase() is Phase.REBOOTING


def test_a_restart_that_is_announced_waits_for_an_install_of_another_program(transcript: Transcript) -> None:
    play = transcript
    play.start()
    play.feed(SlotsRead((SLOT_A, SLOT_B), "rootfs.0"), RaucFound(None))
    to_announcing(play)
    play.feed(RaucInstalling(), RESTARTING)
    assert Reboot() not in play.commands
    play.feed(RaucCompleted(1, "signature verification failed"), SlotsRead((SLOT_A, WRITTEN_B), "rootfs.1"))
    play.feed(JournalWritten(journalled(play)), RESTARTING)
    assert play.commands[-1] == Reboot()


def test_an_install_of_another_program_before_ours_is_journalled_is_waited_for(transcript: Transcript) -> None:
    play = transcript
    play.start()
    play.feed(SlotsRead((SLOT_A, SLOT_B), "rootfs.0"), RaucFound(None))
    to_installing(play)
    play.feed(RaucCompleted(0, ""))
    play.feed(RaucInstalling(), JournalWritten(INSTALLED), RESTARTING)
    assert Reboot() not in play.commands
    assert (play.phase(), play.snapshot.update.step) == (Phase.INSTALLING, Step.JUDGING)
    play.feed(RaucProgress(40, "Updating slots", writing=True))
    last = play.snapshot.last_update
    assert last is not None
    assert last.result is Result.FAILED


def test_a_restart_of_the_owners_gives_way_to_an_install_of_another_program(running: Transcript) -> None:
    running.feed(RestartRequested())
    running.feed(RaucInstalling(), RESTARTING, RaucCompleted(0, ""))
    assert Reboot() not in running.commands
    assert running.phase() is Phase.IDLE


def test_an_installed_update_that_another_program_writes_over_is_not_said_to_wait_for_a_restart(
    transcript: Transcript,
) -> None:
    play = transcript
    waits_for_its_owner(play)
    commands = play.feed(RaucInstalling(), RaucProgress(40, "Updating slots", writing=True))
    last = play.snapshot.last_update
    assert last is not None
    assert (last.result, play.snapshot.update.step) == (Result.FAILED, Step.FOREIGN)
    assert commands == (RemoveBundle("u1"), WriteJournal(None, last)), "whatever happens now, nobody waits for ours"
    play.feed(RaucCompleted(0, ""))
    assert current_view(play.snapshot) is View.RESULT


def test_a_daemon_that_was_down_meanwhile_finds_out_that_its_update_was_written_over(transcript: Transcript) -> None:
    twice = replace(WRITTEN_B, installed_count=6, activated_count=6, version="1.5.0")
    transcript.start(record=INSTALLED)
    transcript.feed(SlotsRead((SLOT_A, twice), "rootfs.1"))
    last = transcript.snapshot.last_update
    assert last is not None
    assert (last.result, transcript.phase()) == (Result.FAILED, Phase.IDLE)
    assert "Another program" in ENGLISH.say(last.reason)


def test_a_completion_of_another_programs_install_is_not_taken_for_ours(running: Transcript) -> None:
    play = running
    play.feed(UploadOpened("u1", "x", 1), UploadFinished("u1", 1), BundleInspected("u1", "1.4.0"))
    play.feed(JournalWritten(journalled(play)))
    assert play.feed(RaucCompleted(0, "")) == (), "RAUC has not taken our call yet"
    assert play.snapshot.update.step is Step.INSTALLING
    play.feed(BundleRefused("u1", "Already processing a different method", Why.BUSY))
    assert play.snapshot.update.error is not None
    assert play.snapshot.update.error.code == "update-under-way"
    assert play.feed(AcknowledgeRequested()) == (ReadSlots(),), "theirs may go on"
    play.feed(RaucBusyObserved())
    assert (play.phase(), play.snapshot.update.id) == (Phase.INSTALLING, None)


def test_a_bundle_waits_while_rauc_installs_something_else(running: Transcript) -> None:
    running.feed(UploadOpened("u1", "x", 1), UploadFinished("u1", 1), RaucBusyObserved())
    assert running.phase() is Phase.INSPECTING
    assert "another program" in ENGLISH.say(running.snapshot.update.message)
    running.feed(RaucInstalling(), RaucProgress(60, "Copying image to rootfs.1", writing=True))
    assert "another program" in ENGLISH.say(running.snapshot.update.message), "that is not said of ours"
    running.feed(RaucCompleted(0, ""), RaucProgress(20, "Verifying signature"))
    assert running.snapshot.update.message == prose("Verifying signature")
