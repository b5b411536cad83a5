"""The one way in: ``reduce`` takes a snapshot, an event and the time, and gives the next snapshot and the commands."""

from dataclasses import replace

from mapio_display.core import shutdown
from mapio_display.core.commands import Command
from mapio_display.core.facts import clock, daemon, hotspot, rauc, release, subjects, web, wifi, wifi_join, wifi_return
from mapio_display.core.facts.buttons import Front
from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.event import Change, Event, Handler, Handlers, Request
from mapio_display.core.front import buttons
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update import table as update
from mapio_display.errors import Refused


def _handlers() -> dict[type[Event], list[Handler]]:
    """Who takes an event: the subjects, found by their files, and then what follows from what they know."""
    table: dict[type[Event], list[Handler]] = {}
    for subject in (*subjects(), update, shutdown, buttons):
        handlers: Handlers = getattr(subject, "HANDLERS", {})
        for event, handler in handlers.items():
            table.setdefault(event, []).append(handler)
    return table


HANDLERS = _handlers()


def reduce(snapshot: Snapshot, event: Event, now: Now) -> tuple[Snapshot, tuple[Command, ...]]:
    """Take ``event``. Raises ``Refused`` for a request that is turned down; then nothing has changed."""
    before = snapshot
    snapshot, asked = _dispatch(snapshot, event, now)
    for request in asked:
        if isinstance(request, Request):
            try:
                snapshot, more = _dispatch(snapshot, request, now)
            except Refused:
                snapshot = replace(snapshot, front=Front())  # the update's own view says why
            else:
                asked = (*asked, *more)
    snapshot, derived = _derive(before, snapshot, clock.believed(snapshot, now))
    return snapshot, tuple(each for each in (*asked, *derived) if not isinstance(each, Request))


def wake_at(snapshot: Snapshot) -> float | None:
    """When a ``Tick`` is due at the latest, in seconds of CLOCK_MONOTONIC; None while nothing waits."""
    deadlines = (
        snapshot.update.deadline,
        snapshot.result_until,
        snapshot.web.wrong_pins_until,
        buttons.wake_at(snapshot),
        hotspot.wake_at(snapshot),
        wifi.wake_at(snapshot),
        wifi_join.wake_at(snapshot),
        wifi_return.wake_at(snapshot),
    )
    return min((at for at in deadlines if at is not None), default=None)


def _dispatch(snapshot: Snapshot, event: Event, now: Now) -> Change:
    """Let each subject that takes ``event`` have it."""
    asked: list[Command | Request] = []
    for handle in HANDLERS.get(type(event), ()):
        snapshot, more = handle(snapshot, event, clock.believed(snapshot, now))
        asked += more
    return snapshot, tuple(asked)


def _derive(before: Snapshot, snapshot: Snapshot, now: Now) -> Change:
    """Settle what follows from all that is known by now, whatever the event was."""
    snapshot = rauc.fill_versions(daemon.settle(web.expire(update.expire(snapshot, now), now)))
    snapshot = release.settle(snapshot)
    snapshot, scanned = wifi.settle(snapshot, now)
    snapshot, joined = wifi_join.settle(snapshot, now)
    snapshot, switched = hotspot.settle(snapshot, now)
    snapshot, looked = wifi_return.settle(snapshot, now)
    snapshot, dated = clock.date(snapshot, now)
    return buttons.settle(before, snapshot), (*scanned, *joined, *switched, *looked, *dated)
