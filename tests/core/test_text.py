"""Text from outside: what is kept of it can be encoded, and what is printed moves no cursor."""

import json
import os
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from mapio_display.core.text import decoded, printable, printable_json

any_text = st.text(st.characters(exclude_categories=()))  # lone surrogates too
BIDIRECTIONAL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@given(st.binary())
def test_any_bytes_become_text_that_can_be_encoded(name: bytes) -> None:
    text = decoded(os.fsdecode(name))
    text.encode()
    assert text == name.decode("utf-8", "replace") or "\N{REPLACEMENT CHARACTER}" in text


@given(any_text)
def test_what_can_be_encoded_is_left_as_it_is(text: str) -> None:
    kept = decoded(text)
    kept.encode()
    assert all(a == b or (a == "\ufffd" and "\ud800" <= b <= "\udfff") for a, b in zip(kept, text, strict=True))


@given(any_text)
def test_what_is_printed_is_one_line_without_controls(text: str) -> None:
    shown = printable(text)
    shown.encode()
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert shown == text or "\\" in shown


def test_escapes_c1_and_what_turns_the_direction_are_written_as_escapes() -> None:
    assert printable("\x1b[2J\x9b1m\n\x7f") == r"\x1b[2J\x9b1m\n\x7f"
    assert printable(BIDIRECTIONAL) == "".join(f"\\u{ord(c):04x}" for c in BIDIRECTIONAL)


def test_letters_of_any_script_and_blanks_of_any_width_stay() -> None:
    text = "größe 東京 Ελλάδα עברית\u00a0\u202f\u3000!"
    assert printable(text) == text


@given(st.dictionaries(any_text, any_text))
def test_a_document_for_a_terminal_says_the_same_without_controls(content: dict[str, str]) -> None:
    document = printable_json(json.dumps(content, indent=2, ensure_ascii=False))
    assert json.loads(document) == json.loads(json.dumps(content))
    assert all(printable(line) == line for line in document.split("\n"))
