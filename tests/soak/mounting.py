"""Tests of the disk whose power is cut, which ``test_power.py`` runs in a namespace of their own."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mapio_display.durable import write_durably
from tests.soak.loop import backed_by
from tests.soak.power import MIB, DiskError, Emmc

pytestmark = pytest.mark.root


@asynccontextmanager
async def disk(directory: Path) -> AsyncIterator[tuple[Emmc, Path]]:
    folder = directory / "data"
    folder.mkdir()
    async with Emmc(directory, {"data": 16 * MIB}, {"data": folder}, {}) as emmc:
        await asyncio.to_thread(emmc.format)
        await asyncio.to_thread(emmc.attach)
        yield emmc, folder


async def test_a_file_system_keeps_what_was_synced_and_loses_what_was_not(tmp_path: Path) -> None:
    async with disk(tmp_path) as (emmc, folder):
        write_durably(folder / "synced", b"first")
        (folder / "synced").write_bytes(b"second")
        (folder / "unsynced").write_bytes(b"third")
        await emmc.cut("1")
        await emmc.down()
        assert (folder / "synced").read_bytes() in (b"first", b"")  # written over in place: its length was not synced
        assert not (folder / "unsynced").exists()


async def test_a_file_is_replaced_wholly_or_not_at_whatever_write_the_power_goes(tmp_path: Path) -> None:
    async with disk(tmp_path) as (emmc, folder):
        stops = 0
        for count in range(1, 12):
            old, new = b"%d" % (count - 1), b"%d" % count
            write_durably(folder / "file", old)
            await emmc.arm(b"", count)
            writing = asyncio.create_task(asyncio.to_thread(write_durably, folder / "file", new))  # noqa: TID251
            waiting = asyncio.create_task(emmc.stopped.wait())  # noqa: TID251
            await asyncio.wait([writing, waiting], return_when=asyncio.FIRST_COMPLETED)
            stopped = emmc.stopped.is_set()
            stops += stopped
            await emmc.cut(str(count))
            await writing
            waiting.cancel()
            await emmc.down()
            assert (folder / "file").read_bytes() in ((old, new) if stopped else (new,))
        assert stops > 3


async def test_nothing_is_left_behind(tmp_path: Path) -> None:
    async with disk(tmp_path):
        assert str(tmp_path) in Path("/proc/self/mounts").read_text()
        assert backed_by(tmp_path)
    assert str(tmp_path) not in Path("/proc/self/mounts").read_text()
    assert not backed_by(tmp_path)


async def test_a_disk_that_ended_is_reported(tmp_path: Path) -> None:
    async with disk(tmp_path) as (emmc, _):
        os.kill(emmc.pid, signal.SIGKILL)
        with pytest.raises(DiskError, match="gone"):
            await emmc.disarm()
