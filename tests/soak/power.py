"""The gateway's eMMC, whose power can be cut: four partitions on loop devices, over one ``disk.py``.

As on the board there is one cache for all of them, so that a flush of one partition flushes the others too. /boot is
ext4 and not vfat, which this needs no kernel module for. The loop devices and what is mounted on them go away with
this process, however that ends: the devices clear themselves when nobody holds them, the mounts belong to a
namespace of its own (see ``__main__``), and the disk ends when nobody tells it anything any more.
"""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from mapio_display.virtual.tools import ToolError, run
from tests.soak.loop import Loop
from tests.soak.medium import NAME

MIB = 1024 * 1024
PATIENCE_S = 20.0
LOOK_S = 0.005


@dataclass(frozen=True, slots=True)
class Partition:
    """``size`` bytes from ``start``; where there is a ``folder`` it holds an ext4 that is mounted there."""

    name: str
    start: int
    size: int
    folder: Path | None = None


class DiskError(Exception):
    """The disk does not do what it is asked for, or what is on it cannot be repaired."""


class Emmc:
    """The disk and its partitions, from entering the ``with`` block until leaving it.

    ``links`` are where the devices of those partitions are found that have no file system of ours. ``stopped`` is set
    when the disk has stopped as ``arm`` asked for.
    """

    def __init__(
        self, directory: Path, sizes: dict[str, int], folders: dict[str, Path], links: dict[str, Path]
    ) -> None:
        self._root = directory / "fuse"
        self._links = links
        self._partitions: list[Partition] = []
        start = 0
        for name, size in sizes.items():
            self._partitions.append(Partition(name, start, size, folders.get(name)))
            start += size
        self._size = start
        self._loops: dict[str, Loop] = {}
        self._server: Process | None = None
        self._answers: asyncio.Queue[str] = asyncio.Queue()
        self._tasks = asyncio.TaskGroup()
        self._seeds: list[str] = []
        self._turn = asyncio.Lock()
        self._gone = False
        self.stopped = asyncio.Event()
        self.lost: list[tuple[int, int]] = []

    async def __aenter__(self) -> Self:
        self._root.mkdir(parents=True)
        command = [sys.executable, "-m", "tests.soak.disk", str(self._root), str(self._size)]
        # In a session of its own, so that Ctrl-C is for us and the disk is there until we are done.
        self._server = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, start_new_session=True)
        try:
            await self._tasks.__aenter__()
            self._tasks.create_task(self._listen())
            await self._answered()
        except BaseException:
            self._server.kill()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        assert self._server.stdin is not None
        try:
            if not self._gone:
                await self._tell("cut")
            await asyncio.to_thread(self.detach)
        finally:
            self._server.stdin.close()
            await self._server.wait()
            await asyncio.to_thread(run, "umount", "--lazy", self._root)
            await self._tasks.__aexit__(None, None, None)

    async def _listen(self) -> None:
        assert self._server is not None
        assert self._server.stdout is not None
        async for line in self._server.stdout:
            word, _, rest = line.decode().strip().partition(" ")
            if word == "stopped":
                self.stopped.set()
            else:
                self._answers.put_nowait(rest if word == "done" else word)
        self._gone = True
        self._answers.put_nowait("gone")

    async def _tell(self, *words: object) -> str:
        assert self._server is not None
        assert self._server.stdin is not None
        async with self._turn:
            if self._gone:
                raise DiskError("The disk is gone")
            self._server.stdin.write(" ".join(map(str, words)).encode() + b"\n")
            return await self._answered()

    async def _answered(self) -> str:
        async with asyncio.timeout(PATIENCE_S):
            answer = await self._answers.get()
        if answer == "impatient":
            raise DiskError("The disk waited too long for the order to continue")
        if answer == "gone":
            raise DiskError("The disk is gone")
        return answer

    @property
    def pid(self) -> int:
        """The disk's process."""
        assert self._server is not None
        return self._server.pid

    async def arm(self, needle: bytes, count: int) -> None:
        """Stop at the ``count``-th write or flush from the first write on that contains ``needle``."""
        self.stopped.clear()
        await self._tell("arm", needle.hex() or "-", count)

    async def disarm(self) -> None:
        """Do not stop any more."""
        await self._tell("disarm")

    async def cut(self, seed: str) -> None:
        """Take the power away; ``down`` gives it back, and what was lost is decided by ``seed``."""
        self._seeds.append(seed)
        await self._tell("cut")

    async def down(self) -> None:
        """Do what lies between two boots: everything is unmounted, checked, and mounted again."""
        await asyncio.to_thread(self.detach)
        if self._seeds:
            unsure, left = (await self._tell("restore", self._seeds.pop())).split()
            self.lost.append((int(unsure), int(left)))
        await asyncio.to_thread(self.attach)

    def format(self) -> None:
        """Make the file systems."""
        for partition in self._partitions:
            if partition.folder is not None:
                loop = self._loop(partition)
                run("mkfs.ext4", "-q", "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0", loop.device)
                loop.close()
                _wait_until_free(loop)

    def attach(self) -> None:
        """Check and mount all, as systemd does."""
        for partition in self._partitions:
            loop = self._loops[partition.name] = self._loop(partition)
            if partition.folder is None:
                link = self._links[partition.name]
                link.unlink(missing_ok=True)
                link.symlink_to(loop.device)
            else:
                _check(loop.device)
                run("mount", "--options", "noatime", loop.device, partition.folder)
                loop.close()

    def detach(self) -> None:
        """Unmount all, and return when nothing holds a device any more."""
        for partition in self._partitions:
            if partition.name in self._loops and partition.folder is not None:
                _unmount(partition.folder)
        for loop in self._loops.values():
            loop.close()
        for loop in self._loops.values():
            _wait_until_free(loop)
        self._loops.clear()

    def _loop(self, partition: Partition) -> Loop:
        return Loop(self._root / NAME, partition.start, partition.size)


def _check(device: str) -> None:
    try:
        run("e2fsck", "-p", device)
    except ToolError as error:
        if "ended with 1:" not in str(error):  # 1: mended
            raise DiskError(f"fsck: {error}") from error


def _unmount(folder: Path) -> None:
    ends = time.monotonic() + PATIENCE_S
    while True:
        try:
            run("umount", folder)
        except ToolError:  # busy: what was killed is not quite gone
            if time.monotonic() > ends:
                raise
            time.sleep(LOOK_S)
        else:
            return


def _wait_until_free(loop: Loop) -> None:
    """Wait until nobody holds a device: a file system lives on while a dying process holds on to it."""
    ends = time.monotonic() + PATIENCE_S
    while loop.in_use:
        if time.monotonic() > ends:
            raise DiskError(f"{loop.device} is still in use")
        time.sleep(LOOK_S)
