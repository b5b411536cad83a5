"""What a view draws with: text that fits its field, a bar, rules and boxes, on a picture of one bit a pixel."""

from collections.abc import Sequence

from PIL import Image, ImageDraw

from mapio_display.core.frame import Box, Frame
from mapio_display.views.fonts import Font, bold, plain

BLACK, WHITE = 0, 1
ELLIPSIS = "…"
MARGIN = 6
TITLE_HEIGHT = 20


class Canvas:
    """A white picture of ``width`` × ``height`` pixels under a title bar."""

    def __init__(self, view: str, size: tuple[int, int], title: str, note: str = "") -> None:
        self.view = view
        self.width, self.height = size
        self.left, self.right = MARGIN, self.width - MARGIN
        self.image = Image.new("1", size, WHITE)
        self._draw = ImageDraw.Draw(self.image)
        self._draw.fontmode = "1"
        self._secrets: list[Box] = []
        self._title(title, note)

    def frame(self) -> Frame:
        """The picture so far."""
        return Frame(self.view, self.width, self.height, self.image.tobytes(), tuple(self._secrets))

    def text(self, box: Box, text: str, fonts: Sequence[Font], *, align: str = "left", colour: int = BLACK) -> None:
        """Write one line into ``box``, in the first of ``fonts`` that fits, else the last with an ellipsis."""
        text = clean(text)
        width = box.right - box.left
        font = next((font for font in fonts if font.getlength(text) <= width), fonts[-1])
        text = shortened(text, font, width)
        free = width - font.getlength(text)
        x = box.left + {"left": 0, "centre": free // 2, "right": free}[align]
        # Capitals and figures are what is centred: descenders may hang below.
        _, top, _, bottom = font.getbbox("0")
        y = box.top + (box.bottom - box.top - (bottom - top)) // 2 - top
        self._draw.text((int(x), int(y)), text, font=font, fill=colour)

    def paragraph(self, box: Box, text: str, font: Font | None = None) -> None:
        """Write words into ``box``, as many lines as it has room for; the last ends in an ellipsis if that is few."""
        font = font or plain()
        ascent, descent = font.getmetrics()
        step = ascent + descent + 1
        room = max(1, (box.bottom - box.top + 1) // step)
        for number, line in enumerate(wrapped(clean(text), font, box.right - box.left, room)):
            self._draw.text((box.left, box.top + number * step), line, font=font, fill=BLACK)

    def rule(self, y: int) -> None:
        """Draw a line across the picture."""
        self._draw.line((self.left, y, self.right - 1, y), fill=BLACK)

    def bar(self, box: Box, percent: int) -> None:
        """Draw a progress bar; ``percent`` from 0 to 100."""
        self._draw.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), outline=BLACK, width=2)
        inside = box.right - box.left - 8
        filled = inside * max(0, min(100, percent)) // 100
        if filled:
            self._draw.rectangle((box.left + 4, box.top + 4, box.left + 3 + filled, box.bottom - 5), fill=BLACK)

    def filled(self, box: Box) -> None:
        """Blacken a box, to write white on it."""
        self._draw.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), fill=BLACK)

    def paste(self, picture: Image.Image, left: int, top: int) -> None:
        """Put a one-bit picture onto this one."""
        self.image.paste(picture, (left, top))

    def secret(self, box: Box) -> None:
        """Say that this box shows what only the owner at the panel may read."""
        self._secrets.append(box)

    def row(self, top: int, height: int) -> Box:
        """A field over the whole width between the margins."""
        return Box(self.left, top, self.right, top + height)

    def _title(self, title: str, note: str) -> None:
        self.filled(Box(0, 0, self.width, TITLE_HEIGHT))
        _mark(self._draw, self.left, 4)
        noted = int(plain().getlength(shortened(clean(note), plain(), self.width // 2))) if note else 0
        left, end = self.left + 20, self.right - noted - (8 if noted else 0)
        self.text(Box(left, 0, end, TITLE_HEIGHT), title, [bold(13), bold(12)], colour=WHITE)
        if note:
            field = Box(self.right - noted, 0, self.right, TITLE_HEIGHT)
            self.text(field, note, [plain()], align="right", colour=WHITE)


def _mark(draw: ImageDraw.ImageDraw, left: int, top: int) -> None:
    """MAPIO's mark, an M of 12 × 12 pixels drawn for one bit."""
    for x in (0, 1, 10, 11):
        draw.line((left + x, top, left + x, top + 11), fill=WHITE)
    for step in range(5):
        for x in (1 + step, 10 - step):
            draw.line((left + x, top + step, left + x, top + step + 2), fill=WHITE)


def clean(text: str) -> str:
    """Leave out what cannot be drawn: control characters, and what is outside the fonts."""
    return "".join(c if (c.isprintable() and ord(c) < 0x250) or c in "…–→×" else "?" for c in text)


def shortened(text: str, font: Font, width: float) -> str:
    """As much of ``text`` as fits, with an ellipsis where that is not all."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + ELLIPSIS) > width:
        text = text[:-1]
    return text.rstrip() + ELLIPSIS if text else ""


def wrapped(text: str, font: Font, width: float, room: int) -> list[str]:
    """Break ``text`` between words into at most ``room`` lines; a word longer than a line is cut with an ellipsis."""
    lines: list[str] = []
    words = text.split()
    while words and len(lines) < room:
        line = words.pop(0)
        while words and font.getlength(f"{line} {words[0]}") <= width:
            line = f"{line} {words.pop(0)}"
        lines.append(line)
    if words and lines:
        lines[-1] = f"{lines[-1]} {' '.join(words)}"
    return [shortened(line, font, width) for line in lines]
