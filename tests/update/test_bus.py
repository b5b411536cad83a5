"""The connection to the bus, on a real one: calls, signals, and its loss."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from dbus_next.signature import Variant

from mapio_display.update.bus import DBUS, CallFailed, CallUnanswered, Connected, Disconnected, Inbox, Signal, SystemBus
from mapio_display.virtual.bus import CallRefused, PrivateBus, Service

NAME, PATH, INTERFACE = "org.example.Peer", "/peer", "org.example.Peer"
PEER = (NAME, PATH, INTERFACE)
RULE = f"type='signal',sender='{NAME}'"


@asynccontextmanager
async def running(*rules: str) -> AsyncIterator[tuple[SystemBus, Inbox]]:
    bus = SystemBus()
    inbox = bus.follow(*rules)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        task = group.create_task(bus.run())
        yield bus, inbox
        task.cancel()


async def told(inbox: Inbox, kind: type[Any]) -> Any:
    """The next item of this kind in the inbox."""
    while not isinstance(item := await inbox.get(), kind):
        pass
    return item


@pytest.fixture
async def peer(dbus: PrivateBus) -> AsyncIterator[Service]:
    peer = Service(dbus.address, NAME, PATH)

    def refuse(*words: str) -> tuple[str, list[Any]]:
        raise CallRefused("org.example.Error", " ".join(words))

    peer.offer(
        INTERFACE,
        {
            "Echo": lambda value: ("v", [value]),
            "Refuse": refuse,
            "Hang": lambda: None,
        },
    )
    await peer.start()
    yield peer
    peer.stop()


@pytest.mark.usefixtures("peer")
async def test_variants_are_unpacked_at_any_depth() -> None:
    nested = Variant("a{sv}", {"deep": Variant("av", [Variant("s", "x"), Variant("(iv)", [1, Variant("b", True)])])})
    async with running() as (bus, inbox):
        await told(inbox, Connected)
        assert await bus.call(*PEER, "Echo", "v", nested) == ({"deep": ["x", [1, True]]},)


@pytest.mark.usefixtures("peer")
async def test_an_error_comes_with_its_name_and_text() -> None:
    async with running() as (bus, inbox):
        await told(inbox, Connected)
        with pytest.raises(CallFailed, match=r"^not now$") as caught:
            await bus.call(*PEER, "Refuse", "s", "not now")
        assert caught.value.name == "org.example.Error"
        with pytest.raises(CallFailed) as caught:
            await bus.call("org.example.Nobody", PATH, INTERFACE, "Echo")
        assert caught.value.name == "org.freedesktop.DBus.Error.ServiceUnknown"


@pytest.mark.usefixtures("peer")
async def test_a_call_that_is_not_answered_is_given_up_in_time() -> None:
    async with running() as (bus, inbox):
        await told(inbox, Connected)
        with pytest.raises(CallUnanswered, match="Hang was not answered"):
            await bus.call(*PEER, "Hang", within=0.05)
        assert await bus.call(*PEER, "Echo", "v", Variant("s", "still there")) == ("still there",)


async def test_without_a_connection_a_call_fails_at_once() -> None:
    with pytest.raises(CallUnanswered, match="no connection"):
        await SystemBus().call(*DBUS, "GetId")


async def test_only_the_signals_asked_for_come_in_their_order_with_their_sender(peer: Service) -> None:
    async with running(RULE) as (bus, inbox):
        await told(inbox, Connected)
        other = Service(os.environ["DBUS_SYSTEM_BUS_ADDRESS"], "org.example.Other", PATH)
        await other.start()
        (owner,) = await bus.call(*DBUS, "GetNameOwner", "s", NAME)
        other.signal(INTERFACE, "Told", "i", 0)
        for number in range(1, 4):
            peer.signal(INTERFACE, "Told", "v", Variant("i", number))
        heard = [await told(inbox, Signal) for _ in range(3)]
        other.stop()
    assert heard == [Signal(owner, INTERFACE, "Told", (number,)) for number in range(1, 4)]


async def test_a_lost_bus_is_told_and_taken_up_again_and_a_waiting_call_ends(dbus: PrivateBus, peer: Service) -> None:
    async with running(RULE) as (bus, inbox):
        await told(inbox, Connected)
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(unanswered(bus))
            await bus.call(*PEER, "Echo", "v", Variant("s", "the call before has been sent"))
            await dbus.stop()
        assert "Hang" in waiting.result()
        assert isinstance(await told(inbox, Disconnected), Disconnected)
        peer.stop()

        await dbus.start()
        await told(inbox, Connected)
        again = Service(dbus.address, NAME, PATH)
        await again.start()
        again.signal(INTERFACE, "Told", "i", 1)
        assert (await told(inbox, Signal)).body == (1,)
        again.stop()


@pytest.mark.usefixtures("peer")
async def test_every_follower_hears_of_all_that_any_of_them_asked_for(peer: Service) -> None:
    bus = SystemBus()
    inboxes = [bus.follow(), bus.follow(RULE), bus.follow()]
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        task = group.create_task(bus.run())
        for inbox in inboxes:
            await told(inbox, Connected)
        peer.signal(INTERFACE, "Told", "i", 1)
        assert [(await told(inbox, Signal)).body for inbox in inboxes] == [(1,)] * 3
        task.cancel()


async def unanswered(bus: SystemBus) -> str:
    """Make a call that is never answered, and give the error's text."""
    with pytest.raises(CallUnanswered) as caught:
        await bus.call(*PEER, "Hang")
    return str(caught.value)


async def test_a_bus_that_comes_later_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dbus = PrivateBus(tmp_path)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", dbus.address)
    async with running() as (_, inbox):
        assert "FileNotFoundError" in (await told(inbox, Disconnected)).reason
        await dbus.start()
        await told(inbox, Connected)
    await dbus.stop()
    gc.collect()  # a socket left open would complain, and fail this test


async def test_a_connection_that_ended_leaves_no_descriptor_open(dbus: PrivateBus) -> None:
    gc.collect()
    gc.disable()
    try:
        before = descriptors()
        async with running() as (_, inbox):
            await told(inbox, Connected)
        assert descriptors() == before
    finally:
        gc.enable()


def descriptors() -> set[str]:
    """What is open in this process; the folder itself is, while it is read."""
    return {str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()}
