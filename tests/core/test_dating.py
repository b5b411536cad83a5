"""No time of day is shown before the clock is set; what happened until then gets its own afterwards."""

from dataclasses import replace

from mapio_display.core.commands import WriteJournal
from mapio_display.core.facts.clock import Now, Tick
from mapio_display.core.facts.rauc import SlotsRead
from mapio_display.core.facts.web import WebListening
from mapio_display.core.record import LastUpdate, Result
from tests.core.conftest import NEXT_BOOT, SLOT_A, Transcript
from tests.core.plays import TO_START, WRITTEN_B

B_RUNS = (replace(SLOT_A, state="inactive"), replace(WRITTEN_B, state="booted"))


class Unset(Transcript):
    """A gateway whose clock starts at its image's build date, and is set later."""

    right = False

    def now(self) -> Now:
        return Now(self.mono, self.wall + self.mono, self.right)


def test_a_verdict_gets_its_time_when_the_clock_is_set() -> None:
    play = Unset()
    play.start(record=TO_START, boot_id=NEXT_BOOT, version="1.4.0")
    play.feed(WebListening(80), SlotsRead(B_RUNS, "rootfs.1"))
    assert play.snapshot.last_update is not None
    assert (play.snapshot.last_update.finished_at, play.snapshot.daemon.started_at) == (None, None)
    play.mono, play.right = play.mono + 60, True
    (write,) = play.feed(Tick())
    dated = play.snapshot.last_update
    assert write == WriteJournal(None, dated)
    assert dated.finished_at == play.snapshot.daemon.started_at == "2027-01-15T08:01:40Z", "a minute ago"
    assert play.feed(Tick()) == (), "once"


def test_a_clock_that_the_journal_knows_to_be_early_is_not_believed(transcript: Transcript) -> None:
    last = LastUpdate("u0", Result.SUCCEEDED, "1.2.0", "1.3.0", "A", "2027-06-01T00:00:00Z")
    transcript.start(last_update=last)
    assert transcript.snapshot.daemon.started_at is None
    transcript.wall += 365 * 86400
    transcript.feed(Tick())
    assert transcript.snapshot.daemon.started_at is not None


def test_a_verdict_of_an_earlier_boot_that_had_no_time_gets_none(transcript: Transcript) -> None:
    last = LastUpdate("u0", Result.SUCCEEDED, "1.2.0", "1.3.0", "A", None)
    transcript.start(last_update=last)
    transcript.feed(WebListening(80), SlotsRead((SLOT_A, WRITTEN_B), "rootfs.0"), Tick())
    assert transcript.snapshot.last_update == last
