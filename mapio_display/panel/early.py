"""A frame that is drawn while the panel is being reset, and the first one, before the rest of the daemon is loaded.

Resetting and initialising the panel takes forty milliseconds of waiting, and so does importing Pillow of computing. A
thread does the one while the main thread does the other and draws; then the thread refreshes and the main thread goes
on to asyncio, D-Bus and the web server. For the same reason this module imports next to nothing.
"""

import sys
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Protocol

from mapio_display.core.frame import Frame
from mapio_display.frozen import Frozen
from mapio_display.panel.job import Job
from mapio_display.panel.memory import Memory

AGAIN_S = 600.0  # a daemon that crashes over and over must not wear the glass with "starting"

# Each byte sent gives up the interpreter's lock, and the drawing thread would keep it for 5 ms each time.
_SWITCH_S = 0.0002


class Driver(Protocol):
    """What is asked of the panel's driver."""

    def wake(self) -> None:
        """Reset and initialise ahead of the frame."""

    def full(self, frame: Frame) -> None:
        """Bring a frame onto the glass."""

    def close(self) -> None:
        """Put the controller to sleep, and give lines and bus back."""


class Early(Frozen):
    """The frame that ``job`` is bringing onto the glass, for the screen to take over."""

    job: Job
    frame: Frame


def first_frame(
    driver: Driver, memory: Memory, draw: Callable[[], Frame], monotonic: Callable[[], float] = time.monotonic
) -> Early | None:
    """Begin to show what ``draw`` draws, and return while the refresh goes on.

    Returns None, with nothing drawn, when the glass was refreshed in the last ten minutes of this boot: this is a
    restart.
    """
    now = monotonic()
    known = memory.load()
    if known is not None and known.glass.at is not None and now - known.glass.at < AGAIN_S:
        return None
    memory.begin(now)
    return drawn_meanwhile(driver, draw)


def drawn_meanwhile(driver: Driver, draw: Callable[[], Frame]) -> Early:
    """Begin to show in full what ``draw`` draws, and return while the refresh goes on.

    A panel that does not answer is the job's failure, not this function's.
    """
    drawn: SimpleQueue[Frame | None] = SimpleQueue()
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)

    def show() -> None:
        try:
            driver.wake()
            frame = drawn.get()
            if frame is None:
                driver.close()
            else:
                driver.full(frame)
        finally:
            sys.setswitchinterval(usual)

    job = Job(show)
    frame: Frame | None = None
    try:
        frame = draw()
        return Early(job, frame)
    finally:
        drawn.put(frame)
