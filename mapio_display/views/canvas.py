"""What a view draws with, on a picture of one bit a pixel: words fitted into fields, bars, rules and icons.

Words never leave their field, and no letter is cut: they become smaller, take more lines, and at the last lose their
middle. The middle, because names differ at their ends and reasons end with what to do.
"""

import re
from bisect import bisect_left
from collections.abc import Callable
from functools import cache
from typing import Literal

from PIL import Image, ImageDraw

from mapio_display.core.frame import Box, Frame
from mapio_display.core.front.refresh import Change
from mapio_display.resources import resource
from mapio_display.views.fonts import Font, bold_from, ink, line_step, small_print

SMALLEST = (250, 122)  # the picture all views are made for
BLACK, WHITE = 0, 1
ELLIPSIS = "…"
NO_BREAK, NARROW_NO_BREAK = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
# RAUC's texts carry GLib's quotation marks. Beyond these and Latin the two fonts do not agree on what they can draw.
_DRAWN = frozenset(f"{NO_BREAK}{NARROW_NO_BREAK}…→–“”„‘’")
_BREAKS = re.compile(rf"[^\S{NO_BREAK}{NARROW_NO_BREAK}]+")
_LATIN = range(0x20, 0x180)
_JOINTS = ("/", ":-+_@", ".")  # where a word is broken first, then, and at last
LARGEST_BROKEN = 17  # pixels; words in larger letters are not broken


