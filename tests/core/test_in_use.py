"""A success is reported of the version that runs, for as long as it runs; an unknown reason is reported as such."""

from dataclasses import replace

import pytest

from mapio_display.core.commands import WriteJournal
from mapio_display.core.facts.rauc import Slot, SlotsRead
from mapio_display.core.facts.web import WebListening
from mapio_display.core.front.names import View
from mapio_display.core.front.view import current_view
from mapio_display.core.message import prose
from mapio_display.core.record import LastUpdate, Record, Result, Stage
from mapio_display.core.status import to_json
from mapio_display.core.verdict import Ended, Facts, judge, revised
from mapio_display.words.catalogue import ENGLISH
from mapio_display.words.console import in_words
from mapio_display.words.log_lines import Line
from tests.core.conftest import NEXT_BOOT, SLOT_A, SLOT_B, Transcript
from tests.core.plays import INSTALLING, TO_START, WRITTEN_B

LAST = LastUpdate("u1", Result.SUCCEEDED, "1.3.0", "1.4.0", "B", "2026-11-23T14:05:00Z", from_slot="A")
A_RUNS = (SLOT_A, WRITTEN_B)
B_RUNS = (replace(SLOT_A, state="inactive"), replace(WRITTEN_B, state="booted"))


def says(
    last: LastUpdate, running: str | None, slots: tuple[Slot, ...], primary: str | None = "rootfs.0"
) -> LastUpdate:
    return revised(last, Facts(running, slots, primary)) or last


@pytest.mark.parametrize(
    ("slots", "primary", "began"),
    [
        # a torn environment, or the boot script's fallback: the new slot is good, and another was started
        (A_RUNS, "rootfs.0", "The gateway started its old system although slot B was to be used."),
        (A_RUNS, "rootfs.1", "The gateway started its old system although slot B was to be used."),
        ((SLOT_A, replace(WRITTEN_B, boot_status="bad")), "rootfs.0", "Slot B started at first and later did not"),
        # the boot loader's environment cannot be read
        (tuple(replace(slot, boot_status="bad") for slot in A_RUNS), None, "The gateway runs another system"),
        (tuple(replace(slot, boot_status="unknown") for slot in A_RUNS), None, "The gateway runs another system"),
        ((), None, "The gateway runs another system"),
    ],
)
def test_a_success_whose_old_system_runs_again_is_rolled_back(
    slots: tuple[Slot, ...], primary: str | None, began: str
) -> None:
    told = says(replace(LAST, acknowledged=True), "1.3.0", slots, primary)
    assert (told.result, told.acknowledged) == (Result.ROLLED_BACK, False)
    assert ENGLISH.say(told.reason).startswith(began)


def test_that_is_reported_on_panel_log_and_console_and_journalled(transcript: Transcript) -> None:
    transcript.start(last_update=LAST)
    transcript.feed(WebListening(80))
    (write,) = transcript.feed(SlotsRead(A_RUNS, "rootfs.0"))
    told = transcript.snapshot.last_update
    assert told is not None
    assert write == WriteJournal(None, told)
    assert told.result is Result.ROLLED_BACK
    assert current_view(transcript.snapshot) is View.RESULT
    assert Line in {type(line) for line in transcript.log if line.grave and "rolled-back" in line.text}
    assert "1.3.0 to 1.4.0 was rolled back" in in_words(to_json(transcript.snapshot, ENGLISH.say), ENGLISH)


def test_it_is_not_reported_as_a_success_until_rauc_answers_either(transcript: Transcript) -> None:
    transcript.start(last_update=LAST)
    assert transcript.snapshot.last_update is not None
    assert transcript.snapshot.last_update.result is Result.ROLLED_BACK
    assert "the reason is not known" in ENGLISH.say(transcript.snapshot.last_update.reason)


@pytest.mark.parametrize(("slots", "primary"), [(A_RUNS, "rootfs.0"), (B_RUNS, "rootfs.1"), ((), None)])
def test_a_success_that_another_version_has_replaced_says_which(slots: tuple[Slot, ...], primary: str | None) -> None:
    told = says(LAST, "1.5.0", slots, primary)
    assert told.result is Result.REPLACED
    assert ENGLISH.say(told.reason) == "Version 1.5.0 was installed since, and is in use now."


