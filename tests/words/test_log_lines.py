"""The log: each event that matters is one line, with the update's id."""

from dataclasses import replace

import pytest

from mapio_display.core.facts.clock import Tick
from mapio_display.core.facts.data import DataAwaited
from mapio_display.core.facts.network import Address, NetworkChanged
from mapio_display.core.facts.panel import PanelShown
from mapio_display.core.facts.power import PowerObserved
from mapio_display.core.facts.rauc import (
    RaucBusyObserved,
    RaucCompleted,
    RaucFound,
    RaucInstalling,
    RaucLost,
    RaucProgress,
    SlotsRead,
)
from mapio_display.core.facts.shutdown import Shutdown, ShutdownAnnounced, StopRequested
from mapio_display.core.facts.system import System, SystemMeasured
from mapio_display.core.facts.update import (
    BundleInspected,
    BundleRefused,
    CancelRequested,
    InstallBegan,
    JournalWritten,
    Phase,
    Step,
    Update,
    UploadFinished,
    UploadOpened,
    UploadProgress,
)
from mapio_display.core.facts.web import WebClosed, WebListening, WebSwitched
from mapio_display.core.failures import Why
from mapio_display.core.message import prose
from mapio_display.core.text import printable
from mapio_display.core.update.install import STALL_S
from tests.core.conftest import NEXT_BOOT, SLOT_A, SLOT_B, Transcript
from tests.core.plays import INSTALLING, RESTARTING, WRITTEN_B, journalled


def lines(transcript: Transcript) -> list[str]:
    """What was logged since the last call; an exclamation mark before what is grave."""
    logged = [("! " if line.grave else "") + line.text for line in transcript.log]
    transcript.log.clear()
    return logged


@pytest.fixture
def quiet(running: Transcript) -> Transcript:
    """A gateway at rest, with an empty log."""
    running.feed(PanelShown("home", full=True))
    running.log.clear()
    return running


def test_a_start(transcript: Transcript) -> None:
    transcript.feed(DataAwaited(), RaucFound(None), SlotsRead((SLOT_A, SLOT_B), "rootfs.0"))
    transcript.start()
    transcript.feed(NetworkChanged("eth0", (Address("eth0", "192.168.1.20"),), "mapio"))
    transcript.feed(WebListening(80), PanelShown("home", full=True), PanelShown("home", full=False))
    assert lines(transcript) == [
        "RAUC answers",
        "Started version=0 os=1.3.0 boot=11111111-aaaa",
        "Address 192.168.1.20 interface=eth0",
        "The web server listens port=80",
        "Ready",
    ]


def test_an_update_from_the_first_byte_to_the_verdict(quiet: Transcript) -> None:
    quiet.feed(UploadOpened("u1", "good.raucb", 1000), *(UploadProgress("u1", size) for size in range(0, 1000, 10)))
    quiet.feed(UploadFinished("u1", 1000), RaucProgress(40, "Verifying"), BundleInspected("u1", "1.4.0"))
    quiet.feed(JournalWritten(journalled(quiet)), InstallBegan("u1"), RaucInstalling())
    quiet.feed(*(RaucProgress(percent, "Copying image to rootfs.1") for percent in range(40, 99)))
    quiet.feed(RaucProgress(99, "Updating slots done.", writing=True), RaucCompleted(0, ""))
    quiet.feed(SlotsRead((SLOT_A, WRITTEN_B), "rootfs.1"))
    record = journalled(quiet)
    quiet.feed(JournalWritten(record), RESTARTING)
    quiet.feed(ShutdownAnnounced(Shutdown.RESTART), StopRequested())
    assert lines(quiet) == [
        "Update u1: is being received file=good.raucb size=1000",
        "Update u1: is received, RAUC looks into it file=good.raucb size=1000",
        "Update u1: RAUC takes the bundle from=1.3.0 to=1.4.0 slot=B",
        "Update u1: RAUC installs slot=B",
        "Update u1: RAUC: Copying image to rootfs.1",
        "Update u1: RAUC: Updating slots done.",
        "Update u1: is installed slot=B",
        "Asking for the restart update=u1",
        "The machine goes down to=restart",
        "Stopping",
    ]
    booted = Transcript()
    booted.start(boot_id=NEXT_BOOT, version="1.4.0", record=record)
    slots = (replace(SLOT_A, state="inactive"), replace(WRITTEN_B, state="booted"))
    booted.feed(WebListening(80), SlotsRead(slots, "rootfs.1"))
    assert lines(booted) == [
        "Started version=0 os=1.4.0 boot=22222222-bbbb",
        "Update u1: Checking what became of the update stage=installed",
        "The web server listens port=80",
        "Update u1: succeeded from=1.3.0 to=1.4.0 slot=B",
    ]


