"""A bus of its own, and on it a RAUC that does what a test tells it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from dbus_next.aio.message_bus import MessageBus
from dbus_next.constants import MessageType
from dbus_next.message import Message
from dbus_next.signature import Variant

from mapio_display.core.events import Event
from mapio_display.update.rauc import INTERFACE, NAME, PROPERTIES
from mapio_display.virtual.bus import CallRefused, PrivateBus, Service

GERROR = "org.gtk.GDBus.UnmappedGError.Quark._g_2dio_2derror_2dquark.Code30"

E = TypeVar("E", bound=Event)


class Events:
    """A state that only keeps what it is told."""

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


class PlayedRauc:
    """RAUC's name on the bus. ``answers`` are by method: a reply's signature and values, an error's text, or None.

    With None the call is never answered. A method that is not in there is unknown, as ``InspectBundle`` was to 1.8.
    """

    def __init__(self, address: str) -> None:
        self.answers: dict[str, tuple[str, list[Any]] | str | None] = {
            "GetSlotStatus": ("a(sa{sv})", [[row("rootfs.0", "A", "booted"), row("rootfs.1", "B", "inactive")]]),
            "GetPrimary": ("s", ["rootfs.0"]),
            "Info": ("ss", ["mapio-image", "1.4.0"]),
            "InstallBundle": ("", []),
        }
        self.properties = {"LastError": Variant("s", "")}
        self.asked: list[str] = []
        self.called = asyncio.Event()
        self._service = Service(address, NAME, "/")
        for member in (*self.answers, "InspectBundle"):
            self._service.offer(INTERFACE, {member: self._answer(member)})
        self._service.offer(PROPERTIES, {"Get": lambda _interface, name: ("v", [self.properties[name]])})

    async def start(self) -> None:
        await self._service.start()

    def stop(self) -> None:
        self._service.stop()

    def announce(self, **changes: Variant) -> None:
        """Say that these properties have changed."""
        self._service.signal(PROPERTIES, "PropertiesChanged", "sa{sv}as", INTERFACE, changes, [])

    async def sent(self) -> None:
        """Return when the bus has received all that was announced."""
        await self._service.sent()

    def progress(self, percent: int, text: str) -> None:
        self.announce(Progress=Variant("(isi)", [percent, text, 1]))

    def complete(self, result: int) -> None:
        self._service.signal(INTERFACE, "Completed", "i", result)

    def _answer(self, member: str) -> Callable[..., tuple[str, list[Any]] | None]:
        def answer(*_arguments: Any) -> tuple[str, list[Any]] | None:
            self.asked.append(member)
            self.called.set()
            if member not in self.answers:
                raise CallRefused("org.freedesktop.DBus.Error.UnknownMethod", f"No such method “{member}”")
            reply = self.answers[member]
            if isinstance(reply, str):
                raise CallRefused(GERROR, reply)
            return reply

        return answer


def row(name: str, bootname: str, state: str, **more: Variant) -> list[Any]:
    """One slot, as GetSlotStatus tells it; for a dot in a key write two underscores."""
    told = {"bootname": bootname, "state": state, "boot-status": "good"}
    extra = {key.replace("__", "."): value for key, value in more.items()}
    return [name, {key: Variant("s", value) for key, value in told.items()} | extra]


@pytest.fixture
async def dbus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PrivateBus]:
    """A bus; it is the system bus for this test."""
    bus = PrivateBus(tmp_path)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address)
    await bus.start()
    yield bus
    await bus.stop()


@pytest.fixture
async def played(dbus: PrivateBus) -> AsyncIterator[PlayedRauc]:
    """A RAUC that is not on the bus yet."""
    rauc = PlayedRauc(dbus.address)
    yield rauc
    rauc.stop()


async def unique_name_of_the_follower(bus: MessageBus) -> str:
    """The last connection before this one."""
    reply = await bus.call(
        Message("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ListNames")
    )
    assert reply is not None
    assert reply.message_type is MessageType.METHOD_RETURN
    names = [name for name in reply.body[0] if name.startswith(":") and name != bus.unique_name]
    return str(max(names, key=lambda name: int(name.rpartition(".")[2])))
