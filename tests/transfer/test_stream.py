"""Bytes from a real socket to the disk: in their order, as they come, and no more of them in memory than a buffer."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from mapio_display.transfer.part import Part
from mapio_display.transfer.store import BundleStore
from mapio_display.transfer.stream import BUFFER_BYTES, SenderLost, SocketStream
from tests.transfer.stuck import Stuck

PATIENCE_S = 20.0
MANY = 100 * BUFFER_BYTES


@dataclass
class Pouring:
    """A stream that a thread pours into a part, and its sender; ``now`` is its clock."""

    sender: socket.socket
    receiver: socket.socket
    stream: SocketStream
    part: Part
    now: float = 0.0

    async def send(self, content: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.sender, content)

    async def until(self, offset: int) -> None:
        """Wait until so many bytes are in the part."""
        async with asyncio.timeout(PATIENCE_S):
            while self.part.offset < offset:  # noqa: ASYNC110 - the thread tells nobody
                await asyncio.sleep(0.001)

    async def waits(self) -> None:
        """Wait until the thread waits for the sender."""
        async with asyncio.timeout(PATIENCE_S):
            while self.stream._waits_since is None:  # noqa: ASYNC110 - the thread does not report it
                await asyncio.sleep(0.001)

    def content(self) -> bytes:
        return os.pread(self.part._file, self.part.offset + 1, 0)


@asynccontextmanager
async def pouring(
    folder: Path, left: int, *, first: Sequence[bytes] = (), family: int = socket.AF_INET, stall_s: float = PATIENCE_S
) -> AsyncIterator[tuple[Pouring, asyncio.Future[None]]]:
    """Yields it with the thread's end."""
    if family == socket.AF_INET:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            sender = socket.create_connection(listener.getsockname())
            receiver = listener.accept()[0]
    else:
        sender, receiver = socket.socketpair()
    store = BundleStore(folder)
    store.reserve("u1", 0)
    with sender, receiver, store.open("u1", None) as part:
        sender.setblocking(False)
        receiver.setblocking(False)
        stream = SocketStream(receiver.dup(), first, left, stall_s, lambda: there.now)
        there = Pouring(sender, receiver, stream, part)
        done = asyncio.get_running_loop().run_in_executor(None, stream.pour, part)
        try:
            yield there, done
        finally:
            stream.interrupt()
            with suppress(SenderLost):
                await done
            stream.close()


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_UNIX])
@pytest.mark.parametrize("size", [0, 1, BUFFER_BYTES - 1, BUFFER_BYTES, BUFFER_BYTES + 1, 3 * BUFFER_BYTES + 7])
async def test_what_comes_is_what_was_sent(tmp_path: Path, family: int, size: int) -> None:
    content = os.urandom(size)
    first = [content[: size // 3], content[size // 3 : size // 2]]
    async with pouring(tmp_path, size, first=first, family=family) as (there, done), asyncio.timeout(PATIENCE_S):
        await there.send(content[size // 2 :])
        await done
        assert there.content() == content
        assert there.stream.left == 0


async def test_what_follows_the_body_is_left_where_it_is(tmp_path: Path) -> None:
    async with pouring(tmp_path, 4) as (there, done):
        await there.send(b"bodynext")
        await done
        assert there.content() == b"body"
        assert there.receiver.recv(10) == b"next"


async def test_the_last_bytes_are_not_waited_for_longer_than_they_take(tmp_path: Path) -> None:
    """The kernel is to gather many before it wakes anybody; of these there will be no more."""
    async with pouring(tmp_path, BUFFER_BYTES + 3) as (there, done):
        await there.send(bytes(BUFFER_BYTES))
        await there.until(BUFFER_BYTES)
        assert there.receiver.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT) == 3
        await there.send(b"end")
        await done
        there.stream.close()
        assert there.receiver.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT) == 1  # for who reads on


async def test_a_few_bytes_in_the_midst_of_many_are_taken(tmp_path: Path) -> None:
    """The kernel would gather more before it hands them on."""
    async with pouring(tmp_path, MANY) as (there, _):
        await there.send(b"a few")
        await there.until(5)
        await there.send(b" more")
        await there.until(10)
        assert there.content() == b"a few more"


async def test_what_a_lost_sender_sent_is_kept(tmp_path: Path) -> None:
    async with pouring(tmp_path, MANY) as (there, done):
        await there.send(bytes(BUFFER_BYTES + 5))
        there.sender.close()
        with pytest.raises(SenderLost, match="ended"):
            await done
        assert (there.part.offset, there.stream.left) == (BUFFER_BYTES + 5, MANY - BUFFER_BYTES - 5)


async def test_a_silent_sender_is_lost_after_the_time_out_and_not_before(tmp_path: Path) -> None:
    async with pouring(tmp_path, MANY, stall_s=30) as (there, done):
        for offset in (1, 2, 3):
            await there.send(b"x")
            await there.until(offset)
            await there.waits()
            there.now += 29
        assert not done.done()
        there.now += 2
        with pytest.raises(SenderLost, match="too long"):
            await done


async def test_an_interrupted_sender_is_lost_and_the_connection_is_not(tmp_path: Path) -> None:
    async with pouring(tmp_path, MANY) as (there, done):
        await there.send(b"some")
        await there.until(4)
        there.stream.interrupt()
        with pytest.raises(SenderLost, match="interrupted"):
            await done
        await there.send(b"more")
        assert there.receiver.recv(10) == b"more"


async def test_a_disk_that_stands_still_holds_up_the_sender_and_is_no_silence(tmp_path: Path) -> None:
    size, disk = 8 * BUFFER_BYTES, Stuck()
    async with (
        pouring(tmp_path, size, family=socket.AF_UNIX, stall_s=30) as (there, done),
        asyncio.TaskGroup() as group,
    ):
        disk.hold_up(there.part)
        sending = group.create_task(there.send(bytes(size)))
        await asyncio.to_thread(disk.reached.wait)
        there.now += 100
        assert (there.stream.silent_s(), done.done(), sending.done()) == (0, False, False)
        disk.runs.set()
        async with asyncio.timeout(PATIENCE_S):
            await done
