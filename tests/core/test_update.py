"""The update's state machine, played as transcripts."""

from dataclasses import replace
from typing import Any

import pytest

from mapio_display.core.commands import Inspect, Install, ReadSlots, Reboot, RemoveBundle, WriteJournal
from mapio_display.core.facts.clock import Tick
from mapio_display.core.facts.event import Request
from mapio_display.core.facts.panel import PanelFailed, PanelShown
from mapio_display.core.facts.power import PowerObserved
from mapio_display.core.facts.rauc import RaucCompleted, RaucFound, RaucProgress, SlotsRead
from mapio_display.core.facts.update import (
    AcknowledgeRequested,
    BundleInspected,
    BundleRefused,
    CancelRequested,
    InstallBegan,
    JournalFailed,
    JournalWritten,
    Phase,
    RebootFailed,
    RebootRequested,
    RestartRequested,
    UploadCutOff,
    UploadFailed,
    UploadFinished,
    UploadLost,
    UploadOpened,
    UploadProgress,
    UploadResumed,
)
from mapio_display.core.failures import Why
from mapio_display.core.message import prose
from mapio_display.core.record import Result, Stage
from mapio_display.core.reduce import wake_at
from mapio_display.core.update import table
from mapio_display.core.update.reboot import ANNOUNCE_S, REBOOT_S
from mapio_display.core.update.table import admission
from mapio_display.errors import NotNow, Refused
from mapio_display.words.catalogue import ENGLISH
from tests.core.conftest import BOOT, NEXT_BOOT, SLOT_A, SLOT_B, Transcript
from tests.core.plays import (
    INSTALLED,
    INSTALLING,
    RESTARTING,
    TO_START,
    WRITTEN_B,
    journalled,
    to_announcing,
    to_installing,
)


def test_a_good_bundle_goes_all_the_way_and_each_step_waits_for_the_one_before(running: Transcript) -> None:
    play = running
    assert [type(command) for command in play.feed(UploadOpened("u1", "good.raucb", 1000))] == [WriteJournal]
    play.feed(UploadProgress("u1", 470))
    assert (play.phase(), play.snapshot.update.percent) == (Phase.RECEIVING, 47)

    assert [type(command) for command in play.feed(UploadFinished("u1", 1000))] == [WriteJournal, Inspect]
    assert play.phase() is Phase.INSPECTING

    (write,) = play.feed(BundleInspected("u1", "1.4.0"))
    assert isinstance(write, WriteJournal)
    assert write.record == INSTALLING

    assert play.feed(JournalWritten(INSTALLING)) == (Install("u1"),)
    play.feed(InstallBegan("u1"))
    accepted = []
    for progress in (
        RaucProgress(0, "Installing"),
        RaucProgress(20, "Checking bundle"),
        RaucProgress(60, "Updating slots", writing=True),
    ):
        play.feed(progress)
        accepted.append(play.snapshot.update.accepted)
    assert accepted == [False, False, True]
    play.feed(RaucProgress(40, "Copying image to rootfs.1", writing=True))
    assert (play.phase(), play.snapshot.update.percent) == (Phase.INSTALLING, 60), "percents never fall"

    assert play.feed(RaucCompleted(0, "")) == (WriteJournal(INSTALLED, None), ReadSlots())
    assert play.phase() is Phase.INSTALLING, "not installed before the journal has it"
    assert play.feed(JournalWritten(INSTALLED)) == (), "nor before RAUC says what is started next"
    assert play.feed(SlotsRead((SLOT_A, WRITTEN_B), "rootfs.1")) == (WriteJournal(TO_START, None),)
    assert play.feed(JournalWritten(TO_START)) == (RemoveBundle("u1"),)
    assert play.phase() is Phase.REBOOTING
    assert play.feed(PanelShown("update", full=False)) == (), "the panel does not say it yet"
    assert play.feed(RESTARTING) == (Reboot(),)


