"""What the views share: the title bar, the rows at the foot, and the statement of one thing with its icon."""

from mapio_display.core.failures import Failure
from mapio_display.core.frame import Box
from mapio_display.core.front.middle import middle
from mapio_display.core.front.refresh import Change
from mapio_display.core.snapshot import Snapshot
from mapio_display.frozen import Frozen
from mapio_display.views.canvas import BLACK, WHITE, Canvas
from mapio_display.views.fonts import bold, ink, small_print
from mapio_display.words.catalogue import Words

MARGIN = 6
TITLE = 20  # height of the title bar
FOOT = 22  # height of a row at the foot
LINE = 14  # from one line of a paragraph to the next
BAR = 48  # width of a bar in a table
ICON = 26  # icons are squares of this side
GAP = 8


_NOT_JOINED = {"wifi-wrong-password", "wifi-not-found", "wifi-no-answer", "wifi-no-address", "wifi-file"}


class Row(Frozen):
    """A row at the foot; ``alert`` makes it white on black, and what the view says another thing altogether."""

    text: str
    alert: bool = False
    urgency: Change | None = None

    @property
    def change(self) -> Change:
        """How urgent a change of it is."""
        return self.urgency or (Change.STATE if self.alert else Change.FACT)


class Line(Frozen):
    """A line of a table, its label empty if the value needs all of it; ``percent`` draws a bar between the two."""

    label: str
    value: str
    percent: int | None = None
    urgency: Change = Change.FACT


