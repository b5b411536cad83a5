"""The time of day."""

import time

from mapio_display.core.events import ClockTicked
from mapio_display.sources.clock import ClockSource, time_of_day
from tests.sources.conftest import Listener, running


def test_no_time_is_told_while_the_clock_cannot_be_believed() -> None:
    assert time_of_day(lambda: False) is None


def test_the_local_time_is_told_in_hours_and_minutes() -> None:
    before, told, after = time.strftime("%H:%M"), time_of_day(lambda: True), time.strftime("%H:%M")
    assert told in (before, after)


async def test_the_clock_ticks_at_the_full_minute() -> None:
    listener = Listener()
    async with running(ClockSource(listener, pause=listener.pause).run):
        for events in (await listener.told(), await listener.later()):
            assert [type(event) for event in events] == [ClockTicked]
            assert 0 < listener.paused_for <= 60
