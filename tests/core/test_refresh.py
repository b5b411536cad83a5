"""The refresh policy, as a table of situations."""

from mapio_display.core.frame import Frame
from mapio_display.core.refresh import (
    FULL_EVERY_S,
    PARTIALS_IN_A_ROW,
    PROGRESS_EVERY_S,
    Glass,
    Plan,
    Refresh,
    plan,
    shown,
)

NOW = 1000.0


def frame(view: str, content: int = 0) -> Frame:
    return Frame(view, 8, 1, bytes([content]))


def glass(on_it: Frame, *, partials: int = 0, ago: float = 500.0) -> Glass:
    return Glass(on_it, partials, NOW - ago, NOW - ago)


def test_an_unknown_glass_gets_a_full_refresh_at_once() -> None:
    assert plan(Glass(), frame("home"), NOW) == Plan(Refresh.FULL, NOW)


def test_the_same_picture_waits_for_the_daily_refresh() -> None:
    assert plan(glass(frame("home")), frame("home"), NOW) == Plan(Refresh.FULL, NOW - 500 + FULL_EVERY_S)


def test_the_daily_refresh_is_due_a_day_after_the_last_full_one() -> None:
    assert plan(glass(frame("home"), ago=FULL_EVERY_S), frame("home"), NOW) == Plan(Refresh.FULL, NOW)


def test_another_picture_of_the_same_view_is_partial_and_at_once() -> None:
    assert plan(glass(frame("home")), frame("home", 1), NOW) == Plan(Refresh.PARTIAL, NOW)


def test_another_view_is_full_and_at_once_even_if_it_looks_the_same() -> None:
    assert plan(glass(frame("update"), ago=0.1), frame("rebooting"), NOW) == Plan(Refresh.FULL, NOW)


def test_a_panel_without_partial_refresh_gets_full_ones() -> None:
    assert plan(glass(frame("home")), frame("home", 1), NOW, can_partial=False) == Plan(Refresh.FULL, NOW)


def test_partial_refreshes_in_a_row_are_bounded() -> None:
    state = glass(frame("home"))
    kinds = []
    for turn in range(2 * PARTIALS_IN_A_ROW + 2):
        picture = frame("home", turn % 2 + 1)
        refresh = plan(state, picture, NOW).refresh
        kinds.append(refresh)
        state = shown(state, picture, refresh, NOW)
    assert kinds.count(Refresh.FULL) == 2
    assert kinds[PARTIALS_IN_A_ROW] is Refresh.FULL


def test_progress_is_drawn_every_two_seconds_and_not_more_often() -> None:
    assert plan(glass(frame("update"), ago=0.5), frame("update", 1), NOW).at == NOW - 0.5 + PROGRESS_EVERY_S
    assert plan(glass(frame("update"), ago=5.0), frame("update", 1), NOW).at == NOW
