"""The refresh policy, as a table of situations."""

from dataclasses import replace

import pytest

from mapio_display.core.frame import Frame, Glass
from mapio_display.core.front.refresh import (
    BACKGROUND_EVERY_S,
    FULL_EVERY_S,
    PARTIALS_IN_A_ROW,
    PROGRESS_EVERY_S,
    TIDY_AFTER_S,
    Change,
    Plan,
    Refresh,
    plan,
    shown,
)

NOW = 100_000.0


def frame(content: int = 0, view: str = "home") -> Frame:
    """A picture of 80 by 10 dots, of which ``content`` are black."""
    return Frame(view, 80, 10, ((1 << 800) - (1 << content)).to_bytes(100))


HOME = frame()
OTHER = frame(5)
REST = Glass(HOME, at=NOW - 500, full_at=NOW - 500)
DAY_OVER = replace(REST, full_at=NOW - FULL_EVERY_S)
JUST_NOW = Glass(HOME, at=NOW - 1, full_at=NOW - 1)
GHOSTS = replace(JUST_NOW, partials=1, changed=5, tidy_at=NOW - 1 + TIDY_AFTER_S)
MANY_GHOSTS = replace(GHOSTS, partials=PARTIALS_IN_A_ROW)
LARGE_GHOST = replace(GHOSTS, changed=265)
FULL_NOW = Plan(Refresh.FULL, NOW)
PARTIAL_NOW = Plan(Refresh.PARTIAL, NOW)

SITUATIONS = {
    "an unknown glass": (Glass(), HOME, Change.BACKGROUND, FULL_NOW),
    "a glass of another size": (REST, Frame("home", 8, 1, b"\0"), Change.FACT, FULL_NOW),
    "the same picture": (REST, HOME, Change.BACKGROUND, Plan(Refresh.FULL, NOW - 500 + FULL_EVERY_S)),
    "the same picture for a day": (DAY_OVER, HOME, Change.BACKGROUND, FULL_NOW),
    "another view": (JUST_NOW, frame(5, "update"), Change.STATE, FULL_NOW),
    "another view that looks the same": (JUST_NOW, frame(0, "update"), Change.STATE, FULL_NOW),
    "another view, after a restart": (JUST_NOW, frame(5, "update"), Change.FACT, FULL_NOW),
    "another state": (JUST_NOW, OTHER, Change.STATE, FULL_NOW),
    "a fact": (JUST_NOW, OTHER, Change.FACT, PARTIAL_NOW),
    "the next minute": (JUST_NOW, OTHER, Change.CLOCK, PARTIAL_NOW),
    "progress, too soon": (JUST_NOW, OTHER, Change.PROGRESS, Plan(Refresh.PARTIAL, NOW - 1 + PROGRESS_EVERY_S)),
    "progress": (REST, OTHER, Change.PROGRESS, PARTIAL_NOW),
    "background, too soon": (JUST_NOW, OTHER, Change.BACKGROUND, Plan(Refresh.PARTIAL, NOW - 1 + BACKGROUND_EVERY_S)),
    "background": (REST, OTHER, Change.BACKGROUND, PARTIAL_NOW),
    "a fact after a day": (DAY_OVER, OTHER, Change.FACT, FULL_NOW),
    "a fact after ten partial refreshes": (MANY_GHOSTS, OTHER, Change.FACT, FULL_NOW),
    "a fact after many changed dots": (LARGE_GHOST, OTHER, Change.FACT, FULL_NOW),
    "a countdown begins": (JUST_NOW, frame(400, "countdown"), Change.COUNTDOWN, PARTIAL_NOW),
    "a countdown where tidying is due": (
        replace(LARGE_GHOST, tidy_at=NOW - 9),
        frame(5, "countdown"),
        Change.COUNTDOWN,
        PARTIAL_NOW,
    ),
    "a countdown after ten partial refreshes": (MANY_GHOSTS, OTHER, Change.COUNTDOWN, FULL_NOW),
    "rest after partial refreshes": (GHOSTS, HOME, Change.BACKGROUND, Plan(Refresh.FULL, NOW - 1 + TIDY_AFTER_S)),
    "ghosts, background to come": (GHOSTS, OTHER, Change.BACKGROUND, Plan(Refresh.FULL, NOW - 1 + TIDY_AFTER_S)),
    "ghosts, and a fact": (GHOSTS, OTHER, Change.FACT, PARTIAL_NOW),
    "overdue tidying": (replace(GHOSTS, tidy_at=NOW - 9), HOME, Change.BACKGROUND, FULL_NOW),
}


