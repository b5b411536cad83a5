"""The refresh policy: whether a frame is worth a refresh, which kind, and when.

A full refresh flashes for two seconds and clears ghosts; a partial one takes a third of a second and leaves some. The
glass is rated for about a million refreshes, and its maker asks for one at least every 24 hours.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from mapio_display.core.frame import Frame
from mapio_display.core.view import View

PARTIALS_IN_A_ROW = 10
FULL_EVERY_S = 24 * 3600.0
PROGRESS_EVERY_S = 2.0


class Refresh(StrEnum):
    """The two ways to bring a frame onto the glass."""

    FULL = "full"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Glass:
    """What the panel is known to show. ``frame`` is None while that is unknown, and then only a full refresh is right.

    ``at`` and ``full_at`` are seconds of CLOCK_MONOTONIC, which runs on through restarts of the daemon.
    """

    frame: Frame | None = None
    partials: int = 0
    at: float | None = None
    full_at: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Refresh in this way, not before ``at`` (seconds of CLOCK_MONOTONIC)."""

    refresh: Refresh
    at: float


def plan(glass: Glass, frame: Frame, mono: float, *, can_partial: bool = True) -> Plan:
    """Say how and when ``frame`` gets onto ``glass``; for a frame that is there already, when it is refreshed next."""
    shown = glass.frame
    if shown is None or glass.full_at is None or glass.at is None:
        return Plan(Refresh.FULL, mono)
    daily = glass.full_at + FULL_EVERY_S
    if mono >= daily:
        return Plan(Refresh.FULL, mono)
    if frame.bits == shown.bits and frame.view == shown.view:
        return Plan(Refresh.FULL, daily)
    same_view = frame.view == shown.view
    full = not same_view or not can_partial or glass.partials >= PARTIALS_IN_A_ROW
    hurry = not same_view or frame.view != View.UPDATE
    at = mono if hurry else max(mono, glass.at + PROGRESS_EVERY_S)
    return Plan(Refresh.FULL if full else Refresh.PARTIAL, at)


def shown(glass: Glass, frame: Frame, refresh: Refresh, mono: float) -> Glass:
    """Say what the panel shows after ``frame`` was refreshed onto it."""
    if refresh is Refresh.FULL:
        return Glass(frame, 0, mono, mono)
    return replace(glass, frame=frame, partials=glass.partials + 1, at=mono)