def title(
    canvas: Canvas,
    text: str,
    note: str = "",
    *,
    page: tuple[int, int] | None = None,
    right: int | None = None,
    live: bool = True,
    urgency: Change = Change.FACT,
) -> None:
    """Draw the bar at the top, as far as ``right``: the mark, where one is, a note, and which ``page`` of how many.

    A picture that is not live has a white bar, so that it differs from afar.
    """
    right = canvas.width if right is None else right
    if live:
        canvas.fill(Box(0, 0, right, TITLE))
    else:
        canvas.rule(TITLE - 1, 0, right)
    colour = WHITE if live else BLACK
    left = canvas.icon(4, 2, "logo" if live else "logo-dark").right + MARGIN
    end = right - MARGIN
    if page is not None:
        end = _dots(canvas, page, end).left - MARGIN
    split = min(left + ink(bold(13), text).right, (left + end) // 2) if note else end
    canvas.text(Box(left, 2, split, TITLE - 1), text, 13, colour=colour, urgency=urgency)
    if note:
        canvas.text(Box(split + GAP, 2, end, TITLE - 1), note, 13, align="right", colour=colour)


def page(snapshot: Snapshot, view: str) -> tuple[int, int] | None:
    """Which of the views that can be turned to this is, from 0, and how many there are; None without a way to turn."""
    views = snapshot.order
    return (views.index(view), len(views)) if snapshot.buttons and view in views and len(views) > 1 else None


def _dots(canvas: Canvas, page: tuple[int, int], right: int) -> Box:
    """A dot a page, one above the other as the buttons are, and a large one for this page; black between any two."""
    number, count = page
    small, large = 2 if count < 6 else 1, 4  # heights
    gap = min(2, (TITLE - 2 - large - small * (count - 1)) // (count - 1))
    height = large + (small + gap) * (count - 1)
    box = Box(right - 4, (TITLE - height) // 2, right, (TITLE + height) // 2)
    top = box.top
    for index in range(count):
        half, bottom = (2, top + large) if index == number else (1, top + small)
        canvas.fill(Box(right - 2 - half, top, right - 2 + half, bottom), WHITE)
        top = bottom + gap
    return box


def foot(canvas: Canvas, *rows: Row, size: int = 13, rule: bool = True) -> int:
    """Write rows at the foot of the picture, under a rule, and give the top of the first."""
    first = top = canvas.height - FOOT * len(rows)
    if rule and not rows[0].alert:
        canvas.rule(top, MARGIN, canvas.width - MARGIN)
    for row in rows:
        field = Box(MARGIN, top + 2, canvas.width - MARGIN, top + FOOT - 1)
        if row.alert:
            canvas.fill(Box(0, top + 1, canvas.width, top + FOOT))
            canvas.text(field, row.text, size, align="centre", colour=WHITE, urgency=row.change)
        else:
            canvas.text(field, row.text, size, urgency=row.change)
        top += FOOT
    return first


def table(canvas: Canvas, *lines: Line) -> None:
    """Write lines below the title bar: labels at the left, values at the right, parted by fine rules."""
    left, right, top = MARGIN, canvas.width - MARGIN, TITLE + 1
    bars = left + max(ink(bold(13), line.label).right for line in lines) + GAP
    step = min((canvas.height - top) // len(lines), FOOT)
    # Seven lines have room for small print only, and from É to g that takes all there is.
    size, font, gap = (13, bold(13), 2) if step > LINE else (11, small_print(), 1)
    for number, line in enumerate(lines):
        canvas.mark(line.urgency, line.label, line.value)  # two lines may have the same value
        if number:
            canvas.rule(top, left, right)
        start, bottom = left, top + step
        if line.label:
            start = min(left + ink(font, line.label).right, canvas.width // 2)
            canvas.text(Box(left, top + gap, start, bottom - 1), line.label, size, at="line")
            start += GAP
        if line.percent is not None:
            middle = (top + 1 + bottom) // 2
            canvas.bar(Box(bars, middle - 4, bars + BAR, middle + 5), line.percent, thick=1, urgency=line.urgency)
            start = bars + BAR + GAP
        box = Box(start, top + gap, right, bottom - 1)
        canvas.text(box, line.value, size, align="right", at="line", urgency=line.urgency)
        top = bottom


def fits(canvas: Canvas, line: Line) -> bool:
    """Say whether a line without a bar has room for both its label and its value, with nothing left out."""
    value = ink(small_print(), line.value).right
    return MARGIN + ink(bold(13), line.label).right + GAP + value <= canvas.width - MARGIN


def statement(
    canvas: Canvas,
    icon: str,
    headline: str,
    text: str,
    bottom: int,
    *,
    size: int = 12,
    urgency: Change = Change.STATE,
) -> None:
    """Say one thing between the title bar and ``bottom``: its icon, its name, and words about it.

    Where there is little room, its name alone.
    """
    canvas.mark(urgency, icon, headline, text)
    right = canvas.width - MARGIN
    if bottom - TITLE < ICON + 2 * MARGIN:
        canvas.text(Box(MARGIN, TITLE + 1, right, bottom - 1), headline, 20)
        return
    mark = canvas.icon(MARGIN, TITLE + 5, f"icon-{icon}")
    canvas.text(Box(mark.right + GAP, mark.top - 2, right, mark.bottom + 4), headline, 24)
    field = Box(MARGIN, mark.bottom + 7, right, max(mark.bottom + 7, bottom - 2))
    canvas.text(field, text, size, at="middle" if size > 12 else "top")


def do_not_unplug(words: Words) -> Row:
    """The row at the foot while a loss of power would do harm."""
    return Row(words.text("update.do-not-unplug"), alert=True)


def version(snapshot: Snapshot, words: Words) -> str:
    """The running system's version, as it is named in a title bar."""
    running = snapshot.os.version
    return words.text("os-version", version=running) if running else words.text("os-version.unknown")


def hint(snapshot: Snapshot, view: str, words: Words) -> str:
    """What the middle button does on ``view``, for a title bar; the version where it does nothing or is not there."""
    action = middle(view, snapshot)
    return words.text(f"hint.{action.hint}") if action and snapshot.buttons else version(snapshot, words)


def address(snapshot: Snapshot) -> str:
    """What a person types into a browser, or else how to name the gateway; empty while it has no address."""
    if snapshot.url is None:
        return snapshot.host or ""
    return snapshot.url.removeprefix("http://").rstrip("/")


def reached_at(snapshot: Snapshot, words: Words) -> Row:
    """The row at the foot with the gateway's address, or that the network is not there yet."""
    where = address(snapshot)
    if where:
        return Row(words.text("outcome.ready-at", address=where))
    return Row(words.text("outcome.waits"), urgency=Change.STATE)


def joined_in_short(why: Failure, words: Words) -> str:
    """Why a Wi-Fi was not joined, in two words."""
    return words.text(f"wifi.headline.{why.code if why.code in _NOT_JOINED else 'other'}")


def bundle_version(snapshot: Snapshot) -> str | None:
    """The version that is being installed, where it is known."""
    return snapshot.update.bundle.version if snapshot.update.bundle else None
