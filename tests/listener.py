"""What a source reported, and a clock that the test moves on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from mapio_display.core.facts.event import Event

PATIENCE_S = 20.0


class Listener:
    """Takes the events of a source, and holds it in its pauses."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._pauses: asyncio.Queue[float] = asyncio.Queue()
        self._go_on = asyncio.Semaphore(0)

    def dispatch(self, event: Event) -> None:
        self._events.put_nowait(event)

    async def pause(self, seconds: float) -> None:
        self._pauses.put_nowait(seconds)
        await self._go_on.acquire()

    async def told(self) -> list[Event]:
        """Wait for the next pause; what was reported before it."""
        async with asyncio.timeout(PATIENCE_S):
            self.paused_for = await self._pauses.get()
        return [self._events.get_nowait() for _ in range(self._events.qsize())]

    async def next(self) -> Event:
        """Wait for the next event, pause or not."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._events.get()

    def go_on(self) -> None:
        """Let the pause be over."""
        self._go_on.release()

    async def later(self) -> list[Event]:
        """Let the pause be over; what was reported before the next one."""
        self.go_on()
        return await self.told()


@asynccontextmanager
async def running(run: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run a source for as long as the block lasts."""

    async def until_cancelled() -> None:
        await run()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(until_cancelled())
        yield
        task.cancel()
