"""Parts of an update's transcript that several tests begin with."""

from dataclasses import replace

from mapio_display.core.commands import WriteJournal
from mapio_display.core.facts.panel import PanelShown
from mapio_display.core.facts.rauc import RaucCompleted, RaucProgress, SlotsRead
from mapio_display.core.facts.shutdown import Shutdown
from mapio_display.core.facts.update import BundleInspected, InstallBegan, JournalWritten, UploadFinished, UploadOpened
from mapio_display.core.record import Counters, Record, Stage
from tests.core.conftest import BOOT, SLOT_A, SLOT_B, Transcript

RESTARTING = PanelShown("rebooting", full=True, announces=Shutdown.RESTART)
WRITTEN_B = replace(SLOT_B, installed_count=5, activated_count=5, version="1.4.0", status="ok")
INSTALLING = Record(
    id="u1",
    stage=Stage.INSTALLING,
    boot_id=BOOT,
    from_slot="A",
    from_version="1.3.0",
    target_slot="B",
    to_version="1.4.0",
    installed_count=4,
    activated_count=4,
    filename="good.raucb",
    size=1000,
    primary="rootfs.0",
    counters=(Counters("rootfs.0", 1, 1), Counters("rootfs.1", 4, 4)),
)
INSTALLED = replace(INSTALLING, stage=Stage.INSTALLED)
TO_START = replace(INSTALLED, to_start=True)


def journalled(transcript: Transcript) -> Record:
    """The record of the last command to write the journal."""
    return next(
        command.record for command in transcript.commands if isinstance(command, WriteJournal) and command.record
    )


def to_installing(play: Transcript) -> None:
    """From rest to RAUC writing the slot."""
    play.feed(UploadOpened("u1", "good.raucb", 1000), UploadFinished("u1", 1000), BundleInspected("u1", "1.4.0"))
    play.feed(JournalWritten(journalled(play)), InstallBegan("u1"), RaucProgress(20, "Updating slots", writing=True))


def to_announcing(play: Transcript) -> None:
    """From rest to the moment before the reboot is asked for."""
    to_installing(play)
    play.feed(RaucCompleted(0, ""), SlotsRead((SLOT_A, WRITTEN_B), "rootfs.1"))
    play.feed(JournalWritten(journalled(play)))