class Canvas:
    """A white picture of ``size`` (width and height in pixels).

    On a large panel everything is as many times as large as the smallest fits into it, in whole numbers so that letters
    stay crisp; ``width`` and ``height``, and all boxes, are counted in these larger dots.
    What is drawn says how urgent a change of it is. By default it is a fact: shown at once, by a partial refresh.
    ``fields`` are the boxes that words, bars and pictures were put into, for those who check that none overlap.
    """

    def __init__(self, view: str, size: tuple[int, int]) -> None:
        self.view = view
        self.zoom = max(1, min(size[0] // SMALLEST[0], size[1] // SMALLEST[1]))
        self.width, self.height = size[0] // self.zoom, size[1] // self.zoom
        self.fields: list[Box] = []
        self.size = size
        self._bits: bytes | None = None
        self._image = Image.new("1", (self.width, self.height), WHITE)
        self._draw = ImageDraw.Draw(self._image)
        self._draw.fontmode = "1"
        self._secrets: list[Box] = []
        self._items: set[tuple[Change, object]] = set()

    def frame(self) -> Frame:
        """The picture so far."""
        if self._bits is not None:
            return Frame(self.view, *self.size, self._bits, items=frozenset(self._items))
        image, zoom = self._image, self.zoom
        if zoom > 1:
            large = image.resize((self.width * zoom, self.height * zoom), Image.Resampling.NEAREST)
            image = Image.new("1", self.size, WHITE)
            image.paste(large, (0, 0))
        secrets = (Box(b.left * zoom, b.top * zoom, b.right * zoom, b.bottom * zoom) for b in self._secrets)
        return Frame(self.view, *self.size, image.tobytes(), tuple(secrets), frozenset(self._items))

    def text(
        self,
        box: Box,
        text: str,
        size: int = 12,
        *,
        align: Literal["left", "centre", "right"] = "left",
        at: Literal["middle", "top", "line"] = "middle",
        colour: int = BLACK,
        urgency: Change = Change.FACT,
    ) -> None:
        """Write ``text`` into ``box``, in letters of ``size`` pixels or as much smaller as it takes.

        At its ``line`` it is in the middle too, but never so low that another text in these letters would have to be
        higher: what stands in one row has one base line.
        """
        self.fields.append(box)
        self.mark(urgency, text)
        width, height = box.right - box.left, box.bottom - box.top
        font, lines = fitted(drawable(text), size, width, height)
        if not lines:
            return
        top, bottom = _above_and_below(font, lines)
        if at == "line":
            bottom = max(bottom, ink(font, "gjpqy").bottom)
        figure = ink(font, "0")
        # Words look centred when their capitals are, whatever hangs below the base line.
        free = 0 if at == "top" else height - (figure.bottom - figure.top) - line_step(font) * (len(lines) - 1) + 1
        y = max(box.top - top, min(box.top + free // 2 - figure.top, box.bottom - bottom))
        for line in lines:
            black = ink(font, line)
            free = width - (black.right - black.left)
            x = box.left - black.left + {"left": 0, "centre": free // 2, "right": free}[align]
            self._draw.text((x, y), line, font=font, fill=colour)
            y += line_step(font)

    def fill(self, box: Box, colour: int = BLACK) -> None:
        """Fill a box with one colour, most often black to write white on it."""
        self._draw.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), fill=colour)

    def rule(self, y: int, left: int, right: int) -> None:
        """Draw a line of one pixel from ``left`` to ``right`` (exclusive)."""
        self._draw.line((left, y, right - 1, y), fill=BLACK)

    def bar(self, box: Box, percent: int | None, *, thick: int = 2, urgency: Change = Change.FACT) -> None:
        """Draw a progress bar in an outline ``thick`` dots wide: ``percent`` to 100, or stripes while it is unknown."""
        self.fields.append(box)
        self.mark(urgency, percent)
        self._draw.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), outline=BLACK, width=thick)
        inner = 2 * thick
        left, top, right, bottom = box.left + inner, box.top + inner, box.right - inner, box.bottom - inner
        if percent is None:
            stripes = [(x, y) for y in range(top, bottom) for x in range(left, right) if (x + y) % 8 < 4]
            self._draw.point(stripes, fill=BLACK)
        elif filled := (right - left) * max(0, min(100, percent)) // 100:
            self._draw.rectangle((left, top, left + filled - 1, bottom - 1), fill=BLACK)

    def icon(self, left: int, top: int, name: str) -> Box:
        """Put the picture ``assets/NAME.pbm`` here and give the box it takes."""
        self.mark(Change.FACT, name)
        return self._paste(left, top, _icon(name))

    def picture(self, left: int, top: int, picture: Image.Image) -> Box:
        """Put a one-bit picture here and give the box it takes."""
        self.mark(Change.FACT, picture.tobytes())
        return self._paste(left, top, picture)

    def _paste(self, left: int, top: int, picture: Image.Image) -> Box:
        box = Box(left, top, left + picture.width, top + picture.height)
        self.fields.append(box)
        self._image.paste(picture, (left, top))
        return box

    def whole(self, bits: bytes) -> None:
        """Take a picture of ``size``, as ``Frame.bits``, for all that is drawn here."""
        self._bits = bits
        self.mark(Change.STATE, bits)

    def mark(self, urgency: Change, *facts: object) -> None:
        """Say how urgent a change of ``facts`` is, where what is drawn of them does not say it."""
        self._items.add((urgency, facts))

    def secret(self, box: Box) -> None:
        """Say that this box shows what only the owner at the panel may read."""
        self._secrets.append(box)


def drawable(text: str) -> str:
    """``text`` on one line, with a question mark for each character that cannot be drawn."""
    line = _BREAKS.sub(" ", text).strip().replace(" %", f"{NO_BREAK}%")
    return "".join(c if c in _DRAWN or (ord(c) in _LATIN and c.isprintable()) else "?" for c in line)


def fitted(text: str, size: int, width: int, height: int) -> tuple[Font, list[str]]:
    """The font for ``text``, at most of ``size`` pixels, and its lines.

    It becomes smaller before a word is broken, and a word is broken before it becomes small print.
    """
    for font in bold_from(size):
        if lines := _broken(text, font, width, height):
            return font, lines
    for font in bold_from(min(size, LARGEST_BROKEN)):
        if lines := _broken(text, font, width, height, within_words=True):
            return font, lines
    font, text = small_print(), text.replace(NARROW_NO_BREAK, NO_BREAK)  # all its letters have one width
    return font, _broken(text, font, width, height, within_words=True) or _shortened(text, width, height)


def _broken(text: str, font: Font, width: int, height: int, *, within_words: bool = False) -> list[str]:
    """The lines of ``text``; none if they do not fit, or if a word is longer than a line and may not be broken."""
    room = _room(font, height)
    lines: list[str] = []
    words = text.split(" ")
    while words:
        word = words.pop(0)
        if lines and _fits(f"{lines[-1]} {word}", font, width):
            lines[-1] += f" {word}"
            continue
        if not _fits(word, font, width):
            head = _head(word, font, width) if within_words else ""
            if not head:
                return []
            words.insert(0, word.removeprefix(head))
            word = head
        lines.append(word)
        if len(lines) > room:
            return []
    top, bottom = _above_and_below(font, lines)
    return lines if bottom - top <= height else []


def _head(word: str, font: Font, width: int) -> str:
    """As much of the beginning of ``word`` as fits, up to a joint of it if there is one."""
    length = _most(min(len(word) - 1, width), lambda length: _fits(word[:length], font, width))
    joints = (max(word.rfind(c, 0, length) for c in joints) + 1 for joints in _JOINTS)
    return word[: next(filter(None, joints), length)]


def _shortened(text: str, width: int, height: int) -> list[str]:
    """As much of both ends of ``text`` as fits in small print, with an ellipsis between them."""
    font = small_print()

    def lines(kept: int) -> list[str]:
        head, tail = text[: (kept + 1) // 2], text[len(text) - kept // 2 :]
        if " " in head and " " in tail:  # whole words only
            head, tail = head[: head.rindex(" ") + 1], tail[tail.index(" ") :]
        return _broken(f"{head}{ELLIPSIS}{tail}", font, width, height, within_words=True)

    letters = _room(font, height) * (width // int(font.getlength("0")) + 1)
    return lines(_most(min(len(text) - 1, letters), lambda kept: bool(lines(kept))))


def _most(limit: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to ``limit`` that fits, given that less fits where more does; 0 if none."""
    return bisect_left(range(1, limit + 1), 1, key=lambda number: not fits(number))


def _room(font: Font, height: int) -> int:
    """How many lines ``height`` has room for, from a capital's top to the lowest descender."""
    letters = ink(font, "0gjpqy()|")
    return max(0, (height - (letters.bottom - ink(font, "0").top)) // line_step(font) + 1)


def _fits(text: str, font: Font, width: int) -> bool:
    if len(text) > width:  # no letter is narrower than a pixel
        return False
    black = ink(font, text)
    return black.right - black.left <= width


def _above_and_below(font: Font, lines: list[str]) -> tuple[int, int]:
    """The first and the last row (exclusive) that ``lines`` blacken, from the pen's starting point in the first."""
    rows = [(ink(font, line), number * line_step(font)) for number, line in enumerate(lines)]
    return min(black.top + down for black, down in rows), max(black.bottom + down for black, down in rows)


@cache
def _icon(name: str) -> Image.Image:
    """Read a plain PBM picture (pbm(5), magic P1), without loading Pillow's readers of other formats."""
    _, width, _, *rows = resource("assets", f"{name}.pbm").read_text("ascii").split()
    picture = Image.new("1", (int(width), len(rows)))
    picture.putdata([WHITE if dot == "0" else BLACK for row in rows for dot in row])
    return picture
