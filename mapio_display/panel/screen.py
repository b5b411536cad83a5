"""The screen: keeps the glass showing the newest state.

It follows the snapshot, draws the view that matters most, and asks the core's policy how and when the frame gets onto
the glass. One refresh runs at a time, in a thread; what changes meanwhile is looked at when it has ended, so the newest
state wins and nothing queues. Nothing is polled: an idle screen sleeps until the snapshot changes or the day is over.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import Protocol

from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.daemon import Lifecycle
from mapio_display.core.facts.panel import PanelFailed, PanelRestored, PanelShown
from mapio_display.core.facts.shutdown import Shutdown
from mapio_display.core.frame import Frame, Glass
from mapio_display.core.front import refresh
from mapio_display.core.front.names import View
from mapio_display.core.front.refresh import Change, Refresh
from mapio_display.core.front.view import announcement, change_of_view, current_view
from mapio_display.core.protocols import WholeState
from mapio_display.core.snapshot import Snapshot
from mapio_display.errors import PanelError
from mapio_display.panel.early import Early, drawn_meanwhile
from mapio_display.panel.job import Job
from mapio_display.panel.memory import Memory, Remembered
from mapio_display.progress import Progress

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
FAREWELLS = (View.REBOOTING, View.STOPPED)

_log = logging.getLogger(__name__)


class Driver(Protocol):
    """The panel's driver; its calls block and raise ``PanelError``."""

    @property
    def can_partial(self) -> bool:
        """Whether the panel knows partial refreshes."""
        ...

    @property
    def call_s(self) -> float:
        """How long a call may take, in seconds, unless it hangs."""
        ...

    def wake(self) -> None:
        """Reset and initialise ahead of the frame."""

    def full(self, frame: Frame) -> None:
        """Bring a frame onto the glass whatever it shows."""

    def partial(self, old: Frame, new: Frame) -> None:
        """Bring a frame onto a glass that shows ``old``."""

    def close(self) -> None:
        """Give the panel back, asleep."""


class Clock(Protocol):
    """The time, and waiting for it."""

    def now(self) -> Now:
        """The two clocks now."""
        ...

    def timeout_at(self, mono: float | None) -> AbstractAsyncContextManager[object]:
        """As ``asyncio.timeout_at``: end what is inside with ``TimeoutError`` at this second of CLOCK_MONOTONIC."""
        ...


class SystemClock:
    """The machine's clocks; asyncio's own is CLOCK_MONOTONIC."""

    def now(self) -> Now:
        """The two clocks now."""
        return Now(time.monotonic(), time.time())

    def timeout_at(self, mono: float | None) -> AbstractAsyncContextManager[object]:
        """As ``asyncio.timeout_at``."""
        return asyncio.timeout_at(mono)


