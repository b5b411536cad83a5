"""RAUC's texts, as its versions 1.8 to 1.16 word them, get their codes and plain words."""

import pytest

from mapio_display.core import failures

TEXTS = [
    ("signature verification failed: Verify error: self-signed certificate", "untrusted"),
    ("signature verification failed: Verify error: unable to get local issuer certificate", "untrusted"),
    ("signature verification failed: error:1700009E:CMS routines::verification failure", "untrusted"),
    ("signature verification failed: Verify error: certificate is not yet valid", "untrusted"),
    (
        "Installation error: Compatible mismatch: Expected 'mapio-image' but bundle manifest has 'other'",
        "wrong-device",
    ),
    ("Compatible mismatch: Expected 'mapio-image' but bundle manifest has 'other'", "wrong-device"),
    ("Invalid bundle format: Signature size (7310033806471326067) exceeds bundle size", "damaged"),
    ("Invalid bundle format: Signature data is no valid CMS", "damaged"),
    ("", "damaged"),
    ("  ", "damaged"),
    ("Bundle format 'verity' not allowed", "install-failed"),
    (
        "Installation error: failed to mount slot: failed to run mount: Child process exited with code 32",
        "install-failed",
    ),
    ("could not ensure exclusive bundle access (F_SETLEASE): EAGAIN: existing open file descriptor", "install-failed"),
    ("Already processing a different method", "update-under-way"),
    ("something no version has said so far", "install-failed"),
]


@pytest.mark.parametrize(("text", "code"), TEXTS)
def test_a_text_of_raucs_gets_its_code_and_is_kept(text: str, code: str) -> None:
    failure = failures.from_rauc(text)
    assert failure.code == code
    assert failure.detail == text
    assert failure.message.endswith(".")


@pytest.mark.parametrize("reason", ["certificate is not yet valid", "certificate has expired"])
def test_a_certificate_out_of_its_dates_blames_the_clock(reason: str) -> None:
    assert "clock" in failures.from_rauc(f"signature verification failed: Verify error: {reason}").message


def test_an_unknown_text_passes_through_to_the_reader() -> None:
    assert "no such thing" in failures.from_rauc("no such thing").message


def test_too_little_space_says_how_much_is_needed_and_how_much_there_is() -> None:
    failure = failures.no_space(needed=600_000_001, available=12_900_000)
    assert "601 MB" in failure.message
    assert "12 MB" in failure.message


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("Bundle format 'verity' not allowed", "made for the OS that runs on this gateway"),
        ("Installation error: failed to mount slot: code 32", "without a pre-install hook"),
        ("could not ensure exclusive bundle access (F_SETLEASE): EAGAIN: open", "Send it again"),
    ],
)
def test_a_text_that_has_no_code_of_its_own_may_have_its_remedy(text: str, remedy: str) -> None:
    assert remedy in failures.from_rauc(text).message
