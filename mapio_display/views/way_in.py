"""How to open the setup page or join the hotspot: the words for it and the code that does it all."""

from dataclasses import replace

from mapio_display.core.frame import Box
from mapio_display.frozen import Frozen
from mapio_display.views.canvas import Canvas
from mapio_display.views.widgets import MARGIN, TITLE, title

# The lines' tops and bottoms.
_ROWS = ((0, 18), (18, 46), (48, 66), (67, 93))
_CLOSE_ROWS = ((0, 15), (15, 37), (37, 52), (52, 79), (80, 96))


class WayIn(Frozen):
    """A title and its note; what to do, without and with the code, where, and by which secret; and the code's text.

    ``then`` is what comes after that, in a line of its own. Where ``by`` is empty, what to do has its room too.
    """

    title: str
    note: str
    do: str
    scan: str
    where: str
    by: str
    secret: str | None
    code: str | None
    then: str | None = None


def way_in(canvas: Canvas, way: WayIn, page: tuple[int, int] | None) -> None:
    """Draw it, with the code where it fits."""
    from mapio_display.views.codes import qr_code  # noqa: PLC0415 - segno takes 50 ms, and the first frame has no code

    below = canvas.height - TITLE
    code = qr_code(way.code, below) if way.code else None
    bar = canvas.width
    if way.code and code is None:  # one for a long text needs the whole height
        below = canvas.height
        code = qr_code(way.code, below)
        bar -= code.width if code else 0
    title(canvas, way.title, way.note if bar == canvas.width else "", page=page, right=bar)
    left, right = MARGIN, canvas.width - MARGIN
    if code is not None:
        right = canvas.width - code.width
        box = canvas.picture(right, canvas.height - (below + code.height) // 2, code)
        if way.secret:
            canvas.secret(box)
    # From the top: what to do, where, by which secret, the secret itself, and what comes then.
    rows = _ROWS if way.then is None else _CLOSE_ROWS
    top = (TITLE + canvas.height - rows[-1][1] + 1) // 2
    lines = [Box(left, top + at, right, top + end) for at, end in rows]
    if not way.by:
        more = rows[2][1] - rows[1][1]
        lines[0] = replace(lines[0], bottom=lines[0].bottom + more)
        lines[1] = replace(lines[1], top=lines[1].top + more, bottom=lines[1].bottom + more)
    canvas.text(lines[0], way.scan if code else way.do, 13)
    canvas.text(lines[1], way.where, 20)
    if way.secret:
        if way.by:
            canvas.text(lines[2], way.by, 13)
        canvas.text(lines[3], way.secret, 24)
        canvas.secret(lines[3])
    if way.then is not None:
        canvas.text(lines[4], way.then, 13)