@pytest.mark.parametrize("result", [1, 2, -1, 100])
def test_nothing_is_rebooted_unless_rauc_completed_with_zero(running: Transcript, result: int) -> None:
    to_installing(running)
    commands = running.feed(RaucProgress(100, "Installing failed."), RaucCompleted(result, "some error"))
    assert running.phase() is Phase.FAILED
    assert not any(isinstance(command, Reboot) for command in commands)
    assert running.feed(RESTARTING, Tick()) == ()


def test_a_refused_bundle_leaves_the_last_update_as_it_was_and_its_file_is_removed(running: Transcript) -> None:
    play = running
    play.feed(UploadOpened("u1", "x.raucb", 10), UploadFinished("u1", 10))
    commands = play.feed(BundleRefused("u1", "Verify error: self-signed certificate", Why.UNTRUSTED))
    assert commands == (RemoveBundle("u1"), WriteJournal(None, None))
    assert play.snapshot.update.error is not None
    assert play.snapshot.update.error.code == "untrusted"
    assert play.snapshot.last_update is None


def test_a_refusal_that_only_the_install_reports_leaves_the_last_update_as_it_was(running: Transcript) -> None:
    play = running
    play.feed(UploadOpened("u1", "x.raucb", 10), UploadFinished("u1", 10), BundleInspected("u1", None))
    play.feed(JournalWritten(journalled(play)), InstallBegan("u1"), RaucProgress(40, "Checking bundle"))
    play.feed(RaucCompleted(1, "Compatible mismatch: Expected 'mapio-image'", Why.WRONG_DEVICE))
    assert play.snapshot.update.error is not None
    assert play.snapshot.update.error.code == "wrong-device"
    assert play.snapshot.last_update is None


def test_an_install_that_failed_after_it_touched_the_slot_is_a_verdict(running: Transcript) -> None:
    to_installing(running)
    running.feed(RaucCompleted(1, "Failed updating slot rootfs.1: No space left on device"))
    assert running.snapshot.last_update is not None
    assert running.snapshot.last_update.result is Result.FAILED
    assert "No space left" in ENGLISH.say(running.snapshot.last_update.reason)


def test_one_update_at_a_time(running: Transcript) -> None:
    play = running
    play.feed(UploadOpened("u1", "good.raucb", 1000))
    before = play.snapshot
    with pytest.raises(NotNow) as refusal:
        play.feed(UploadOpened("u2", "other.raucb", 1000))
    assert refusal.value.failure.code == "update-under-way"
    assert play.snapshot is before


def test_the_next_upload_ends_a_failure(running: Transcript) -> None:
    play = running
    play.feed(UploadOpened("u1", "x", 1), UploadFinished("u1", 1), BundleRefused("u1", ""))
    play.feed(UploadOpened("u2", "y", 1))
    assert (play.snapshot.update.id, play.snapshot.update.error) == ("u2", None)


def test_a_failure_ends_when_it_is_acknowledged(running: Transcript) -> None:
    play = running
    play.feed(UploadOpened("u1", "x", 1), UploadFinished("u1", 1), BundleRefused("u1", ""))
    play.feed(AcknowledgeRequested())
    assert play.phase() is Phase.IDLE


def test_acknowledging_a_failed_install_puts_its_verdict_away_too(running: Transcript) -> None:
    to_installing(running)
    running.feed(RaucCompleted(1, "boom"), AcknowledgeRequested())
    assert running.snapshot.last_update is not None
    assert running.snapshot.last_update.acknowledged
    with pytest.raises(NotNow):
        running.feed(AcknowledgeRequested())


def test_a_cut_connection_is_idle_again_and_a_verdict(running: Transcript) -> None:
    play = running
    play.feed(UploadOpened("u1", "x.raucb", 1000), UploadProgress("u1", 470))
    commands = play.feed(UploadLost("u1"))
    assert play.phase() is Phase.IDLE
    assert play.snapshot.last_update is not None
    assert play.snapshot.last_update.result is Result.INTERRUPTED
    assert "47 %" in ENGLISH.say(play.snapshot.last_update.reason)
    assert commands == (RemoveBundle("u1"), WriteJournal(None, play.snapshot.last_update))


