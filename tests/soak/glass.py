"""Reads words on the panel's glass, to find lies on it."""

from collections.abc import Iterator

from PIL import Image, ImageDraw

from mapio_display.views.fonts import bold, ink

HEADLINE = 24  # pixels
# How a view says which version runs: the words, the size of their letters, and whether they are white.
RUNNING = (("OS {}", 13, True), ("OS {}", 13, False), ("OS {}", 20, False), ("{} is running", 20, False))


def shows(glass: Image.Image, text: str, size: int, *, white: bool = False) -> bool:
    """Whether ``text`` stands somewhere in bold letters of ``size``, black on white or ``white`` on black."""
    box = ink(bold(size), text)
    word = Image.new("1", (box.right - box.left, box.bottom - box.top), 0 if white else 1)
    draw = ImageDraw.Draw(word)
    draw.fontmode = "1"
    draw.text((-box.left, -box.top), text, font=bold(size), fill=1 if white else 0)
    return _within(_rows(word), _rows(glass))


def _rows(picture: Image.Image) -> list[bytes]:
    """A byte a pixel, a row after another."""
    content = picture.convert("L").tobytes()
    return [content[start : start + picture.width] for start in range(0, len(content), picture.width)]


def _within(word: list[bytes], picture: list[bytes]) -> bool:
    middle = len(word) // 2  # where letters differ most
    for top in range(len(picture) - len(word) + 1):
        left = picture[top + middle].find(word[middle])
        while left >= 0:
            if all(picture[top + y].startswith(row, left) for y, row in enumerate(word)):
                return True
            left = picture[top + middle].find(word[middle], left + 1)
    return False


def lies(glass: Image.Image, *, running: str, others: set[str], updated: bool) -> Iterator[str]:
    """What the glass says that is not so, given the version that runs, and whether the last update succeeded."""
    for version in sorted(others - {running}):
        for words, size, white in RUNNING:
            if shows(glass, words.format(version), size, white=white):
                yield f"the glass says {words.format(version)!r} while {running} runs"
    if not updated and shows(glass, "Updated", HEADLINE):
        yield "the glass says Updated, and it is not"
