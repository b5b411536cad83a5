"""When a gateway looks for newer bundles, and which rollouts reach it."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from mapio_display.releases.schedule import DAY_S, is_due, next_check, own_minute, own_number

NOON = 1_795_608_000.0  # 2026-11-25, 12:00 UTC
WALLS = st.floats(NOON, NOON + 400 * DAY_S)
MINUTES = st.integers(0, 1439)


def test_a_fleets_requests_are_spread_over_the_day_and_its_rollouts_over_the_fleet() -> None:
    fleet = [f"{number:016x}" for number in range(20_000)]
    minutes, numbers = Counter(map(own_minute, fleet)), Counter(map(own_number, fleet))
    assert set(minutes) == set(range(1440))
    assert max(minutes.values()) < 45  # 14 on the average
    assert set(numbers) == set(range(1, 101))
    assert all(120 < count < 280 for count in numbers.values())
    assert (own_minute(fleet[0]), own_number(fleet[0])) == (own_minute(fleet[0]), own_number(fleet[0]))


@given(MINUTES, WALLS)
def test_it_looks_once_a_day_at_its_minute(minute: int, asked_at: float) -> None:
    at = next_check(minute, asked_at)
    assert asked_at < at <= asked_at + DAY_S
    assert at % DAY_S == 60 * minute
    assert not is_due(minute, asked_at, at - 1)
    assert is_due(minute, asked_at, at)


@given(MINUTES, WALLS)
def test_one_that_never_looked_is_due_and_so_is_one_whose_clock_was_ahead(minute: int, wall: float) -> None:
    assert is_due(minute, None, wall)
    assert is_due(minute, wall + 3600, wall)
    assert not is_due(minute, wall, wall)
