"""The disk whose power is cut: what is synced survives, what is not may be lost, torn or out of order."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from mapio_display.durable import write_durably
from mapio_display.virtual.rauc_service import real_rauc_runs
from tests.soak.medium import SECTOR, Medium, survivors
from tests.soak.power import MIB, Emmc

A, B, C = b"a" * SECTOR, b"b" * SECTOR, b"c" * SECTOR
SEEDS = range(200)
needs_root = pytest.mark.skipif(
    not (real_rauc_runs() and Path("/dev/fuse").exists()), reason="takes root, loop devices and /dev/fuse"
)


def after_a_cut(write: Callable[[Medium], None], seed: int) -> bytes:
    medium = Medium(4 * SECTOR)
    write(medium)
    medium.restore(Random(seed))
    return medium.read(0, 3 * SECTOR)


def test_what_was_flushed_survives_every_cut() -> None:
    def write(medium: Medium) -> None:
        medium.write(0, A + B)
        medium.flush()
        medium.write(SECTOR, C)

    left = {after_a_cut(write, seed)[: 2 * SECTOR] for seed in SEEDS}
    assert left == {A + B, A + C}


def test_writes_in_the_cache_are_lost_torn_and_out_of_order() -> None:
    def write(medium: Medium) -> None:
        medium.write(0, A)
        medium.write(SECTOR, B + C)
        medium.write(0, B)

    left = {after_a_cut(write, seed) for seed in SEEDS}
    nothing = bytes(SECTOR)
    assert nothing * 3 in left, "all lost"
    assert B + B + C in left, "all kept"
    assert nothing + B + C in left, "the second alone, and neither the one before it nor the one after"
    assert A + B + C in left, "the first over the last: out of order"
    assert {B + B + nothing, nothing + B + nothing} & left, "torn"


def test_the_same_seed_leaves_the_same() -> None:
    writes = [(number * SECTOR, A) for number in range(50)]
    assert survivors(writes, Random(7)) == survivors(writes, Random(7))
    assert survivors(writes, Random(7)) != survivors(writes, Random(8))


def test_without_power_nothing_is_kept_and_everything_answered() -> None:
    medium = Medium(SECTOR)
    medium.write(0, A)
    medium.flush()
    medium.cut()
    medium.write(0, B)
    medium.flush()
    assert medium.read(0, SECTOR) == B
    medium.restore(Random(1))
    assert medium.read(0, SECTOR) == A


@asynccontextmanager
async def disk(directory: Path) -> AsyncIterator[tuple[Emmc, Path]]:
    folder = directory / "data"
    folder.mkdir()
    async with Emmc(directory, {"data": 16 * MIB}, {"data": folder}, {}) as emmc:
        await asyncio.to_thread(emmc.format)
        await asyncio.to_thread(emmc.attach)
        yield emmc, folder


@needs_root
async def test_a_file_system_keeps_what_was_synced_and_loses_what_was_not(tmp_path: Path) -> None:
    async with disk(tmp_path) as (emmc, folder):
        write_durably(folder / "synced", b"first")
        (folder / "synced").write_bytes(b"second")
        (folder / "unsynced").write_bytes(b"third")
        await emmc.cut("1")
        await emmc.down()
        assert (folder / "synced").read_bytes() in (b"first", b"")  # written over in place: its length was not synced
        assert not (folder / "unsynced").exists()


@needs_root
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


@needs_root
async def test_nothing_is_left_behind(tmp_path: Path) -> None:
    async with disk(tmp_path):
        assert str(tmp_path) in Path("/proc/self/mounts").read_text()
    assert str(tmp_path) not in Path("/proc/self/mounts").read_text()
    backed = [file.read_text() for file in Path("/sys/block").glob("loop*/loop/backing_file")]
    assert not [name for name in backed if name.startswith(os.fspath(tmp_path))]
