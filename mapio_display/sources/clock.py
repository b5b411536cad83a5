"""The time of day, and whether it can be believed: a gateway without a battery-backed clock starts years off."""

import asyncio
import ctypes
import time
from collections.abc import Callable
from pathlib import Path

from mapio_display.core.events import ClockTicked
from mapio_display.sources.folder_watch import folder_watch
from mapio_display.sources.ports import Pause, StatePort

TIME_ERROR = 5  # "clock not synchronized"
SIZEOF_TIMEX = 256  # more than the 208 bytes of a 64-bit Linux
MINUTE_S = 60.0
LOCALTIME = Path("/etc/localtime")


def is_synchronised() -> bool:
    """Say whether the kernel's clock is disciplined by a time service (adjtimex(2), read only)."""
    timex = ctypes.create_string_buffer(SIZEOF_TIMEX)  # modes = 0: change nothing
    state: int = ctypes.CDLL(None).adjtimex(timex)
    return state not in (TIME_ERROR, -1)


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
