"""The state: events in, commands and changes out, and the core's deadlines kept."""

import asyncio

import pytest

from mapio_display.core.commands import Command, SaveWebEnabled
from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.daemon import Daemon, Lifecycle
from mapio_display.core.facts.update import Phase, Step, Update, UploadLost, UploadOpened
from mapio_display.core.facts.web import WebListening, WebSwitched
from mapio_display.core.snapshot import Snapshot
from mapio_display.errors import Refused
from mapio_display.state import State


class Clock:
    """Both clocks, held by the test."""

    def __init__(self) -> None:
        self.now = Now(100.0, 1_800_000_000.0)

    def __call__(self) -> Now:
        return self.now


def made(update: Update | None = None) -> tuple[State, list[Command], Clock]:
    commands: list[Command] = []
    clock = Clock()
    snapshot = Snapshot(Daemon("0", lifecycle=Lifecycle.RUNNING), update=update or Update())
    return State(snapshot, commands.append, clock), commands, clock


async def test_commands_are_handed_over_when_the_change_is_visible() -> None:
    state, commands, _ = made()
    state.dispatch(WebSwitched(enabled=False))
    assert commands == [SaveWebEnabled(False)]
    assert not state.snapshot.web.enabled


async def test_a_refused_request_changes_nothing_and_commands_nothing() -> None:
    state, commands, _ = made()
    before = state.snapshot
    with pytest.raises(Refused):
        state.dispatch(UploadOpened("u1", "x", 1))
    assert state.snapshot is before
    assert commands == []


async def test_who_waits_gets_the_newest_state_and_not_each_one() -> None:
    state, _, _ = made()
    seen = state.snapshot
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        waiting = group.create_task(state.after(seen))
        await asyncio.sleep(0)
        state.dispatch(WebListening(80))
        state.dispatch(WebListening(8080))
    assert waiting.result().web.port == 8080


async def test_an_event_without_effect_wakes_nobody() -> None:
    state, _, _ = made()
    seen = state.snapshot
    state.dispatch(UploadLost("nobody's"))
    assert state.snapshot is seen


async def test_a_deadline_of_the_cores_is_kept() -> None:
    announcing = Update(Step.ANNOUNCING, Phase.REBOOTING, "u1", deadline=100.0)
    state, commands, _ = made(announcing)
    seen = state.snapshot
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        task = group.create_task(state.run())
        await state.after(seen)
        task.cancel()
    assert state.snapshot.update.step is Step.REBOOTING
    assert len(commands) == 1
