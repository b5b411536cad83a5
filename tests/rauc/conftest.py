"""A RAUC that does what a test asks of it, on a bus of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from dbus_next.signature import Variant

from mapio_display.rauc.rauc import INTERFACE, NAME, PROPERTIES
from mapio_display.virtual.bus import CallRefused, PrivateBus, Service
from tests.host.conftest import dbus

__all__ = ["dbus"]

GERROR = "org.gtk.GDBus.UnmappedGError.Quark._g_2dio_2derror_2dquark.Code30"


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
async def played(dbus: PrivateBus) -> AsyncIterator[PlayedRauc]:
    """A RAUC that is not on the bus yet."""
    rauc = PlayedRauc(dbus.address)
    yield rauc
    rauc.stop()