def test_a_cancelled_transfer_leaves_the_last_update_as_it_was(running: Transcript) -> None:
    play = running
    play.feed(UploadOpened("u1", "x.raucb", 1000))
    assert play.feed(CancelRequested()) == (RemoveBundle("u1"), WriteJournal(None, None))
    assert (play.phase(), play.snapshot.last_update) == (Phase.IDLE, None)


def test_an_install_cannot_be_cancelled(running: Transcript) -> None:
    to_installing(running)
    with pytest.raises(NotNow):
        running.feed(CancelRequested())


def test_what_an_ended_upload_still_says_changes_nothing(running: Transcript) -> None:
    play = running
    play.feed(UploadOpened("u1", "x.raucb", 1000), CancelRequested(), UploadOpened("u2", "y.raucb", 1000))
    before = play.snapshot
    late = (UploadProgress("u1", 5), UploadFinished("u1", 1000), UploadLost("u1"), UploadFailed("u1", prose("full")))
    for event in late:
        assert play.feed(event) == ()
        assert play.snapshot == before


def test_without_rauc_no_upload_is_taken(transcript: Transcript) -> None:
    transcript.start()
    with pytest.raises(Refused) as refusal:
        transcript.feed(UploadOpened("u1", "x.raucb", 1000))
    assert refusal.value.failure.code == "rauc-unavailable"
    assert admission(transcript.snapshot) == refusal.value.failure


@pytest.mark.parametrize("stage", ["receiving", "inspecting", "preparing"])
def test_an_update_that_cannot_be_journalled_is_not_installed(running: Transcript, stage: str) -> None:
    play = running
    play.feed(UploadOpened("u1", "x.raucb", 1000))
    if stage != "receiving":
        play.feed(UploadFinished("u1", 1000))
    if stage == "preparing":
        play.feed(BundleInspected("u1", "1.4.0"))
    commands = play.feed(JournalFailed(journalled(play), "journal.json: Read-only file system"))
    assert play.snapshot.update.error is not None
    assert play.snapshot.update.error.code == "storage"
    assert not any(isinstance(command, Install) for command in commands)


def test_a_journal_that_fails_after_the_install_does_not_stop_the_reboot(running: Transcript) -> None:
    to_installing(running)
    running.feed(RaucCompleted(0, ""), JournalFailed(INSTALLED, "disk full"))
    running.feed(SlotsRead((SLOT_A, WRITTEN_B), "rootfs.1"), JournalFailed(TO_START, "disk full"))
    assert running.phase() is Phase.REBOOTING


def test_a_system_with_one_slot_refuses_in_words(running: Transcript) -> None:
    play = running
    play.feed(SlotsRead((SLOT_A,), "rootfs.0"))
    play.feed(UploadOpened("u1", "x", 1), UploadFinished("u1", 1), BundleInspected("u1", "1.4.0"))
    play.feed(JournalWritten(journalled(play)), InstallBegan("u1"))
    play.feed(RaucCompleted(1, "No target slot for class 'rootfs' of image 'rootfs.ext4' found", Why.NO_SLOT))
    assert play.phase() is Phase.FAILED
    assert "second slot" in ENGLISH.say(play.snapshot.update.error.message if play.snapshot.update.error else None)


# The reboot


@pytest.mark.parametrize("step_event", [PanelFailed("no answer"), Tick()])
def test_a_dead_or_slow_panel_does_not_hold_up_the_reboot(running: Transcript, step_event: Any) -> None:
    to_announcing(running)
    assert running.feed(Tick()) == (), "the panel still has time"
    running.mono += ANNOUNCE_S
    assert running.feed(step_event) == (Reboot(),)


def test_the_deadline_of_the_announcement_is_known_to_the_clockwork(running: Transcript) -> None:
    to_announcing(running)
    assert wake_at(running.snapshot) == running.mono + ANNOUNCE_S


def test_a_refused_reboot_leaves_the_update_installed_and_can_be_asked_for_again(running: Transcript) -> None:
    play = running
    to_announcing(play)
    play.feed(RESTARTING, RebootFailed("Permission denied"))
    assert play.phase() is Phase.INSTALLED
    assert play.snapshot.update.error is not None
    assert play.snapshot.update.error.detail == "Permission denied"
    play.feed(RebootRequested())
    assert play.phase() is Phase.REBOOTING
    assert play.feed(RESTARTING) == (Reboot(),)


