"""The refresh policy: whether a frame is worth a refresh, which kind, and when.

A full refresh flashes for two seconds and clears ghosts; a partial one takes half a second and leaves some. The glass
is rated for about a million refreshes. Its maker asks for three minutes between them in steady state, and for one
at least every 24 hours.
"""

from enum import StrEnum

from mapio_display.core.frame import Frame, Glass
from mapio_display.frozen import Frozen

PARTIALS_IN_A_ROW = 10
CHANGED_SHARE = 3  # no more than a third of the picture changes by partial refreshes
PROGRESS_EVERY_S = 2.0
BACKGROUND_EVERY_S = 180.0
TIDY_AFTER_S = 15.0
FULL_EVERY_S = 24 * 3600.0


class Refresh(StrEnum):
    """The two ways to bring a frame onto the glass."""

    FULL = "full"
    PARTIAL = "partial"


class Change(StrEnum):
    """What makes a frame another than the one on the glass, the most urgent first."""

    STATE = "state"  # another view, or the view says something else altogether: at once, in full
    COUNTDOWN = "countdown"  # a finger is on the button: at once, and no flash of two seconds
    FACT = "fact"  # an address, a PIN: at once
    CLOCK = "clock"  # the next minute: at once
    PROGRESS = "progress"  # of an update
    BACKGROUND = "background"  # load, memory: not waited for


_PAUSE_S = {Change.PROGRESS: PROGRESS_EVERY_S, Change.BACKGROUND: BACKGROUND_EVERY_S}
# After these the glass is at rest for a while, and is cleared of ghosts. The others never end, at their own pace.
_TIDIED = (Change.STATE, Change.COUNTDOWN, Change.FACT, Change.PROGRESS)


class Plan(Frozen):
    """Refresh in this way, not before ``at`` (seconds of CLOCK_MONOTONIC)."""

    refresh: Refresh
    at: float


def change_between(shown: Frame | None, frame: Frame) -> Change:
    """How urgent the difference is: as the most urgent item that is new, gone or another.

    A difference that no item accounts for is urgent: a fact must not be late because it was forgotten.
    """
    if shown is None:
        return Change.FACT
    differing = {urgency for urgency, _ in shown.items ^ frame.items}
    alike = Change.BACKGROUND if frame.bits == shown.bits else Change.FACT
    return next((urgency for urgency in Change if urgency in differing), alike)


def plan(glass: Glass, frame: Frame, change: Change, mono: float, *, can_partial: bool = True) -> Plan:
    """Say how and when ``frame`` gets onto ``glass``; for a frame that is there already, when it is refreshed next."""
    shown = glass.frame
    if shown is None or _size(shown) != _size(frame):
        return Plan(Refresh.FULL, mono)
    full_at = _full_at(glass, mono)
    if frame.bits == shown.bits and frame.view == shown.view:
        return Plan(Refresh.FULL, full_at)
    at = _at(glass, change, mono)
    full = (
        not can_partial
        or glass.partials >= PARTIALS_IN_A_ROW
        or (
            change is not Change.COUNTDOWN
            and (
                full_at <= at
                or change is Change.STATE
                or frame.view != shown.view
                or glass.changed + _differing(shown, frame) > frame.width * frame.height // CHANGED_SHARE
            )
        )
    )
    return Plan(Refresh.FULL if full else Refresh.PARTIAL, min(at, full_at))


def soonest(glass: Glass, change: Change | None, mono: float) -> float:
    """When a frame could be refreshed at the earliest, whatever it shows: until then it need not be drawn.

    That is for what changes several times a second. Other changes are looked at when they come; most show nothing.
    """
    if glass.frame is None or change is not Change.PROGRESS:
        return mono
    return min(_at(glass, change, mono), _full_at(glass, mono))


def is_turned(glass: Glass, view: str, change: Change | None) -> bool:
    """Say whether ``view`` is shown at once and in full, however it comes to be drawn."""
    return change is Change.STATE and glass.frame is not None and glass.frame.view != view


def shown(glass: Glass, frame: Frame, change: Change, refresh: Refresh, mono: float) -> Glass:
    """Say what the panel shows after ``frame`` was refreshed onto it."""
    if refresh is Refresh.FULL or glass.frame is None:
        return Glass(frame, at=mono, full_at=mono)
    return Glass(
        frame,
        glass.partials + 1,
        glass.changed + _differing(glass.frame, frame),
        mono,
        glass.full_at,
        mono + TIDY_AFTER_S if change in _TIDIED else glass.tidy_at,
    )


def _at(glass: Glass, change: Change, mono: float) -> float:
    """When a change may be shown; at once where it is not known when the last one was."""
    return mono if glass.at is None else max(mono, glass.at + _PAUSE_S.get(change, 0.0))


def _full_at(glass: Glass, mono: float) -> float:
    """When the next full refresh is due, with or without a change."""
    if glass.full_at is None:
        return mono
    due = glass.full_at + FULL_EVERY_S
    return max(mono, due if glass.tidy_at is None else min(due, glass.tidy_at))


def _size(frame: Frame) -> tuple[int, int]:
    return frame.width, frame.height


def _differing(one: Frame, other: Frame) -> int:
    """How many pixels differ."""
    return (int.from_bytes(one.bits) ^ int.from_bytes(other.bits)).bit_count()
