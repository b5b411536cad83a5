"""The verdict on a journalled update, as a table of what the daemon finds when it starts."""

from dataclasses import replace

import pytest

from mapio_display.core.facts.rauc import Slot
from mapio_display.core.failures import Why
from mapio_display.core.record import Counters, Record, Result, Stage
from mapio_display.core.verdict import OVERWRITTEN, Ended, Facts, Inspecting, Installed, Outcome, RaucSaid, judge
from mapio_display.words.catalogue import ENGLISH
from tests.core.conftest import BOOT, NEXT_BOOT, SLOT_A, SLOT_B

RECORD = Record("u1", Stage.INSTALLING, BOOT, "A", "1.3.0", "B", "1.4.0", installed_count=4, activated_count=4)
RECORD = replace(RECORD, primary="rootfs.0", counters=(Counters("rootfs.0", 1, 1), Counters("rootfs.1", 4, 4)))

UNTOUCHED = (SLOT_A, SLOT_B)
GIVEN_UP = (SLOT_A, replace(SLOT_B, boot_status="bad"))
WRITTEN = (SLOT_A, replace(SLOT_B, installed_count=5, status="ok"))
ACTIVATED = (SLOT_A, replace(SLOT_B, installed_count=5, activated_count=5, status="ok"))
BOOTED_B = (replace(SLOT_A, state="inactive"), replace(ACTIVATED[1], state="booted"))


def verdict(
    stage: Stage,
    slots: tuple[Slot, ...],
    primary: str | None,
    *,
    boot: str = NEXT_BOOT,
    running: str | None = "1.3.0",
    error: str = "",
) -> Outcome:
    record = replace(RECORD, stage=stage, to_start=stage is Stage.INSTALLED)
    return judge(record, Facts(running, slots, primary, error), boot_id=boot)


@pytest.mark.parametrize(
    ("stage", "slots", "primary", "result"),
    [
        # the power went while …
        (Stage.RECEIVING, UNTOUCHED, "rootfs.0", Result.INTERRUPTED),
        (Stage.INSPECTING, UNTOUCHED, "rootfs.0", Result.INTERRUPTED),
        (Stage.INSTALLING, UNTOUCHED, "rootfs.0", Result.INTERRUPTED),
        # … RAUC had written the slot and not yet made it primary
        (Stage.INSTALLING, WRITTEN, "rootfs.0", Result.INTERRUPTED),
        # … RAUC was done and the journal did not know; the new slot runs
        (Stage.INSTALLING, BOOTED_B, "rootfs.1", Result.SUCCEEDED),
        # … and the new slot failed
        (Stage.INSTALLING, ACTIVATED, "rootfs.0", Result.ROLLED_BACK),
        # the ordinary ways
        (Stage.INSTALLED, BOOTED_B, "rootfs.1", Result.SUCCEEDED),
        (Stage.INSTALLED, ACTIVATED, "rootfs.0", Result.ROLLED_BACK),
        # a person chose the old slot
        (Stage.INSTALLED, ACTIVATED, "rootfs.1", Result.ROLLED_BACK),
        # RAUC's status file was lost with the power; the journal knows that the install was complete
        (Stage.INSTALLED, UNTOUCHED, "rootfs.0", Result.ROLLED_BACK),
        (Stage.INSTALLED, (), None, Result.ROLLED_BACK),
    ],
)
def test_after_a_boot(stage: Stage, slots: tuple[Slot, ...], primary: str | None, result: Result) -> None:
    outcome = verdict(stage, slots, primary)
    assert isinstance(outcome, Ended)
    assert outcome.result is result
    assert (outcome.reason is None) == (result is Result.SUCCEEDED), "what did not succeed is explained"


@pytest.mark.parametrize("stage", [Stage.INSTALLING, Stage.INSTALLED])
@pytest.mark.parametrize(("running", "result"), [("1.5.0", Result.FAILED), ("1.4.0", Result.SUCCEEDED)])
def test_what_another_program_wrote_over_it_and_started_is_not_its_success(
    stage: Stage, running: str, result: Result
) -> None:
    twice = (BOOTED_B[0], replace(BOOTED_B[1], installed_count=6, activated_count=6))
    outcome = verdict(stage, twice, "rootfs.1", running=running)
    assert isinstance(outcome, Ended)
    assert outcome.result is result
    assert outcome.reason == (OVERWRITTEN if result is Result.FAILED else None)


@pytest.mark.parametrize(
    ("status", "began"), [("bad", "Slot B did not start"), ("good", "The gateway started its old")]
)
def test_a_slot_that_still_has_attempts_is_not_said_to_have_failed(status: str, began: str) -> None:
    outcome = verdict(Stage.INSTALLED, (SLOT_A, replace(ACTIVATED[1], boot_status=status)), "rootfs.0")
    assert isinstance(outcome, Ended)
    assert ENGLISH.say(outcome.reason).startswith(began)