def test_a_reboot_that_does_not_happen_is_reported(running: Transcript) -> None:
    to_announcing(running)
    running.feed(RESTARTING)
    running.mono += REBOOT_S
    running.feed(Tick())
    assert running.phase() is Phase.INSTALLED
    assert running.snapshot.update.error is not None


def test_with_a_manual_reboot_the_update_waits(transcript: Transcript) -> None:
    play = transcript
    play.start(reboot="manual")
    play.feed(RaucFound(None), SlotsRead((SLOT_A, SLOT_B), "rootfs.0"))
    to_announcing(play)
    assert play.phase() is Phase.INSTALLED
    play.feed(RebootRequested())
    assert play.feed(RESTARTING) == (Reboot(),)


def test_a_reboot_is_refused_while_nothing_is_installed(running: Transcript) -> None:
    with pytest.raises(NotNow):
        running.feed(RebootRequested())


def test_every_request_has_words_for_its_refusal() -> None:
    requests = {event for _, event in table._TABLE if issubclass(event, Request)}
    assert requests == set(table._REFUSALS)


# A transfer that may go on


def resumable(play: Transcript) -> None:
    play.feed(UploadOpened("u1", "a.raucb", 1000, resumable=True), UploadProgress("u1", 300))


def test_a_transfer_without_bytes_reads_as_idle_after_a_minute_and_goes_on(running: Transcript) -> None:
    resumable(running)
    running.mono += 59
    running.feed(Tick(), UploadProgress("u1", 400))
    running.mono += 59
    running.feed(Tick())
    assert running.phase() is Phase.RECEIVING
    running.mono += 1
    running.feed(Tick())
    assert running.phase() is Phase.IDLE
    running.feed(UploadResumed("u1"))
    assert (running.phase(), running.snapshot.update.percent) == (Phase.RECEIVING, 40)


def test_a_silent_transfer_gives_way_to_another(running: Transcript) -> None:
    resumable(running)
    with pytest.raises(NotNow):
        running.feed(UploadOpened("u2", "b.raucb", 10))
    running.mono += 60
    running.feed(Tick())
    assert RemoveBundle("u1") in running.feed(UploadOpened("u2", "b.raucb", 10))
    assert running.snapshot.update.id == "u2"


def test_a_transfer_is_kept_for_a_day_from_its_beginning(running: Transcript) -> None:
    resumable(running)
    running.mono += 60
    running.feed(Tick())
    running.mono += 24 * 3600 - 61
    assert running.feed(Tick()) == ()
    running.mono += 1
    assert running.feed(Tick()) == (RemoveBundle("u1"), WriteJournal(None, None))
    assert running.snapshot.update.id is None


def test_a_transfer_that_may_go_on_outlives_the_boot(transcript: Transcript) -> None:
    record = replace(INSTALLING, stage=Stage.RECEIVING, resumable=True, size=1000)
    assert transcript.start(record=record, boot_id=NEXT_BOOT, received=300) == ()
    assert transcript.phase() is Phase.IDLE
    transcript.feed(RaucFound(None), SlotsRead((SLOT_A, SLOT_B), "rootfs.0"))
    (journal,) = transcript.feed(UploadResumed("u1"))
    assert isinstance(journal, WriteJournal)
    assert journal.record is not None
    assert (journal.record.boot_id, journal.record.from_slot) == (NEXT_BOOT, "A")


@pytest.mark.parametrize(("left", "kept"), [(3600, 3600), (-1, 0), (10**9, 24 * 3600)])
def test_how_long_it_is_kept_outlives_a_restart(transcript: Transcript, left: float, kept: float) -> None:
    expires_at = 1_800_000_000 + transcript.mono + left
    record = replace(INSTALLING, stage=Stage.RECEIVING, resumable=True, size=1000, expires_at=expires_at)
    transcript.start(record=record, received=300)
    transcript.mono += kept
    assert RemoveBundle("u1") in transcript.feed(Tick())


