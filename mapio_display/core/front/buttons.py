"""What a press means: UP and DOWN turn views, MID acts on the view, and MID held restarts the gateway.

Turning is done at the press, because the person waits for it; MID at the release, because only then is it known that it
was not held. The times are those of the edges, so a loop that was late counts as the finger did.
"""

import math
from dataclasses import replace

from mapio_display.core.facts.buttons import Button, ButtonLost, ButtonPressed, ButtonReleased, Front
from mapio_display.core.facts.clock import Now, Tick
from mapio_display.core.facts.event import Change, Handlers, Request
from mapio_display.core.facts.update import RestartRequested
from mapio_display.core.front.middle import middle
from mapio_display.core.front.names import View
from mapio_display.core.front.view import current_view, foremost_view
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update.table import may_restart

HOLD_S = 3.0
SHORT_S = 1.0  # a press up to here acts on the view; after it the countdown shows, and a release cancels it
HOME_AFTER_S = 180.0
LONGEST_PRESS_S = 8  # of one that is asked for: the command line waits ten seconds for an answer

_FIXED = (View.STARTING, View.REBOOTING, View.STOPPED)


def _pressed(snapshot: Snapshot, event: ButtonPressed, now: Now) -> Change:
    """A button goes down; it means nothing while the gateway comes up or goes down."""
    if foremost_view(snapshot) in _FIXED:
        return snapshot, ()
    if event.button is Button.MID:
        return replace(snapshot, front=replace(snapshot.front, held_since=event.at, countdown=None)), ()
    return _turned(snapshot, 1 if event.button is Button.DOWN else -1, now), ()


def _released(snapshot: Snapshot, event: ButtonReleased, now: Now) -> Change:
    """A button is released: what the owner requests by it, if anything."""
    front = snapshot.front
    if event.button is not Button.MID or front.held_since is None:
        return snapshot, ()
    short = front.countdown is None and event.at - front.held_since <= SHORT_S
    snapshot = _not_held(snapshot, now)
    return snapshot, _requests(snapshot) if short else ()


def _lost(snapshot: Snapshot, event: ButtonLost, now: Now) -> Change:
    """No release would be noticed: what was held is held no more, and was no press either."""
    held = event.button is Button.MID and snapshot.front.held_since is not None
    return _not_held(snapshot, now) if held else snapshot, ()


def _ticked(snapshot: Snapshot, event: Tick, now: Now) -> Change:
    """Time goes by: the countdown goes on, and a view that was chosen minutes ago gives way.

    There is no countdown to a restart that would be refused.
    """
    front = snapshot.front
    if front.home_at is not None and now.mono >= front.home_at:
        front = replace(front, turned_to=None, home_at=None)
    if front.held_since is None or now.mono < front.held_since + SHORT_S:
        return replace(snapshot, front=front), ()
    if not may_restart(snapshot):
        return replace(snapshot, front=Front()), ()  # the update's own view says why
    left = math.ceil(front.held_since + HOLD_S - now.mono)
    if left > 0:
        return replace(snapshot, front=replace(front, countdown=left)), ()
    return replace(snapshot, front=Front()), (RestartRequested(),)


def settle(before: Snapshot, snapshot: Snapshot) -> Snapshot:
    """What is new goes before the view that was turned to; so does the rest where that view is gone."""
    return replace(snapshot, front=Front()) if _is_news(before, snapshot) or _is_gone(snapshot) else snapshot


def _is_gone(snapshot: Snapshot) -> bool:
    return snapshot.front.turned_to not in (None, *snapshot.order)


def _is_news(before: Snapshot, snapshot: Snapshot) -> bool:
    """Whether another view is foremost now; a hotspot's that is gone is nothing new to who looks at something else."""
    then, now = foremost_view(before), foremost_view(snapshot)
    went = then == View.HOTSPOT and now == snapshot.order[0] and snapshot.front.turned_to is not None
    return now != then and not went


def wake_at(snapshot: Snapshot) -> float | None:
    """When the next ``Tick`` has something to do, in seconds of CLOCK_MONOTONIC."""
    front = snapshot.front
    if front.held_since is None:
        return front.home_at
    return front.held_since + (SHORT_S if front.countdown is None else HOLD_S - front.countdown + 1)


def _not_held(snapshot: Snapshot, now: Now) -> Snapshot:
    turned_to = snapshot.front.turned_to
    return replace(snapshot, front=Front(turned_to, None if turned_to is None else now.mono + HOME_AFTER_S))


def _turned(snapshot: Snapshot, by: int, now: Now) -> Snapshot:
    foremost = foremost_view(snapshot)
    # An update or a result stands before the views that are always there.
    views = [*dict.fromkeys((foremost, *snapshot.order))]
    if foremost in snapshot.order:
        views = list(snapshot.order)
    view = views[(views.index(snapshot.front.turned_to or foremost) + by) % len(views)]
    away = view != foremost
    return replace(snapshot, front=Front(view if away else None, now.mono + HOME_AFTER_S if away else None))


def _requests(snapshot: Snapshot) -> tuple[Request, ...]:
    action = middle(current_view(snapshot), snapshot)
    return (action.request,) if action else ()


HANDLERS: Handlers = {
    ButtonPressed: _pressed,
    ButtonReleased: _released,
    ButtonLost: _lost,
    Tick: _ticked,
}
