"""A bus of its own for a test, and a state that keeps the events it receives."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from dbus_next.aio.message_bus import MessageBus
from dbus_next.constants import MessageType
from dbus_next.message import Message

from mapio_display.core.facts.event import Event
from mapio_display.virtual.bus import PrivateBus

E = TypeVar("E", bound=Event)


class Events:
    """A state that only keeps the events it receives."""

    def __init__(self) -> None:
        self.all: list[Event] = []
        self._more = asyncio.Event()

    def dispatch(self, event: Event) -> None:
        self.all.append(event)
        self._more.set()

    async def until(self, kind: type[E], holds: Callable[[E], bool] = lambda _: True) -> E:
        """Wait for an event of this kind, and forget it with all that came before."""
        async with asyncio.timeout(10):
            while True:
                for index, event in enumerate(self.all):
                    if isinstance(event, kind) and holds(event):
                        del self.all[: index + 1]
                        return event
                self._more.clear()
                await self._more.wait()


@pytest.fixture
async def dbus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PrivateBus]:
    """A bus; it is the system bus for this test."""
    bus = PrivateBus(tmp_path)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address)
    await bus.start()
    yield bus
    await bus.stop()


async def unique_name_of_the_follower(bus: MessageBus) -> str:
    """The last connection before this one."""
    reply = await bus.call(
        Message("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ListNames")
    )
    assert reply is not None
    assert reply.message_type is MessageType.METHOD_RETURN
    names = [name for name in reply.body[0] if name.startswith(":") and name != bus.unique_name]
    return str(max(names, key=lambda name: int(name.rpartition(".")[2])))