def test_a_refused_bundle_with_raucs_own_words(quiet: Transcript) -> None:
    quiet.feed(UploadOpened("u1", "x.raucb", 10), UploadFinished("u1", 10))
    lines(quiet)
    quiet.feed(BundleRefused("u1", "signature verification failed: self-signed", Why.UNTRUSTED))
    (line,) = lines(quiet)
    assert line.startswith("! Update u1: This bundle is not signed for this gateway.")
    assert line.endswith('code=untrusted raw="signature verification failed: self-signed"')


def test_a_roll_back_is_grave_and_has_its_reason(transcript: Transcript) -> None:
    transcript.start(boot_id=NEXT_BOOT, record=replace(INSTALLING, boot_id="before"))
    lines(transcript)
    given_up = replace(WRITTEN_B, boot_status="bad")
    transcript.feed(WebListening(80), SlotsRead((SLOT_A, given_up), "rootfs.0"))
    _, verdict = lines(transcript)
    assert verdict.startswith('! Update u1: rolled-back from=1.3.0 to=1.4.0 slot=B reason="Slot B did not start')


def test_a_resumed_update_is_not_reported_as_installed_before_rauc_has_reported(
    transcript: Transcript,
) -> None:
    guessed = Update(Step.JUDGING, Phase.REBOOTING)  # what the first frame is drawn from
    transcript.snapshot = replace(transcript.snapshot, update=guessed)
    transcript.start(record=INSTALLING)
    assert lines(transcript) == [
        "Started version=0 os=1.3.0 boot=11111111-aaaa",
        "Update u1: Checking what became of the update stage=installing",
    ]


def test_rauc_that_is_silent_and_rauc_that_dies(quiet: Transcript) -> None:
    quiet.feed(UploadOpened("u1", "x.raucb", 10), UploadFinished("u1", 10), BundleInspected("u1", "1.4.0"))
    quiet.feed(JournalWritten(journalled(quiet)), InstallBegan("u1"))
    lines(quiet)
    quiet.mono += STALL_S
    quiet.feed(Tick(), RaucBusyObserved(), Tick())
    assert lines(quiet) == ["! Update u1: No word from RAUC for 5 minutes; it may still be at work"]
    quiet.feed(RaucLost(absent=True))
    assert lines(quiet) == [
        "Update u1: RAUC stopped; waiting for it to come back stage=installing",
        "! RAUC is not on D-Bus and cannot be started there",
    ]


def test_rauc_that_is_missing_is_slow_or_does_not_start(quiet: Transcript) -> None:
    quiet.feed(RaucLost(absent=True, slow=True), RaucLost(absent=True, slow=True))
    assert lines(quiet) == ["! RAUC has not answered yet; it is asked again"]
    quiet.feed(RaucLost(absent=True, fails=True))
    assert lines(quiet) == ["! RAUC does not start; its log says why: journalctl -u rauc"]
    quiet.feed(RaucLost(absent=True), RaucFound(None))
    assert lines(quiet) == ["! RAUC is not on D-Bus and cannot be started there", "RAUC answers"]


def test_an_install_of_another_program(quiet: Transcript) -> None:
    quiet.feed(RaucInstalling(), RaucProgress(10, "Updating slots", writing=True), RaucCompleted(0, ""))
    assert lines(quiet) == ["Another program has RAUC install something", "The other program's installation is over"]


def test_what_the_owner_does(quiet: Transcript) -> None:
    quiet.feed(UploadOpened("u1", "x.raucb", 10), CancelRequested())
    quiet.feed(
        WebSwitched(enabled=False), WebClosed(), WebSwitched(enabled=True), WebClosed(prose("Port 80 is in use"))
    )
    assert lines(quiet) == [
        "Update u1: is being received file=x.raucb size=10",
        "Update u1: is given up",
        "The web server is switched off",
        "The web server is closed",
        "The web server is switched on",
        "! The web server cannot be opened: Port 80 is in use",
    ]


def test_what_happens_around_the_gateway(quiet: Transcript) -> None:
    quiet.feed(NetworkChanged("eth0", (Address("eth0", "10.0.0.2"),), "mapio"), NetworkChanged(None, (), "mapio"))
    quiet.feed(PowerObserved(mains=False), PowerObserved(volts=3.8), SystemMeasured(System(data_writable=False)))
    quiet.feed(*(SystemMeasured(System(load=load, data_writable=True)) for load in (0.1, 0.2, 0.3)))
    assert lines(quiet) == [
        "Address 10.0.0.2 interface=eth0",
        "No address",
        "On battery",
        "! The data partition cannot be written",
        "The data partition can be written again",
    ]


def test_a_hostile_name_is_one_line_and_one_value(quiet: Transcript) -> None:
    quiet.feed(UploadOpened("u1", 'a" size=0\nMar 1 root: \x1b[2J', 1))
    (line,) = lines(quiet)
    assert printable(line) == 'Update u1: is being received file="a\\" size=0\\nMar 1 root: \\u001b[2J" size=1'
