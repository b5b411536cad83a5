"""Each reason of RAUC's gets its code and plain words with a remedy that is true."""

import pytest

from mapio_display.core import failures
from mapio_display.core.failures import Why
from mapio_display.words.catalogue import ENGLISH


@pytest.mark.parametrize("why", list(Why))
def test_every_reason_has_words_and_keeps_raucs_own(why: Why) -> None:
    failure = failures.of_rauc(why, "RAUC's own words")
    assert failure.detail == "RAUC's own words"
    text = ENGLISH.say(failure.message)
    assert text.endswith(".")
    assert "try again" not in text or why is Why.BUSY, "it would end the same way"


@pytest.mark.parametrize(
    ("why", "code"),
    [
        (Why.UNTRUSTED, "untrusted"),
        (Why.OUT_OF_DATE, "untrusted"),
        (Why.WRONG_DEVICE, "wrong-device"),
        (Why.DAMAGED, "damaged"),
        (Why.BUSY, "update-under-way"),
        (Why.FORMAT, "install-failed"),
        (Why.UNKNOWN, "install-failed"),
    ],
)
def test_a_reason_has_its_code(why: Why, code: str) -> None:
    assert failures.of_rauc(why, "").code == code


@pytest.mark.parametrize("why", [Why.NOT_YET_VALID, Why.OUT_OF_DATE])
def test_a_certificate_out_of_its_dates_blames_the_clock_only_where_that_is_not_set(why: Why) -> None:
    assert "clock" in ENGLISH.say(failures.of_rauc(why, "", clock_is_right=False).message)
    assert "clock" not in ENGLISH.say(failures.of_rauc(why, "", clock_is_right=True).message)


def test_an_unknown_text_passes_through_to_the_reader() -> None:
    assert "no such thing" in ENGLISH.say(failures.of_rauc(Why.UNKNOWN, "no such thing").message)


def test_too_little_space_says_how_much_is_needed_and_how_much_there_is() -> None:
    failure = failures.no_space(needed=600_000_001, available=12_900_000)
    assert "601 MB" in ENGLISH.say(failure.message)
    assert "12 MB" in ENGLISH.say(failure.message)


@pytest.mark.parametrize(
    ("why", "remedy"),
    [
        (Why.FORMAT, "made for the OS that runs on this gateway"),
        (Why.CANNOT_MOUNT, "without a pre-install hook"),
        (Why.HELD_OPEN, "Send it again"),
        (Why.NO_UNSQUASHFS, "Install squashfs-tools"),
        (Why.TOO_LARGE_FOR_PLAIN, "2 GiB"),
        (Why.BOOT_READ_ONLY, "/boot"),
        (Why.TOO_OLD, "newer bundle"),
        (Why.NO_KEYRING, "/etc/rauc/system.conf"),
        (Why.OUT_OF_DATE, "newer bundle"),
    ],
)
def test_what_can_be_done_is_reported(why: Why, remedy: str) -> None:
    assert remedy in ENGLISH.say(failures.of_rauc(why, "").message)
