"""Buttons and panel together: lines as the kernel's, and the controller's own times in a hurry."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from mapio_display.board.buttons import ButtonSource
from mapio_display.board.lines import InputLine
from mapio_display.core.facts.buttons import Button
from mapio_display.core.facts.event import Event
from mapio_display.core.facts.panel import PanelShown
from mapio_display.core.front.view import current_view
from mapio_display.core.snapshot import Snapshot
from mapio_display.panel.memory import Memory
from mapio_display.panel.screen import Screen
from mapio_display.panel.simulated import SimulatedTransport
from mapio_display.panel.waveshare import Driver
from mapio_display.state import State
from mapio_display.views.render import render
from mapio_display.views.sample import AT_REST
from mapio_display.virtual.chip import VirtualPanel
from mapio_display.words.catalogue import ENGLISH
from tests.board.lines import FakeChip, gpio_of

PATIENCE_S = 20.0
HASTE = 20.0
NAMES = {Button.UP: "BUTTON_UP", Button.DOWN: "BUTTON_DOWN"}


class Told(State):
    """The real state, and the views that came onto the glass."""

    def __init__(self) -> None:
        super().__init__(AT_REST, lambda command: None)
        self.shown: list[str] = []

    def dispatch(self, event: Event) -> Snapshot:
        if isinstance(event, PanelShown):
            self.shown.append(event.view)
        return super().dispatch(event)


@dataclass
class Front:
    """The front of a gateway, at rest in the view ``home``."""

    state: Told
    lines: FakeChip
    panel: VirtualPanel
    glass: Path
    now: float = field(default=100.0)

    async def press(self, *buttons: Button) -> None:
        """Press one after another, as quickly as a finger can, and let the daemon hear of it."""
        for button in buttons:
            for level in (0, 1):
                self.lines.set(NAMES[button], level, self.now)
                self.now += 0.05
                self.lines.pass_time(self.now)
        for _ in range(20):
            await asyncio.sleep(0)

    async def at_work(self) -> None:
        """Wait until the controller drives the glass."""
        while self.panel.chip.changes_at is None:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.001)

    async def at_rest(self) -> list[str]:
        """Wait until the glass shows what it should, and give the views that it has shown."""
        snapshot = self.state.snapshot
        while self.state.shown[-1:] != [current_view(snapshot)]:
            snapshot = await self.state.after(snapshot)
        await self.panel.quiet()
        return self.state.shown

    def shows(self, view: str) -> bool:
        """Whether the glass shows this view, dot by dot."""
        with Image.open(self.glass) as image:
            return image.tobytes() == render(view, self.state.snapshot, words=ENGLISH).bits


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    """All of it, running."""
    state, lines = Told(), FakeChip(*NAMES.values())
    panel = VirtualPanel(tmp_path / "chip.sock", tmp_path / "glass.png", haste=HASTE)
    panel.listen()
    driver = Driver("epd2in13_V4", SimulatedTransport(tmp_path / "chip.sock"))
    screen = Screen(state, partial(render, words=ENGLISH), driver, Memory(tmp_path / "panel.json", "boot"))

    def line(name: str) -> InputLine:
        return InputLine(name, gpio=gpio_of(lines))

    buttons = ButtonSource(state, NAMES, line=line)
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
        tasks = [group.create_task(part) for part in (panel.run(), screen.run(), buttons.run())]
        front = Front(state, lines, panel, tmp_path / "glass.png")
        await front.at_rest()
        yield front
        for task in reversed(tasks):
            task.cancel()
            await asyncio.wait([task])


async def test_of_presses_during_a_refresh_all_count_and_only_the_last_view_is_drawn(front: Front) -> None:
    await front.press(Button.DOWN)
    await front.at_work()
    await front.press(Button.DOWN, Button.DOWN, Button.UP)
    assert current_view(front.state.snapshot) == "system"
    assert await front.at_rest() == ["home", "webserver", "system"]
    assert front.shows("system")


async def test_presses_that_come_back_to_what_is_being_drawn_cost_no_refresh(front: Front) -> None:
    await front.press(Button.DOWN)
    await front.at_work()
    await front.press(Button.DOWN, Button.UP)
    assert await front.at_rest() == ["home", "webserver"]
    await front.press(Button.UP)
    assert await front.at_rest() == ["home", "webserver", "home"]
    assert front.shows("home")