@pytest.mark.parametrize(("glass", "picture", "change", "expected"), SITUATIONS.values(), ids=SITUATIONS)
def test_the_policy_answers(glass: Glass, picture: Frame, change: Change, expected: Plan) -> None:
    assert plan(glass, picture, change, NOW) == expected


@pytest.mark.parametrize("change", Change)
def test_a_panel_without_partial_refresh_gets_full_ones(change: Change) -> None:
    assert plan(REST, OTHER, change, NOW, can_partial=False) == FULL_NOW


def test_a_full_refresh_clears_all_counts() -> None:
    assert shown(MANY_GHOSTS, OTHER, Change.FACT, Refresh.FULL, NOW) == Glass(OTHER, at=NOW, full_at=NOW)


def test_a_partial_refresh_is_counted_with_the_dots_it_changed() -> None:
    after = shown(GHOSTS, frame(7), Change.FACT, Refresh.PARTIAL, NOW)
    assert (after.partials, after.changed, after.at, after.full_at) == (2, 5 + 7, NOW, NOW - 1)


@pytest.mark.parametrize(
    ("change", "tidied"),
    [(Change.FACT, True), (Change.PROGRESS, True), (Change.CLOCK, False), (Change.BACKGROUND, False)],
)
def test_what_never_ends_is_not_tidied_after_each_time(change: Change, tidied: bool) -> None:
    after = shown(REST, OTHER, change, Refresh.PARTIAL, NOW)
    assert after.tidy_at == (NOW + TIDY_AFTER_S if tidied else None)


def refreshes(changes: dict[float, tuple[Change, Frame]], until: float) -> list[tuple[float, Refresh]]:
    """Play what happens at some seconds on a glass that was refreshed in full at 0; give what is refreshed when."""
    glass, picture, change, now = Glass(HOME, at=0.0, full_at=0.0), HOME, Change.BACKGROUND, 0.0
    done: list[tuple[float, Refresh]] = []
    pending = sorted(changes)
    while True:
        due = plan(glass, picture, change, now)
        following = pending[0] if pending else until
        if due.at > following or due.at >= until:
            if not pending:
                return done
            now = pending.pop(0)
            change, picture = changes[now]
            continue
        now = due.at
        done.append((now, due.refresh))
        glass = shown(glass, picture, change, due.refresh, now)


def test_a_day_without_events_costs_one_refresh() -> None:
    assert refreshes({}, until=FULL_EVERY_S + 3600) == [(FULL_EVERY_S, Refresh.FULL)]


def test_after_a_run_of_partial_refreshes_the_glass_is_cleared_once() -> None:
    run = {float(second): (Change.PROGRESS, frame(second)) for second in range(10, 20, 2)}
    assert refreshes(run, until=3600) == [
        *((float(second), Refresh.PARTIAL) for second in range(10, 20, 2)),
        (18 + TIDY_AFTER_S, Refresh.FULL),
    ]


def test_a_clock_ticks_by_partial_refreshes_and_every_eleventh_is_full() -> None:
    ticks = {60.0 * minute: (Change.CLOCK, frame(minute % 8)) for minute in range(1, 61)}
    kinds = [kind for _, kind in refreshes(ticks, until=3601)]
    assert (len(kinds), kinds.count(Refresh.FULL)) == (60, 60 // (PARTIALS_IN_A_ROW + 1))


def test_background_facts_that_change_all_the_time_are_drawn_every_three_minutes() -> None:
    restless = {10.0 * n: (Change.BACKGROUND, frame(n % 50)) for n in range(1, 360)}
    assert len(refreshes(restless, until=3600)) == 3600 // BACKGROUND_EVERY_S - 1
