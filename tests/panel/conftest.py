"""A screen whose time, state and panel a test holds in its hands."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from types import ModuleType
from zlib import crc32

import pytest

from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.daemon import Daemon
from mapio_display.core.facts.event import Event
from mapio_display.core.facts.panel import PanelFailed, PanelShown
from mapio_display.core.frame import Frame
from mapio_display.core.front.refresh import Change
from mapio_display.core.snapshot import Snapshot
from mapio_display.errors import PanelError
from mapio_display.panel.early import Early
from mapio_display.panel.memory import Memory
from mapio_display.panel.screen import Driver, Screen
from mapio_display.state import State
from tests.panel.fakes import noise


class HeldClock:
    """Time that stands still until a test moves it on."""

    def __init__(self) -> None:
        self.mono = 5000.0
        self._waits: list[tuple[float, asyncio.Timeout]] = []

    def now(self) -> Now:
        return Now(self.mono, 1_800_000_000 + self.mono)

    @asynccontextmanager
    async def timeout_at(self, mono: float | None) -> AsyncIterator[None]:
        async with asyncio.timeout(None) as timeout:
            wait = (float("inf") if mono is None else mono, timeout)
            self._waits.append(wait)
            self._ring()
            try:
                yield
            finally:
                self._waits.remove(wait)

    def advance(self, seconds: float) -> None:
        self.mono += seconds
        self._ring()

    def _ring(self) -> None:
        for mono, timeout in self._waits:
            if mono <= self.mono:
                timeout.reschedule(asyncio.get_running_loop().time())


@dataclass(frozen=True)
class Call:
    """One call of the driver: what it was asked to show, and on a glass that shows what."""

    kind: str
    frame: Frame
    old: Frame | None = None


class HeldPanel:
    """A driver whose every call lasts until the test lets it end."""

    can_partial = True
    call_s = 10.0

    def __init__(self) -> None:
        self.closed = False
        self.woken = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._calls: asyncio.Queue[Call] = asyncio.Queue()
        self._outcomes: SimpleQueue[PanelError | None] = SimpleQueue()

    def wake(self) -> None:
        assert not self.closed
        self.woken.set()

    def full(self, frame: Frame) -> None:
        self._run(Call("full", frame))

    def partial(self, old: Frame, new: Frame) -> None:
        self._run(Call("partial", new, old))

    def close(self) -> None:
        self.closed = True

    async def begun(self) -> Call:
        """Wait for the next call to begin."""
        async with asyncio.timeout(10):
            return await self._calls.get()

    def finish(self) -> None:
        """Let the call that runs, or else the next, succeed."""
        self._outcomes.put(None)

    def fail(self, reason: str = "no answer") -> None:
        """Let the call that runs, or else the next, fail."""
        self._outcomes.put(PanelError(reason))

    @property
    def idle(self) -> bool:
        """Whether no call has begun that the test does not know of."""
        return self._calls.empty()

    def _run(self, call: Call) -> None:
        assert not self.closed
        self._loop.call_soon_threadsafe(self._calls.put_nowait, call)
        outcome = self._outcomes.get()
        if outcome is not None:
            raise outcome


def render(view: str, snapshot: Snapshot) -> Frame:
    """A picture of the view, with a few dots that tell the host name and the percentage."""
    picture = noise(crc32(view.encode()), view)
    telling = crc32(f"{snapshot.hostname} {snapshot.update.percent}".encode()).to_bytes(4)
    items = frozenset({(Change.FACT, snapshot.hostname), (Change.PROGRESS, snapshot.update.percent)})
    return replace(picture, bits=telling + picture.bits[4:], items=items)


class ListeningState(State):
    """The real state, and queues of what the screen told it."""

    def __init__(self, snapshot: Snapshot, clock: Callable[[], Now]) -> None:
        super().__init__(snapshot, lambda command: None, clock)
        self.failures: asyncio.Queue[str] = asyncio.Queue()
        self.frames: asyncio.Queue[str] = asyncio.Queue()

    def dispatch(self, event: Event) -> Snapshot:
        if isinstance(event, PanelFailed):
            self.failures.put_nowait(event.reason)
        elif isinstance(event, PanelShown):
            self.frames.put_nowait(event.view)
        return super().dispatch(event)


class Stage:
    """A screen at work, and everything around it."""

    def __init__(self, folder: Path, group: asyncio.TaskGroup) -> None:
        self.clock = HeldClock()
        self.state = ListeningState(Snapshot(Daemon("0")), self.clock.now)
        self.panel = HeldPanel()
        self.folder = folder
        self.rendered = 0
        self.while_drawing: Callable[[], object] = lambda: None
        self._group = group

    def memory(self, boot_id: str = "boot") -> Memory:
        return Memory(self.folder / "panel.json", boot_id)

    def start(
        self, early: Early | None = None, driver: Driver | None = None, boot_id: str = "boot"
    ) -> tuple[Screen, asyncio.Task[None]]:
        screen = Screen(
            self.state, self._render, driver or self.panel, self.memory(boot_id), early=early, clock=self.clock
        )
        return screen, self._group.create_task(screen.run())

    def happen(self, *events: Event) -> None:
        for event in events:
            self.state.dispatch(event)

    async def until(self, condition: Callable[[Snapshot], bool]) -> Snapshot:
        """Wait until the snapshot is as it should become."""
        async with asyncio.timeout(10):
            snapshot = self.state.snapshot
            while not condition(snapshot):
                snapshot = await self.state.after(snapshot)
            return snapshot

    async def show(self) -> Call:
        """Let one refresh take place from beginning to end."""
        call = await self.panel.begun()
        await self.finish()
        return call

    async def finish(self) -> None:
        """Let the refresh that runs succeed."""
        self.panel.finish()
        await self.shown()

    async def shown(self) -> str:
        """Wait for the next frame to be reported; gives its view."""
        async with asyncio.timeout(10):
            return await self.state.frames.get()

    async def failure(self) -> str:
        """Wait for the next failure to be reported; the screen then waits for its next try."""
        async with asyncio.timeout(10):
            return await self.state.failures.get()

    @property
    def refreshes(self) -> int:
        panel = self.state.snapshot.panel
        return panel.full_refreshes + panel.partial_refreshes

    async def settle(self) -> None:
        """Let every task run until it waits for something."""
        for _ in range(20):
            await asyncio.sleep(0)

    def _render(self, view: str, snapshot: Snapshot) -> Frame:
        self.rendered += 1
        self.while_drawing()
        return render(view, snapshot)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A screen that has yet to start; what is at work in the end is cancelled."""
    async with asyncio.TaskGroup() as group:
        stage = Stage(tmp_path, group)
        yield stage
        for task in list(group._tasks):
            task.cancel()
        stage.panel.finish()  # a test that failed may have left its call running


@pytest.fixture
def rpi_gpio(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module RPi.GPIO that loads here, for the drivers that import it and use nothing of it."""
    package = ModuleType("RPi")
    package.GPIO = ModuleType("RPi.GPIO")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "RPi", package)
    monkeypatch.setitem(sys.modules, "RPi.GPIO", package.GPIO)
