"""The one place where the snapshot lives: events go in, commands and changes come out."""

import asyncio
import time
from collections.abc import Callable

from mapio_display.core.commands import Command
from mapio_display.core.facts.clock import Now, Tick
from mapio_display.core.facts.event import Event
from mapio_display.core.reduce import reduce, wake_at
from mapio_display.core.snapshot import Snapshot


def system_clock() -> Now:
    """The machine's two clocks, now."""
    return Now(time.monotonic(), time.time())


class State:
    """Holds the snapshot and lets only the core change it.

    ``handle`` takes each command at once and without blocking (an actor's queue does). ``report`` is given the snapshot
    before and after each change.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        handle: Callable[[Command], None],
        clock: Callable[[], Now] = system_clock,
        *,
        report: Callable[[Snapshot, Snapshot], None] = lambda _before, _after: None,
    ) -> None:
        self._snapshot = snapshot
        self._handle = handle
        self._clock = clock
        self._report = report
        self._changed = asyncio.Event()

    @property
    def snapshot(self) -> Snapshot:
        """What is known now."""
        return self._snapshot

    def dispatch(self, event: Event) -> Snapshot:
        """Let the core take ``event``; raises ``Refused`` for a request that is turned down."""
        snapshot, commands = reduce(self._snapshot, event, self._clock())
        if snapshot != self._snapshot:
            self._report(self._snapshot, snapshot)
            self._snapshot = snapshot
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()
        for command in commands:
            self._handle(command)
        return snapshot

    async def after(self, known: Snapshot) -> Snapshot:
        """Wait until the snapshot is another than ``known``, and return the newest: what came between is skipped."""
        while self._snapshot is known:
            await self._changed.wait()
        return self._snapshot

    async def run(self) -> None:
        """Dispatch a ``Tick`` whenever a deadline of the core's has come."""
        while True:
            known = self._snapshot
            at = wake_at(known)
            try:
                async with asyncio.timeout(None if at is None else max(0.0, at - self._clock().mono)):
                    await self.after(known)
            except TimeoutError:
                self.dispatch(Tick())
