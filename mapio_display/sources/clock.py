"""The time of day, and whether it can be believed: a gateway without a battery-backed clock starts years off."""

import asyncio
import ctypes
import time
from collections.abc import Callable

from mapio_display.core.events import ClockTicked
from mapio_display.sources.ports import Pause, StatePort

TIME_ERROR = 5  # "clock not synchronized"
SIZEOF_TIMEX = 256  # more than the 208 bytes of a 64-bit Linux
MINUTE_S = 60.0


def is_synchronised() -> bool:
    """Say whether the kernel's clock is disciplined by a time service (adjtimex(2), read only)."""
    timex = ctypes.create_string_buffer(SIZEOF_TIMEX)  # modes = 0: change nothing
    state: int = ctypes.CDLL(None).adjtimex(timex)
    return state not in (TIME_ERROR, -1)


def time_of_day(synchronised: Callable[[], bool] = is_synchronised) -> str | None:
    """The local time as ``14:05``; None while it cannot be believed."""
    return time.strftime("%H:%M") if synchronised() else None


class ClockSource:
    """Dispatches ``ClockTicked`` at the start and with every minute."""

    def __init__(self, state: StatePort, *, pause: Pause = asyncio.sleep) -> None:
        self._state = state
        self._pause = pause

    async def run(self) -> None:
        """Tick for ever."""
        while True:
            self._state.dispatch(ClockTicked(time_of_day()))
            await self._pause(MINUTE_S - time.time() % MINUTE_S)
