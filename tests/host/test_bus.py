"""The connection to the bus, on a real one: calls, signals, and its loss."""

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from dbus_next.aio.message_bus import MessageBus
from dbus_next.signature import SignatureTree, Variant

from mapio_display.host.bus import (
    DBUS,
    LARGEST_INBOX,
    CallFailed,
    CallUnanswered,
    Connected,
    Disconnected,
    Inbox,
    Signal,
    SystemBus,
    call_for_descriptor,
    close,
)
from mapio_display.virtual.bus import CallRefused, PrivateBus, Service
from tests.host.conftest import unique_name_of_the_follower

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
    """The next item of this kind in the inbox, but for the bus's own word on who owns a name."""
    while not isinstance(item := await inbox.get(), kind) or getattr(item, "member", "") == "NameOwnerChanged":
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


async def test_a_lost_bus_is_reported_and_connected_again_and_a_waiting_call_ends(
    dbus: PrivateBus, peer: Service
) -> None:
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
async def test_every_follower_receives_all_that_any_of_them_asked_for(peer: Service) -> None:
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


@pytest.mark.tools
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


# Hostile peers


SEND = """
import socket, struct, sys
from dbus_next.message import Message
from dbus_next.signature import Variant
from dbus_next.aio.message_bus import MessageBus
import asyncio

address, follower = sys.argv[1:]


def signal(signature, *body, member="Told"):
    message = Message.new_signal("/peer", "org.example.Peer", member, signature, list(body))
    message.destination, message.serial = follower, 99
    return message._marshall()


async def connected():
    bus = await MessageBus(bus_address=address).connect()
    bus._loop.remove_reader(bus._fd)
    bus._sock.setblocking(True)
    return bus._sock
"""

FLOOD = (
    SEND
    + """
wire = asyncio.run(connected())
one = signal("s", "x" * 500)
for _ in range(10):
    wire.sendall(one * 1000)
"""
)

ODD = (
    SEND
    + """
wire = asyncio.run(connected())
for number in range(1000):  # a signature for each, which dbus-next keeps
    code = f"{number:012b}".replace("0", "i").replace("1", "u")
    wire.sendall(signal(code, *[1] * 12))
wire.sendall(signal("as", [""] * 300_000))
deep = Variant("i", 1)
for _ in range(30):
    deep = Variant("v", deep)
wire.sendall(signal("v", deep))
wire.sendall(signal("a{sv}", {"Progress": Variant("(isi)", [100, "done", 1])}, member="Completed"))
"""
)


@asynccontextmanager
async def attacked(dbus: PrivateBus, script: str) -> AsyncIterator[asyncio.subprocess.Process]:
    looker = await MessageBus(bus_address=dbus.address).connect()
    follower = await unique_name_of_the_follower(looker)
    close(looker)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, dbus.address, follower)
    try:
        yield process
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_a_strangers_flood_neither_delays_answers_nor_fills_memory(dbus: PrivateBus, peer: Service) -> None:
    async with running(RULE) as (bus, inbox):
        await told(inbox, Connected)
        while not inbox.empty():
            inbox.get_nowait()
        before, slowest = resident(), 0.0
        async with attacked(dbus, FLOOD) as process:
            loop = asyncio.get_running_loop()
            while process.returncode is None:
                began = loop.time()
                await asyncio.sleep(0)  # what every other answer of the daemon waits for
                slowest = max(slowest, loop.time() - began)
        peer.signal(INTERFACE, "Told", "i", 7)
        assert (await told(inbox, Signal)).body == (7,)
        assert inbox.qsize() == 0
        assert bus.connected
    assert resident() - before < 10 * 2**20
    assert slowest < 0.5


async def test_a_stranger_s_odd_messages_cost_a_look_at_their_header(dbus: PrivateBus, peer: Service) -> None:
    async with running(RULE) as (bus, inbox):
        await told(inbox, Connected)
        known, before = len(SignatureTree._cache), resident()
        async with attacked(dbus, ODD):
            pass
        peer.signal(INTERFACE, "Told", "i", 7)
        assert (await told(inbox, Signal)).body == (7,)
        assert bus.connected
        assert len(SignatureTree._cache) < known + 10
    assert resident() - before < 20 * 2**20


async def test_an_owner_that_floods_a_slow_follower_costs_the_connection_and_no_memory(peer: Service) -> None:
    async with running(RULE) as (_, inbox):
        await told(inbox, Connected)
        for number in range(3 * LARGEST_INBOX):
            peer.signal(INTERFACE, "Told", "i", number)
            if number % 100 == 0:
                await peer.sent()
        reason = (await told(inbox, Disconnected)).reason
        assert "more signals come than can be read" in reason
        assert inbox.qsize() <= LARGEST_INBOX
        await told(inbox, Connected)  # and all is looked at anew
        peer.signal(INTERFACE, "Told", "i", -1)
        while (await told(inbox, Signal)).body != (-1,):
            pass


async def test_what_one_name_sends_fills_the_inbox_of_no_other_names_follower(dbus: PrivateBus, peer: Service) -> None:
    loud = Service(dbus.address, "org.example.Loud", PATH)
    await loud.start()
    async with running(RULE) as (bus, inbox):
        flooded = bus.follow("type='signal',sender='org.example.Loud'")
        await told(inbox, Connected)
        async with asyncio.timeout(10):
            for number in range(LARGEST_INBOX + 100):
                loud.signal(INTERFACE, "Told", "i", number)
                if number % 100 == 0:
                    await loud.sent()
                    while not flooded.empty():
                        flooded.get_nowait()
        await loud.sent()
        peer.signal(INTERFACE, "Told", "i", -1)
        assert (await told(inbox, Signal)).body == (-1,)
        assert bus.connected
    loud.stop()


async def test_signals_of_a_name_that_changes_hands_are_received_from_its_new_owner_only(
    dbus: PrivateBus, peer: Service
) -> None:
    async with running(RULE) as (bus, inbox):
        await told(inbox, Connected)
        old = await bus.owner(NAME)
        peer.stop()
        again = Service(dbus.address, NAME, PATH)
        await again.start()
        again.signal(INTERFACE, "Told", "i", 1)
        heard = await told(inbox, Signal)
        assert heard.sender != old
        assert heard.body == (1,)
        again.stop()


async def test_a_call_for_an_open_file_leaves_no_connection_to_a_bus_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bus"
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={path}")
    ended = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        ended.set()

    async with await asyncio.start_unix_server(silent, path), asyncio.timeout(20):
        with pytest.raises(CallUnanswered):
            await call_for_descriptor("a.b", "/", "a.b", "C", "", within=0.01)
        await ended.wait()


async def test_a_call_for_an_open_file_is_unanswered_where_there_is_no_bus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/missing")
    with pytest.raises(CallUnanswered):
        await call_for_descriptor("a.b", "/", "a.b", "C", "")
