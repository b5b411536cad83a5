"""An announcement is read in both forms, and whatever else a server sends has a reason that a person can read."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapio_display.core.facts.release import Announcement
from mapio_display.errors import Refused
from mapio_display.releases.announcement import NOTES, filename, read
from mapio_display.words.catalogue import ENGLISH

URL = "https://example.org/mapio/stable.json"
DIGEST = "ab" * 32
GITHUB = {
    "tag_name": "v2.2",
    "body": "## What is new\r\n\r\n- Wi-Fi <b>works</b>\x1b[31m",
    "prerelease": False,
    "draft": False,
    "assets": [
        {"name": "mapio-20260115-with-kernel.raucb", "browser_download_url": "https://example.org/k", "size": 9},
        {
            "name": "mapio-20260115.raucb",
            "browser_download_url": "https://example.org/mapio-20260115.raucb",
            "size": 314572800,
            "digest": f"sha256:{DIGEST}",
        },
        {"name": "sources.tar.gz", "browser_download_url": "https://example.org/s", "size": 7},
    ],
}


def code_of(content: bytes) -> str:
    """The code of why it is refused, which has a sentence."""
    with pytest.raises(Refused) as refused:
        read(content, URL)
    message = refused.value.failure.message
    assert ENGLISH.say(message) != message.code
    assert "{" not in ENGLISH.say(message)
    return message.code


def test_githubs_answer_is_read() -> None:
    assert read(json.dumps(GITHUB).encode(), URL) == Announcement(
        "v2.2",
        "https://example.org/mapio-20260115.raucb",
        314572800,
        DIGEST,
        "## What is new\n\n- Wi-Fi <b>works</b>[31m",
    )


def test_our_own_is_read_and_its_address_may_be_relative() -> None:
    own = {
        "version": "2.2",
        "url": "2.2/mapio.raucb",
        "size": 5,
        "sha256": DIGEST.upper(),
        "notes": "New",
        "compatible": "mapio-image",
        "rollout": 20,
        "later": "is ignored",
    }
    assert read(json.dumps(own).encode(), URL) == Announcement(
        "2.2", "https://example.org/mapio/2.2/mapio.raucb", 5, DIGEST, "New", "mapio-image", 20
    )
    least = read(b'{"version": "2.2", "url": "http://example.org/m.raucb"}', URL)
    assert (least.size, least.sha256, least.compatible, least.rollout) == (None, None, None, 100)


def test_what_is_no_release_yet_is_not_offered() -> None:
    for kind in ("prerelease", "draft"):
        assert read(json.dumps({**GITHUB, kind: True}).encode(), URL).rollout == 0


def test_notes_are_plain_text_of_a_bounded_length() -> None:
    notes = "\u202eabc\x00\x07\u2028 \ud800<script>\n" + "x" * 10 * NOTES
    read_notes = read(json.dumps({"version": "2.2", "url": "m.raucb", "notes": notes}).encode(), URL).notes
    assert read_notes.startswith("abc <script>\nxxx")
    assert len(read_notes) <= NOTES
    read_notes.encode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", ""),
        ("version", 2.2),
        ("version", "2.2\n"),
        ("version", "2" * 65),
        ("url", None),
        ("url", 7),
        ("url", "ftp://example.org/m.raucb"),
        ("url", "file:///etc/shadow"),
        ("url", "http://"),
        ("url", "http://[::1/m"),
        ("url", "http://user:secret@example.org/m"),
        ("url", "http://example.org:0/m"),
        ("url", "http://example.org/a b"),
        ("url", "http://example.org/\r\nHost: other"),
        ("url", "http://example.org/" + "a" * 2048),
        ("size", 0),
        ("size", -1),
        ("size", True),
        ("size", 1 << 50),
        ("size", "5"),
        ("sha256", "ab"),
        ("sha256", 5),
        ("compatible", ["mapio"]),
        ("rollout", 101),
        ("rollout", -1),
        ("rollout", 50.5),
    ],
)
def test_a_field_that_is_not_valid_is_named(field: str, value: Any) -> None:
    content = json.dumps({"version": "2.2", "url": "m.raucb", field: value}).encode()
    with pytest.raises(Refused) as refused:
        read(content, URL)
    assert refused.value.failure.message.facts == (("field", field),)
    assert code_of(content) == "bad-answer.field"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "bad-answer.no-json"),
        (b" <!doctype html><title>Sign in</title>", "bad-answer.page"),
        (b"[1]", "bad-answer.no-json"),
        (b"[" * 100_000, "bad-answer.no-json"),
        (b"\xff\xfe", "bad-answer.no-json"),
        (b'{"size": ' + b"9" * 5000 + b"}", "bad-answer.no-json"),
        (b'{"message": "Not Found"}', "bad-answer.field"),
        (json.dumps({**GITHUB, "assets": []}).encode(), "bad-answer.no-bundle"),
        (json.dumps({**GITHUB, "assets": {"name": "x.raucb"}}).encode(), "bad-answer.no-bundle"),
        (json.dumps({**GITHUB, "assets": [{"name": 5}, "x"]}).encode(), "bad-answer.no-bundle"),
        (
            json.dumps({**GITHUB, "assets": [{"name": "cm4.raucb"}, {"name": "pi5.raucb"}]}).encode(),
            "bad-answer.several",
        ),
    ],
)
def test_whatever_else_comes_has_a_reason(content: bytes, code: str) -> None:
    assert code_of(content) == code


TEXT = st.text("a1/:[]%@\0\n\u202e\ud800é", max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
KEYS = (
    "version",
    "url",
    "size",
    "sha256",
    "notes",
    "compatible",
    "rollout",
    "tag_name",
    "body",
    "assets",
    "prerelease",
)


@given(st.dictionaries(st.sampled_from(KEYS), JSON | st.sampled_from([GITHUB["assets"], "2.2", DIGEST, "m.raucb"])))
def test_anything_is_read_or_refused(value: dict[str, Any]) -> None:
    with suppress(Refused):
        announced = read(json.dumps(value).encode(), URL)
        assert announced.version.isprintable()
        assert 0 <= announced.rollout <= 100


@given(TEXT | st.just("a" * 300))
def test_a_files_name_can_be_shown(path: str) -> None:
    name = filename(f"http://example.org/{path}")
    assert 0 < len(name) <= 100
    name.encode()
