"""How to open the setup page or join the hotspot: the words for it and the code that does it all."""

from dataclasses import dataclass

from mapio_display.core.frame import Box
from mapio_display.views.canvas import Canvas
from mapio_display.views.widgets import MARGIN, TITLE, title


@dataclass(frozen=True, slots=True)
class WayIn:
    """A title and its note; what to do, without and with the code, where, and by which secret; and the code's text."""

    title: str
    note: str
    do: str
    scan: str
    where: str
    by: str
    secret: str | None
    code: str | None


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
    top = (TITLE + canvas.height - 92) // 2
    canvas.text(Box(left, top, right, top + 18), way.scan if code else way.do, 13)
    canvas.text(Box(left, top + 18, right, top + 46), way.where, 20)
    if way.secret:
        canvas.text(Box(left, top + 48, right, top + 66), way.by, 13)
        secret = Box(left, top + 67, right, top + 93)
        canvas.text(secret, way.secret, 24)
        canvas.secret(secret)
