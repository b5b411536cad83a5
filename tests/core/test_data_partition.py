"""Before the data partition is there, and without it."""

from dataclasses import replace

import pytest

from mapio_display.core import failures
from mapio_display.core.commands import ReadSlots
from mapio_display.core.facts.daemon import Lifecycle
from mapio_display.core.facts.data import DataAwaited, DataPartition
from mapio_display.core.facts.rauc import RaucBusyObserved, RaucFound, RaucInstalling, SlotsRead
from mapio_display.core.facts.shutdown import Shutdown, StopRequested
from mapio_display.core.facts.system import System, SystemMeasured
from mapio_display.core.facts.update import Phase, RestartRequested, Step, Update, UploadOpened
from mapio_display.core.facts.web import WebListening
from mapio_display.core.front.names import View
from mapio_display.core.front.view import current_view
from mapio_display.core.update.table import admission
from mapio_display.errors import NotNow, Refused
from mapio_display.words.catalogue import ENGLISH
from mapio_display.words.console import in_a_line
from tests.core.conftest import SLOT_A, SLOT_B, Transcript
from tests.core.plays import INSTALLING

TOLD = (SlotsRead((SLOT_A, SLOT_B), "rootfs.0"), RaucFound(None))


def test_until_the_journal_is_read_no_install_is_taken_for_another_programs(transcript: Transcript) -> None:
    transcript.feed(RaucBusyObserved(), RaucFound(None), RaucInstalling())
    assert transcript.snapshot.update == Update()
    assert transcript.start(record=INSTALLING) == (ReadSlots(),), "what RAUC told before went unheard"
    transcript.feed(RaucBusyObserved())
    assert (transcript.snapshot.update.step, transcript.snapshot.update.id) == (Step.INSTALLING, INSTALLING.id)


def test_until_the_journal_is_read_nothing_is_restarted(transcript: Transcript) -> None:
    with pytest.raises(NotNow):
        transcript.feed(RestartRequested())


def test_a_daemon_that_is_stopped_while_it_waits_is_not_started_by_what_it_waited_for(
    transcript: Transcript,
) -> None:
    transcript.feed(StopRequested(Shutdown.OFF, "14:05"))
    transcript.start()
    transcript.feed(WebListening(80))
    assert transcript.snapshot.daemon.lifecycle is Lifecycle.STOPPING
    assert current_view(transcript.snapshot) is View.STOPPED


def test_another_programs_install_is_noticed_once_the_journal_is_read(transcript: Transcript) -> None:
    transcript.feed(RaucBusyObserved(), RaucFound(None))
    assert transcript.start() == (ReadSlots(),)
    transcript.feed(RaucBusyObserved())
    assert transcript.snapshot.update.step is Step.FOREIGN


def test_a_journal_that_looked_like_an_update_at_the_first_glance_and_holds_none_is_forgotten(
    transcript: Transcript,
) -> None:
    transcript.snapshot = replace(transcript.snapshot, update=Update(Step.JUDGING, Phase.REBOOTING))
    assert current_view(transcript.snapshot) is View.STARTING
    transcript.start()
    assert transcript.snapshot.update == Update()


def test_a_data_partition_that_takes_its_time_is_reported(transcript: Transcript) -> None:
    assert in_a_line(transcript.snapshot, ENGLISH) == "Starting"
    transcript.feed(DataAwaited())
    assert in_a_line(transcript.snapshot, ENGLISH) == "Waiting for the data partition"
    assert current_view(transcript.snapshot) is View.STARTING
    transcript.start()
    assert transcript.snapshot.data_partition is DataPartition.THERE


def test_without_a_data_partition_the_gateway_is_ready_and_takes_no_bundle(transcript: Transcript) -> None:
    transcript.start(data_partition=DataPartition.MISSING)
    transcript.feed(WebListening(80), *TOLD)
    assert current_view(transcript.snapshot) == "home"
    assert admission(transcript.snapshot) is failures.NO_DATA_PARTITION
    with pytest.raises(Refused):
        transcript.feed(UploadOpened("u1", "good.raucb", 100))


def test_on_a_read_only_data_partition_no_bundle_is_taken_until_it_can_be_written(running: Transcript) -> None:
    running.feed(SystemMeasured(System(data_writable=False)))
    assert admission(running.snapshot) is failures.READ_ONLY
    running.feed(SystemMeasured(System(data_writable=True)))
    assert admission(running.snapshot) is None