STATUS_LOST = (BOOTED_B[0], replace(BOOTED_B[1], installed_count=0, activated_count=0, status=None))


@pytest.mark.parametrize("stage", [Stage.INSTALLING, Stage.INSTALLED])
def test_where_raucs_status_was_lost_the_version_that_runs_decides(stage: Stage) -> None:
    assert verdict(stage, STATUS_LOST, "rootfs.1", running="1.4.0") == Ended(Result.SUCCEEDED)


@pytest.mark.parametrize("running", ["1.2.0", None])
@pytest.mark.parametrize("stage", [Stage.RECEIVING, Stage.INSPECTING, Stage.INSTALLING])
def test_the_old_system_is_not_said_to_be_in_use_when_the_other_slot_runs(stage: Stage, running: str | None) -> None:
    outcome = verdict(stage, STATUS_LOST, "rootfs.1", running=running)
    assert isinstance(outcome, Ended)
    assert outcome.result is Result.INTERRUPTED
    assert "runs the system that was in slot B" in ENGLISH.say(outcome.reason)


@pytest.mark.parametrize(
    ("stage", "slots", "primary", "error", "expected"),
    [
        (Stage.INSPECTING, UNTOUCHED, "rootfs.0", "", Inspecting()),
        (Stage.INSTALLING, ACTIVATED, "rootfs.1", "", Installed()),
        (
            Stage.INSTALLING,
            UNTOUCHED,
            "rootfs.0",
            "Compatible mismatch",
            RaucSaid("Compatible mismatch", Why.UNKNOWN, given_up=False),
        ),
        (
            Stage.INSTALLING,
            GIVEN_UP,
            "rootfs.0",
            "No space left",
            RaucSaid("No space left", Why.UNKNOWN, given_up=True),
        ),
        (Stage.INSTALLED, ACTIVATED, "rootfs.1", "", Installed()),
    ],
)
def test_in_the_same_boot_the_update_goes_on(
    stage: Stage, slots: tuple[Slot, ...], primary: str, error: str, expected: Outcome
) -> None:
    assert verdict(stage, slots, primary, boot=BOOT, error=error) == expected


@pytest.mark.parametrize(
    ("slots", "primary"), [(ACTIVATED, None), (UNTOUCHED, "rootfs.1"), ((), "rootfs.1"), ((), None)]
)
def test_a_rauc_that_does_not_know_is_no_proof_against_its_own_completion(
    slots: tuple[Slot, ...], primary: str | None
) -> None:
    assert verdict(Stage.INSTALLED, slots, primary, boot=BOOT) == Installed()


@pytest.mark.parametrize(("running", "result"), [("1.4.0", Result.SUCCEEDED), ("1.3.0", Result.ROLLED_BACK)])
def test_where_rauc_names_no_slots_the_version_that_runs_decides(running: str, result: Result) -> None:
    outcome = verdict(Stage.INSTALLED, (), None, running=running)
    assert isinstance(outcome, Ended)
    assert outcome.result is result


def test_an_error_from_before_the_install_is_not_reported_as_its_end() -> None:
    record = replace(RECORD, last_error="signature verification failed: self-signed certificate")

    def said(error: str) -> Outcome:
        return judge(record, Facts("1.3.0", UNTOUCHED, "rootfs.0", error), boot_id=BOOT)

    outcome = said(record.last_error)
    assert isinstance(outcome, Ended)
    assert outcome.result is Result.INTERRUPTED
    assert said("No space left on device") == RaucSaid("No space left on device", Why.UNKNOWN, given_up=False)


@pytest.mark.parametrize("stage", [Stage.INSTALLING, Stage.INSTALLED])
def test_a_target_that_runs_is_not_restarted_into_again_whatever_the_boot_id_says(stage: Stage) -> None:
    assert verdict(stage, BOOTED_B, "rootfs.1", boot=BOOT, running="1.4.0") == Ended(Result.SUCCEEDED)


@pytest.mark.parametrize(
    ("stage", "slots", "primary", "result"),
    [
        (Stage.RECEIVING, UNTOUCHED, "rootfs.0", Result.INTERRUPTED),
        (Stage.INSTALLING, UNTOUCHED, "rootfs.0", Result.INTERRUPTED),
        (Stage.INSTALLING, ACTIVATED, "rootfs.0", Result.INTERRUPTED),
        (Stage.INSTALLING, UNTOUCHED, "rootfs.1", Result.INTERRUPTED),
        (Stage.INSTALLED, ACTIVATED, "rootfs.0", Result.FAILED),
    ],
)
def test_in_the_same_boot_the_update_ends(stage: Stage, slots: tuple[Slot, ...], primary: str, result: Result) -> None:
    outcome = verdict(stage, slots, primary, boot=BOOT)
    assert isinstance(outcome, Ended)
    assert outcome.result is result
    assert outcome.reason