@pytest.mark.parametrize(("boot_id", "phase"), [(BOOT, Phase.INSPECTING), (NEXT_BOOT, Phase.IDLE)])
def test_a_bundle_that_was_whole_goes_on_as_one(transcript: Transcript, boot_id: str, phase: Phase) -> None:
    record = replace(INSTALLING, stage=Stage.RECEIVING, resumable=True, size=1000)
    transcript.start(record=record, boot_id=boot_id, received=1000)
    assert transcript.phase() is phase
    last = transcript.snapshot.last_update
    assert last is None if boot_id == BOOT else last is not None and last.result is Result.INTERRUPTED


def test_on_a_low_battery_nothing_goes_on(running: Transcript) -> None:
    resumable(running)
    running.feed(PowerObserved(mains=False, volts=3.3))
    with pytest.raises(Refused) as refused:
        running.feed(UploadResumed("u1"))
    assert refused.value.failure.code == "low-battery"
    running.feed(PowerObserved(mains=True), UploadResumed("u1"))


def test_a_gateway_restarts_while_a_transfer_waits_and_the_journal_keeps_it(running: Transcript) -> None:
    resumable(running)
    running.mono += 60
    running.feed(Tick())
    assert running.feed(RestartRequested()) == ()
    assert running.phase() is Phase.REBOOTING
    assert running.feed(RESTARTING) == (Reboot(),)


def to_a_restart_that_is_refused(play: Transcript) -> None:
    """From a transfer that waits for its rest."""
    resumable(play)
    play.mono += 60
    play.feed(
        Tick(),
        RestartRequested(),
        RESTARTING,
        RebootFailed("no connection to D-Bus"),
    )
    assert play.phase() is Phase.FAILED


def test_a_transfer_waits_on_after_a_restart_that_did_not_come(running: Transcript) -> None:
    to_a_restart_that_is_refused(running)
    running.feed(AcknowledgeRequested(), UploadResumed("u1"))
    assert (running.phase(), running.snapshot.update.percent) == (Phase.RECEIVING, 30)


def test_a_transfer_gives_way_to_another_after_a_restart_that_did_not_come(running: Transcript) -> None:
    to_a_restart_that_is_refused(running)
    running.feed(RestartRequested(), RESTARTING, RebootFailed("again"))
    assert RemoveBundle("u1") in running.feed(UploadOpened("u2", "b.raucb", 10))


def test_a_plain_upload_cannot_go_on(running: Transcript) -> None:
    running.feed(UploadOpened("u1", "a.raucb", 1000))
    with pytest.raises(Refused):
        running.feed(UploadResumed("u1"))


def test_a_transfer_without_a_sender_is_called_so_until_more_of_it_comes(running: Transcript) -> None:
    resumable(running)
    running.mono += 2.9
    running.feed(Tick())
    assert not running.snapshot.update.cut_off
    running.mono += 0.1
    running.feed(Tick())
    assert (running.phase(), running.snapshot.update.cut_off) == (Phase.RECEIVING, True)
    running.feed(UploadProgress("u1", 400))
    assert not running.snapshot.update.cut_off
    running.feed(UploadCutOff("u1", 450))
    assert (running.snapshot.update.cut_off, running.snapshot.update.percent) == (True, 45)
    running.feed(UploadResumed("u1"))
    assert not running.snapshot.update.cut_off


def test_the_minute_runs_from_the_last_byte_and_not_from_the_stall(running: Transcript) -> None:
    resumable(running)
    running.feed(UploadCutOff("u1", 400), UploadCutOff("another", 500))
    for wait, phase in ((3, Phase.RECEIVING), (56.5, Phase.RECEIVING), (0.5, Phase.IDLE)):
        running.mono += wait
        running.feed(Tick())
        assert running.phase() is phase


def test_a_plain_upload_is_never_called_stalled(running: Transcript) -> None:
    running.feed(UploadOpened("u1", "a.raucb", 1000))
    running.mono += 1000
    running.feed(Tick())
    assert (running.phase(), running.snapshot.update.cut_off) == (Phase.RECEIVING, False)
