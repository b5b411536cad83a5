"""Words stay in their fields, whole."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from mapio_display.core.frame import Box
from mapio_display.views.canvas import (
    ELLIPSIS,
    LARGEST_BROKEN,
    NARROW_NO_BREAK,
    NO_BREAK,
    Canvas,
    drawable,
    fitted,
)
from mapio_display.views.fonts import BOLD_SIZES, Font, bold, ink, small_print
from mapio_display.words.english import SENTENCES
from mapio_display.words.languages import FOLDER, languages
from mapio_display.words.po import entries
from tests.views.conftest import drawn

WORDS = st.text(st.characters(codec="utf-8"), max_size=300)
SIZES = st.sampled_from(BOLD_SIZES)
TYPOGRAPHY = "éèêëàâçîïôùûüœŒÀÉÈÊÇßäöüÄÖÜ„“”‘’«»…→–\N{NARROW NO-BREAK SPACE}\N{NO-BREAK SPACE}°"
EDGE = 60  # white around the field, to catch what leaves it


def written(text: str, size: int, width: int, height: int, **how: str) -> Image.Image:
    canvas = Canvas("test", (width + 2 * EDGE, height + 2 * EDGE))
    canvas.text(Box(EDGE, EDGE, EDGE + width, EDGE + height), text, size, **how)  # type: ignore[arg-type]
    return drawn(canvas.frame())


@settings(deadline=None)
@given(
    text=WORDS,
    size=SIZES,
    area=st.tuples(st.integers(8, 250), st.integers(5, 80)),
    align=st.sampled_from(["left", "centre", "right"]),
    at=st.sampled_from(["middle", "top", "line"]),
)
@example(text="ÅÖjgpqy()|", size=28, area=(200, 12), align="left", at="middle")
@example(text="ÅÖjgpqy()|", size=13, area=(200, 13), align="left", at="line")
@example(text="jjj fff", size=28, area=(30, 70), align="right", at="top")
def test_no_dot_is_outside_the_field(text: str, size: int, area: tuple[int, int], align: str, at: str) -> None:
    width, height = area
    black = written(text, size, width, height, align=align, at=at).point(lambda value: 255 - value).getbbox()
    if black is not None:
        left, top, right, bottom = black
        assert left >= EDGE
        assert top >= EDGE
        assert right <= EDGE + width
        assert bottom <= EDGE + height


@settings(deadline=None)
@given(text=WORDS, size=SIZES, width=st.integers(30, 250), height=st.integers(16, 80))
@example(text="RAUC stopped; waiting for it to come back", size=16, width=238, height=28)
def test_what_fits_is_written_whole_and_what_does_not_keeps_both_ends(
    text: str, size: int, width: int, height: int
) -> None:
    wanted = drawable(text)
    font, lines = fitted(wanted, size, width, height)
    got = "".join(lines).replace(" ", "")
    wanted = wanted.replace(" ", "")
    if got != wanted:
        head, tail = got.split(ELLIPSIS, 1) if wanted.count(ELLIPSIS) == 0 else (got[:1], got[-1:])
        assert font is small_print()
        assert wanted.startswith(head)
        assert wanted.endswith(tail)


@settings(deadline=None)
@given(text=WORDS.filter(lambda text: bool(text.strip())), width=st.integers(40, 250), height=st.integers(14, 60))
def test_a_field_with_room_for_a_line_is_never_left_empty(text: str, width: int, height: int) -> None:
    assert written(text, 12, width, height).getextrema() == (0, 255)


def test_words_become_smaller_before_they_are_broken() -> None:
    font, lines = fitted("192.168.100.123:8080", 28, 238, 54)
    assert lines == ["192.168.100.123:8080"]
    assert font.size == 17


def test_a_long_name_is_broken_at_its_joints_before_it_becomes_small_print() -> None:
    font, lines = fitted("[2001:0db8:85a3:1234:5678:8a2e:0370:7334]", 28, 238, 54)
    assert lines == ["[2001:0db8:85a3:1234:", "5678:8a2e:0370:7334]"]
    assert font.size == LARGEST_BROKEN


def test_too_long_a_reason_keeps_what_to_do() -> None:
    reason = f"RAUC could not install the bundle: {'something strange happened ' * 20}. You can try again."
    _, lines = fitted(reason, 12, 238, 60)
    assert lines[0].startswith("RAUC could not install the bundle:")
    assert lines[-1].endswith("You can try again.")
    assert ELLIPSIS in " ".join(lines)


def test_too_long_a_file_name_keeps_both_ends() -> None:
    _, lines = fitted(f"mapio-bundle-{'x' * 200}.raucb", 16, 238, 14)
    assert lines[0].startswith("mapio-bundle-")
    assert lines[0].endswith(".raucb")


@pytest.mark.parametrize("text", ["x" * 100_000, "ab " * 30_000, "a-" * 50_000, "Å" * 100_000])
def test_even_an_endless_text_is_fitted_with_little_work(text: str) -> None:
    ink.cache_clear()
    font, lines = fitted(text, 28, 238, 60)
    assert font is small_print()
    assert len(lines) == 5
    assert ink.cache_info().misses < 600


def test_a_figure_is_not_parted_from_its_percent_sign() -> None:
    _, lines = fitted(drawable("The connection was lost after 47 % of it."), 12, 238, 60)
    assert len(lines) == 2
    assert lines[1].startswith("47")


@pytest.mark.parametrize("font", [bold(12), bold(28), small_print()], ids=["bold 12", "bold 28", "small print"])
def test_every_character_that_is_let_through_has_a_glyph(font: Font) -> None:
    characters = {c for c in map(chr, range(0x20, 0x2200)) if drawable(c) == c and not c.isspace()} - {"?"}
    missing = bytes(font.getmask("\uffff", mode="1"))
    assert len(characters) > 300
    assert [c for c in characters if bytes(font.getmask(c, mode="1")) == missing] == []
    assert [c for c in characters if font.getmask(c, mode="1").getbbox() is None] == []


@pytest.mark.parametrize("text", ["日本.raucb", "a\x00b", "line\nbreak", "\u202eevil", "🔌"])
def test_what_cannot_be_drawn_becomes_a_question_mark(text: str) -> None:
    assert all(c.isascii() and c.isprintable() for c in drawable(text))


@settings(deadline=None)
@given(percent=st.none() | st.integers(-5, 105), width=st.integers(20, 250), height=st.integers(10, 30))
def test_a_bar_stays_in_its_field(percent: int | None, width: int, height: int) -> None:
    canvas = Canvas("test", (width + 2 * EDGE, height + 2 * EDGE))
    canvas.bar(Box(EDGE, EDGE, EDGE + width, EDGE + height), percent)
    black = drawn(canvas.frame()).point(lambda value: 255 - value).getbbox()
    assert black == (EDGE, EDGE, EDGE + width, EDGE + height)


def test_a_bar_grows_with_the_percent_and_its_ends_are_empty_and_full() -> None:
    def blackened(percent: int) -> int:
        canvas = Canvas("test", (250, 30))
        canvas.bar(Box(6, 5, 244, 21), percent)
        return drawn(canvas.frame()).histogram()[0]

    amounts = [blackened(percent) for percent in range(101)]
    assert amounts == sorted(set(amounts))
    assert amounts[100] - amounts[0] == (238 - 8) * (16 - 8)


def test_letters_line_up_at_the_margin_whatever_white_their_glyphs_begin_with() -> None:
    assert ink(bold(28), "1").left != ink(bold(28), "T").left
    for text in ("1", "T", "W"):
        black = written(text, 28, 100, 60).point(lambda value: 255 - value).getbbox()
        assert black is not None
        assert black[0] == EDGE


@pytest.mark.parametrize("height", [13, 14, 17, 19])
def test_what_stands_in_one_row_has_one_base_line_whatever_hangs_below_it(height: int) -> None:
    foot = EDGE + height
    bare, hanging = (
        written(text, 13, 100, height, at="line").crop((EDGE, EDGE, EDGE + 8, foot)) for text in ("Hx", "Hg")
    )
    assert bare.tobytes() == hanging.tobytes()


def glyph(letter: str, font: Font) -> bytes:
    return bytes(font.getmask2(letter, mode="1")[0])


@pytest.mark.parametrize("language", languages()[1:])
def test_the_fonts_have_every_letter_of_the_language(language: str) -> None:
    said = "".join(own for _, _, own in entries((FOLDER / f"{language}.po").read_text("utf-8")))
    letters = set(said + "".join(SENTENCES.values()) + TYPOGRAPHY) - {" ", "\n"}
    assert {letter for letter in letters if drawable(f"x{letter}x") != f"x{letter}x"} == set()
    nothing = "\ue000"
    assert {letter for letter in letters if glyph(letter, bold(12)) == glyph(nothing, bold(12))} == set()
    small = letters - {NARROW_NO_BREAK, "?"}  # which is what it has in place of what it lacks
    assert {letter for letter in small if glyph(letter, small_print()) == glyph(nothing, small_print())} == set()


def test_small_print_has_a_wide_space_where_its_font_has_no_narrow_one() -> None:
    font, lines = fitted(f"Pas de réponse{NARROW_NO_BREAK}; nouvel essai", 12, 80, 40)
    assert font is small_print()
    assert NARROW_NO_BREAK not in "".join(lines)
    assert f"réponse{NO_BREAK};" in lines


@pytest.mark.parametrize("space", [NO_BREAK, NARROW_NO_BREAK])
def test_a_line_is_not_broken_before_a_sign_that_a_space_belongs_to(space: str) -> None:
    _, lines = fitted(f"Nouvel essai{space}; attente", 17, 120, 60)
    assert lines == ["Nouvel", f"essai{space};", "attente"]
