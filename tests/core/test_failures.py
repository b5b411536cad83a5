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
    failure = failures.no_space(needed=600 * failures.MIB + 1, available=12 * failures.MIB)
    assert "601 MiB" in failure.message
    assert "12 MiB" in failure.message