@pytest.mark.parametrize("result", [Result.ROLLED_BACK, Result.REPLACED])
def test_what_runs_again_is_a_success_again(result: Result) -> None:
    assert says(replace(LAST, result=result, reason=prose("x")), "1.4.0", B_RUNS) == LAST


@pytest.mark.parametrize(("running", "slots"), [("1.4.0", B_RUNS), ("1.4.0", ()), (None, B_RUNS), (None, ())])
def test_a_success_holds_as_long_as_nothing_is_known_against_it(running: str | None, slots: tuple[Slot, ...]) -> None:
    assert says(LAST, running, slots) == LAST


def test_the_same_version_installed_again_is_distinguished_by_its_slot() -> None:
    last = replace(LAST, from_version="1.4.0")
    assert says(last, "1.4.0", B_RUNS) == last
    assert says(last, "1.4.0", A_RUNS).result is Result.ROLLED_BACK


def after_boot(record: Record, slots: tuple[Slot, ...], running: str = "1.3.0", primary: str | None = None) -> Ended:
    outcome = judge(record, Facts(running, slots, primary), boot_id=NEXT_BOOT)
    assert isinstance(outcome, Ended)
    return outcome


@pytest.mark.parametrize("status", ["bad", "unknown", None])
def test_no_slot_is_blamed_where_the_boot_loaders_state_cannot_be_read(status: str | None) -> None:
    ended = after_boot(TO_START, tuple(replace(slot, boot_status=status) for slot in A_RUNS))
    assert ended.result is Result.ROLLED_BACK
    assert "the reason is not known" in ENGLISH.say(ended.reason)
    assert "did not start" not in ENGLISH.say(ended.reason)


# A slot whose write failed, or was cut off: RAUC counts it, and names the bundle


@pytest.mark.parametrize("status", ["failed", "pending", "update"])
def test_a_slot_that_was_not_written_to_its_end_is_no_success_though_it_runs(status: str) -> None:
    half = (B_RUNS[0], replace(B_RUNS[1], status=status, activated_count=4))
    ended = after_boot(INSTALLING, half, running="1.2.0", primary="rootfs.1")
    assert ended.result is Result.INTERRUPTED
    assert after_boot(INSTALLING, half, running="1.4.0", primary="rootfs.1").result is Result.SUCCEEDED, "but it runs"


def test_a_failed_write_in_the_same_boot_is_not_gone_on_with() -> None:
    failed = (SLOT_A, replace(WRITTEN_B, status="failed", activated_count=4))
    outcome = judge(INSTALLING, Facts("1.3.0", failed, "rootfs.1"), boot_id=INSTALLING.boot_id)
    assert isinstance(outcome, Ended)
    assert outcome.result is Result.INTERRUPTED


@pytest.mark.parametrize("stage", [Stage.INSTALLING, Stage.INSTALLED])
def test_a_record_of_an_older_version_is_judged_as_it_was_meant(stage: Stage) -> None:
    old = replace(INSTALLING, stage=stage, primary=None, counters=())
    assert after_boot(old, B_RUNS, running="1.4.0", primary="rootfs.1").result is Result.SUCCEEDED
    given_up = (SLOT_A, replace(WRITTEN_B, boot_status="bad"))
    assert after_boot(old, given_up, primary="rootfs.0").result is Result.ROLLED_BACK


def test_a_slot_beside_keeps_no_version_that_was_in_another(transcript: Transcript) -> None:
    rescue = Slot("rescue.0", "R", "inactive", "good", slot_class="rescue")
    transcript.start(version="1.4.0", last_update=LAST)
    transcript.feed(SlotsRead((*(replace(slot, version=None) for slot in B_RUNS), rescue), "rootfs.1"))
    assert [slot.version for slot in transcript.snapshot.slots] == ["1.3.0", "1.4.0", None]
    half = replace(B_RUNS[0], version=None, status="failed")
    transcript.feed(SlotsRead((half, B_RUNS[1]), "rootfs.1"))
    assert transcript.snapshot.slots[0].version is None
    assert "Slot A:      half written, inactive" in in_words(to_json(transcript.snapshot, ENGLISH.say), ENGLISH)
    assert SLOT_B.version == "1.2.0"