class Screen:
    """The task that owns the panel. ``render`` draws a view, in the event loop and at once."""

    def __init__(
        self,
        state: WholeState,
        render: Callable[[str, Snapshot], Frame],
        driver: Driver,
        memory: Memory,
        *,
        early: Early | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._state = state
        self._render = render
        self._driver = driver
        self._memory = memory
        self._early = early
        self._clock = clock or SystemClock()
        self._glass = Glass()
        self._drawn: Snapshot | None = None  # what the frame on the glass was drawn from
        self._job: Job | None = None
        self._failed: str | None = None  # the view that could not be shown when last tried
        self._pause = FIRST_PAUSE_S
        self._retry_at = 0.0
        self.progress = Progress("panel")

    @property
    def shown(self) -> Frame | None:
        """What the glass shows; None while that is unknown."""
        return self._glass.frame

    async def run(self) -> None:
        """Follow the snapshot until the daemon stops and the last frame is on the glass, or the panel is dead.

        The panel is given back on every way out, unless a call of its driver hangs.
        """
        try:
            self._restore()
            if self._early is not None:
                await self._finish(self._early.job, self._early.frame, Refresh.FULL, Change.STATE)
            await self._follow()
        finally:
            if self._job is None or not self._job.running:
                self._driver.close()

    def _restore(self) -> None:
        known = self._memory.load()
        if known is None:
            return
        self._glass = known.glass
        view = known.glass.frame.view if known.glass.frame else None
        self._state.dispatch(PanelRestored(view, known.full_refreshes, known.partial_refreshes, known.last_refresh_at))

    async def _follow(self) -> None:
        while True:
            snapshot = self._state.snapshot
            view = current_view(snapshot)
            at = None
            if view != View.STARTING or self._early is not None:  # else the glass is left as it was before
                choice = change_of_view(self._drawn, snapshot)
                if refresh.is_turned(self._glass, view, choice) and self._ready_for(view):
                    await self._turn(view, snapshot)
                    continue
                now = self._clock.now().mono
                at = max(refresh.soonest(self._glass, choice, now), self._not_before(view))
                if at <= now:
                    frame = self._render(view, snapshot)
                    change = choice or refresh.change_between(self._glass.frame, frame)
                    plan = refresh.plan(self._glass, frame, change, now, can_partial=self._driver.can_partial)
                    at = plan.at
                    if at <= now:
                        with self.progress.working(2 * self._driver.call_s):  # a call that hangs is given up after one
                            await self._bring(frame, plan.refresh, change, announcement(snapshot))
                        self._drawn = snapshot
                        continue
            if snapshot.daemon.lifecycle is Lifecycle.STOPPING:
                return
            try:
                async with self._clock.timeout_at(at):
                    await self._state.after(snapshot)
            except TimeoutError:
                continue

    def _not_before(self, view: str) -> float:
        # What the glass will show for as long as the power is off gets a try of its own.
        return 0.0 if view in FAREWELLS and view != self._failed else self._retry_at

    def _ready_for(self, view: str) -> bool:
        running = self._job is not None and self._job.running
        return not running and self._not_before(view) <= self._clock.now().mono

    async def _turn(self, view: str, snapshot: Snapshot) -> None:
        """Show another view: a person waits for it, so it is drawn while the panel is being reset."""
        self._memory.begin(self._clock.now().mono)
        early = drawn_meanwhile(self._driver, lambda: self._render(view, snapshot))
        await self._finish(early.job, early.frame, Refresh.FULL, Change.STATE, announcement(snapshot))
        self._drawn = snapshot

    async def _bring(self, frame: Frame, kind: Refresh, change: Change, announces: Shutdown | None) -> None:
        if self._job is not None and self._job.running:
            self._give_up(frame, PanelError("The panel's driver hangs"))
            return
        known = self._glass.frame
        self._memory.begin(self._clock.now().mono)

        def call() -> None:
            if kind is Refresh.PARTIAL and known is not None:
                self._driver.partial(known, frame)
            else:
                self._driver.full(frame)

        await self._finish(Job(call), frame, kind, change, announces)

    async def _finish(
        self, job: Job, frame: Frame, kind: Refresh, change: Change, announces: Shutdown | None = None
    ) -> None:
        self._job = job
        try:
            await self._ended(job)
        except PanelError as error:
            self._give_up(frame, error)
            return
        if self._failed is not None:
            _log.info("The panel answers again")
        self._failed, self._pause, self._retry_at = None, FIRST_PAUSE_S, 0.0
        now = self._clock.now().mono
        self._glass = refresh.shown(self._glass, frame, change, kind, now)
        panel = self._state.dispatch(PanelShown(frame.view, kind is Refresh.FULL, announces)).panel
        self._memory.store(
            Remembered(
                self._glass,
                full_refreshes=panel.full_refreshes,
                partial_refreshes=panel.partial_refreshes,
                last_refresh_at=panel.last_refresh_at,
            )
        )

    def _give_up(self, frame: Frame, error: PanelError) -> None:
        if self._failed is None:
            _log.warning("%s", error)
        self._glass = Glass()
        self._failed = frame.view
        self._retry_at = self._clock.now().mono + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE_S)
        self._state.dispatch(PanelFailed(str(error)))

    async def _ended(self, job: Job) -> None:
        """Wait for the thread; raises ``PanelError`` when it failed, or hangs.

        A thread cannot be cancelled, so a cancelled wait goes on to its end: until then lines and bus are in use.
        """
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        job.when_ended(lambda: loop.call_soon_threadsafe(ended.set))
        limit = self._clock.now().mono + self._driver.call_s
        try:
            async with self._clock.timeout_at(limit):
                await ended.wait()
        except TimeoutError:
            raise PanelError(f"The panel's driver has not come back for {self._driver.call_s:g} s") from None
        except asyncio.CancelledError:
            with suppress(TimeoutError):
                async with self._clock.timeout_at(limit):
                    await ended.wait()
            raise
        finally:
            job.when_ended(None)  # when the thread comes back the loop may be gone
        if job.error is not None:
            raise job.error
