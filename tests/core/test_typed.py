"""Dataclasses are read by their types: what does not fit is named, what another version added is ignored."""

import json
from dataclasses import dataclass
from enum import StrEnum

import pytest

from mapio_display.core.typed import Reader, plain


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    colour: Colour = Colour.RED
    bits: bytes = b""


@dataclass(frozen=True, slots=True)
class Whole:
    parts: tuple[Part, ...]
    share: float | None = None
    first: Part | None = None


WHOLE = Whole((Part("a", bits=b"\x00\xff"), Part("b")), 1.5, Part("c"))


def test_what_was_written_is_read_as_it_was() -> None:
    document = json.loads(json.dumps(plain(WHOLE)))
    assert Reader("it").read(Whole, document) == WHOLE
    document["more"] = document["parts"][0]["mood"] = 5
    assert Reader("it").read(Whole, document) == WHOLE


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ([], "it: must be an object"),
        ({}, "parts: is missing"),
        ({"parts": None}, "parts: must be a list, not None"),
        ({"parts": [{"name": "a"}, {}]}, "parts[1].name: is missing"),
        ({"parts": [{"name": "a", "colour": "blue"}]}, "parts[0].colour: 'blue' is none of red"),
        ({"parts": [{"name": "a", "bits": 3}]}, "parts[0].bits: must be a string, not 3"),
        ({"parts": [], "share": True}, "share: must be a number, not True"),
        ({"parts": [], "first": []}, "first: must be an object"),
    ],
)
def test_what_does_not_fit_is_named_by_its_key(document: object, error: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - compared below
        Reader("it").read(Whole, document)
    assert str(raised.value) == error


def test_only_the_named_fields_are_written_and_read() -> None:
    def names(kind: type) -> tuple[str, ...]:
        return ("name",) if kind is Part else ("parts",)

    document = plain(WHOLE, names)
    assert document == {"parts": [{"name": "a"}, {"name": "b"}]}
    assert Reader("it", names).read(Whole, {**document, "share": "not read"}) == Whole((Part("a"), Part("b")))


def test_each_text_and_number_can_be_checked() -> None:
    def check(name: str, value: object) -> object:
        if name == "share" and value == 0:
            raise ValueError("share cannot be 0")
        return f"{value}!" if name == "name" else value

    reader = Reader("it", check=check)
    assert reader.read(Whole, {"parts": [{"name": "a"}]}) == Whole((Part("a!"),))
    with pytest.raises(ValueError, match="share cannot be 0"):
        reader.read(Whole, {"parts": [], "share": 0})
