"""A picture for the panel, one bit a pixel, and the glass that keeps it."""

from dataclasses import field

from mapio_display.frozen import Frozen


class Box(Frozen):
    """A rectangle in pixels: left and top inclusive, right and bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int


class Frame(Frozen):
    """One view's picture as the owner sees it, before any rotation.

    ``bits`` are rows from the top, each padded to whole bytes, most significant bit leftmost, 1 is white.
    ``secrets`` are the boxes that show something only the owner at the panel may read. ``items`` are what was drawn,
    each with how urgent a change of it is (``refresh.Change``); a frame from before a restart has none.
    """

    view: str
    width: int
    height: int
    bits: bytes
    secrets: tuple[Box, ...] = ()
    items: frozenset[tuple[str, object]] = field(default=frozenset(), compare=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.bits) != (self.width + 7) // 8 * self.height:
            raise ValueError(f"{len(self.bits)} bytes do not make a frame of {self.width} × {self.height}")


class Glass(Frozen):
    """What the panel is known to show. ``frame`` is None while that is unknown, and then only a full refresh is right.

    ``partials`` and ``changed`` (pixels) count since the last full refresh. ``at`` (the last refresh), ``full_at`` (the
    last full one) and ``tidy_at`` (when one is due to clear the ghosts of partial ones) are seconds of CLOCK_MONOTONIC,
    which runs on through restarts of the daemon.
    """

    frame: Frame | None = None
    partials: int = 0
    changed: int = 0
    at: float | None = None
    full_at: float | None = None
    tidy_at: float | None = None
