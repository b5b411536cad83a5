"""The time of day, and whether it can be believed: a gateway without a battery-backed clock starts years off."""

import asyncio
import ctypes
import time
from collections.abc import Callable
from pathlib import Path

from mapio_display.core.facts.clock import ClockTicked, Now
from mapio_display.core.protocols import Pause, StatePort
from mapio_display.host.folder_watch import folder_watch
from mapio_display.host.source import Given, Run, Source

TIME_ERROR = 5  # "clock not synchronized"
SIZEOF_TIMEX = 256  # more than the 208 bytes of a 64-bit Linux
MINUTE_S = 60.0
LOCALTIME = Path("/etc/localtime")
TIMESYNCD = Path("/run/systemd/timesync/synchronized")  # made at its first success of a boot; see systemd-timesyncd(8)


def is_synchronised() -> bool:
    """Say whether a time service has set the clock in this boot (adjtimex(2), read only, or systemd-timesyncd)."""
    timex = ctypes.create_string_buffer(SIZEOF_TIMEX)  # modes = 0: change nothing
    state: int = ctypes.CDLL(None).adjtimex(timex)
    return state not in (TIME_ERROR, -1) or TIMESYNCD.exists()


def now(synchronised: Callable[[], bool] = is_synchronised) -> Now:
    """The machine's two clocks, and whether the time of day can be believed."""
    return Now(time.monotonic(), time.time(), right=synchronised())


def time_of_day(synchronised: Callable[[], bool] = is_synchronised) -> str | None:
    """The local time as ``14:05``, in the time zone that the machine has now; None while it cannot be believed."""
    time.tzset()  # localtime(3) reads /etc/localtime once
    return time.strftime("%H:%M") if synchronised() else None


class ClockSource:
    """Dispatches ``ClockTicked`` at the start, with every minute, and when the time zone is set (localtime(5))."""

    def __init__(
        self, state: StatePort, *, read: Callable[[], str | None] = time_of_day, pause: Pause = asyncio.sleep
    ) -> None:
        self._state = state
        self._read = read
        self._pause = pause

    async def run(self) -> None:
        """Tick without end."""
        zone_set = asyncio.Event()
        with folder_watch(zone_set, links=True) as watch:
            while True:
                watch(LOCALTIME.parent)
                zone_set.clear()
                self._state.dispatch(ClockTicked(self._read()))
                async with asyncio.TaskGroup() as group:
                    minute = group.create_task(self._until(MINUTE_S - time.time() % MINUTE_S))
                    waiting = (minute, group.create_task(zone_set.wait()))
                    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                    for task in waiting:
                        task.cancel()

    async def _until(self, seconds: float) -> None:
        await self._pause(seconds)


def _source(given: Given) -> Run | None:
    return ClockSource(given.state).run() if given.config.views.clock else None


SOURCE: Source = _source
