"""The data partition against real mounts, and unit names against systemd's own."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mapio_display.sources.data_partition import DataPartition


def units(tmp_path: Path, point: Path) -> list[Path]:
    """Folders as systemd has them, with a mount unit for ``point`` in the second."""
    escaped = subprocess.run(
        ["systemd-escape", "--path", "--suffix=mount", str(point)], check=True, capture_output=True, text=True
    )
    folder = tmp_path / "units"
    folder.mkdir()
    (folder / escaped.stdout.strip()).touch()
    return [tmp_path / "none", folder]


@pytest.fixture
def point(tmp_path: Path) -> Iterator[Path]:
    """Where something will be mounted; its name needs every kind of escape."""
    point = tmp_path / ".data of-MAPIO"
    point.mkdir()
    yield point
    subprocess.run(["umount", "--quiet", str(point)], check=False)


def mount(point: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "none", str(point)], check=True)


async def test_it_is_waited_for_until_it_is_mounted_whatever_else_is_mounted_first(tmp_path: Path, point: Path) -> None:
    partition = DataPartition(point / "mapio-display", units=units(tmp_path, point))
    assert (partition.mount_point, partition.is_there) == (point, False)
    other = tmp_path / "other"
    other.mkdir()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        waiting = group.create_task(partition.wait())
        await asyncio.to_thread(mount, other)
        await asyncio.to_thread(subprocess.run, ["umount", str(other)], check=True)
        assert not waiting.done()
        await asyncio.to_thread(mount, point)
        await waiting
    assert partition.is_there


async def test_what_is_mounted_already_is_not_waited_for(tmp_path: Path, point: Path) -> None:
    mount(point)
    await asyncio.wait_for(DataPartition(point, units=units(tmp_path, point)).wait(), 1)


async def test_without_a_mount_unit_there_is_nothing_to_wait_for(tmp_path: Path) -> None:
    partition = DataPartition(tmp_path / "data", units=[tmp_path])
    assert (partition.mount_point, partition.is_there) == (None, True)
    await asyncio.wait_for(partition.wait(), 1)


def test_of_several_mounts_above_each_other_the_nearest_counts(tmp_path: Path) -> None:
    for name in ("usr.mount", "usr-local.mount", "usr-local-other.mount"):
        (tmp_path / name).touch()
    assert DataPartition(Path("/usr/local/mapio-display"), units=[tmp_path]).mount_point == Path("/usr/local")
