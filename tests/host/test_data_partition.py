"""The data partition against real mounts, and unit names against systemd's own."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mapio_display.host.data_partition import DataPartition


def escaped(point: Path) -> str:
    """The name of the mount unit for ``point``, by systemd itself."""
    command = ["systemd-escape", "--path", "--suffix=mount", str(point)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def units(tmp_path: Path, point: Path, *, wanted: bool = True) -> list[Path]:
    """Folders as systemd has them, with a mount unit for ``point`` in the second."""
    name, folder = escaped(point), tmp_path / "units"
    (folder / "local-fs.target.requires").mkdir(parents=True)
    (folder / name).write_text("[Mount]\n")
    if wanted:
        (folder / "local-fs.target.requires" / name).symlink_to(f"../{name}")
    return [tmp_path / "none", folder]


def partition_of(folder: Path, tmp_path: Path, units: list[Path], fstab: str = "") -> DataPartition:
    """The partition of ``folder`` on a system with these units and this fstab."""
    (tmp_path / "fstab").write_text(fstab)
    return DataPartition(folder, fstab=tmp_path / "fstab", systemd=tmp_path, units=units)


@pytest.fixture
def point(tmp_path: Path) -> Iterator[Path]:
    """Where something will be mounted; its name needs every kind of escape."""
    point = tmp_path / ".data of-MAPIO"
    point.mkdir()
    yield point
    subprocess.run(["umount", "--quiet", "--lazy", str(point)], check=False)


def mount(point: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "none", str(point)], check=True)


@pytest.mark.root
async def test_it_is_waited_for_until_it_is_mounted_whatever_else_is_mounted_first(tmp_path: Path, point: Path) -> None:
    partition = partition_of(point / "mapio-display", tmp_path, units(tmp_path, point))
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


@pytest.mark.root
async def test_what_is_mounted_already_is_not_waited_for(tmp_path: Path, point: Path) -> None:
    mount(point)
    await asyncio.wait_for(partition_of(point, tmp_path, units(tmp_path, point)).wait(), 1)


async def test_without_a_mount_unit_there_is_nothing_to_wait_for(tmp_path: Path) -> None:
    partition = partition_of(tmp_path / "data", tmp_path, [tmp_path])
    assert (partition.mount_point, partition.is_there) == (None, True)
    await asyncio.wait_for(partition.wait(), 1)


def test_of_several_mounts_above_each_other_the_nearest_counts(tmp_path: Path) -> None:
    wants = tmp_path / "local-fs.target.wants"
    wants.mkdir()
    for name in ("usr.mount", "usr-local.mount", "usr-local-other.mount"):
        (wants / name).touch()
    assert partition_of(Path("/usr/local/mapio-display"), tmp_path, [tmp_path]).mount_point == Path("/usr/local")


@pytest.mark.tools
def test_a_unit_that_is_shipped_and_not_enabled_mounts_nothing(tmp_path: Path) -> None:
    """Debian and others ship a tmp.mount that nothing wants; this is the same."""
    shipped = units(tmp_path, Path("/srv"), wanted=False)
    assert partition_of(Path("/srv/data"), tmp_path, shipped).is_there


@pytest.mark.parametrize("mask", ["a link to /dev/null", "an empty file"])
@pytest.mark.tools
def test_a_unit_that_is_masked_mounts_nothing(tmp_path: Path, mask: str) -> None:
    none, shipped = units(tmp_path, Path("/usr/local"))
    none.mkdir()
    masked = none / escaped(Path("/usr/local"))
    if mask == "an empty file":
        masked.touch()
    else:
        masked.symlink_to("/dev/null")
    fstab = "/dev/mmcblk1p4 /usr/local auto defaults 1 1\n"
    assert partition_of(Path("/usr/local/data"), tmp_path, [none, shipped], fstab).is_there


@pytest.mark.parametrize(
    ("row", "waits"),
    [
        ("/dev/mmcblk1p4 /usr/local auto defaults 1 1", True),
        ("LABEL=data\t/usr/local  ext4", True),
        ("/dev/mmcblk1p4 /usr/local ext4 defaults,nofail 0 2", True),
        ("/dev/mmcblk1p4 /usr/local ext4 noauto 0 2", False),
        ("# /dev/mmcblk1p4 /usr/local ext4 defaults 0 2", False),
        ("/dev/mmcblk1p4 /usr/local\\040other ext4 defaults 0 2", False),
        ("/usr/local", False),
        ("\udcff\udcfe x /usr/local", False),
    ],
)
def test_what_fstab_lists_is_waited_for_before_systemd_has_made_units_of_it(
    tmp_path: Path, row: str, waits: bool
) -> None:
    fstab = tmp_path / "fstab"
    fstab.write_bytes(os.fsencode(f"proc /proc proc defaults 0 0\n{row}\n"))
    partition = DataPartition(Path("/usr/local/mapio-display"), fstab=fstab, systemd=tmp_path, units=[])
    assert partition.mount_point == (Path("/usr/local") if waits else None)


@pytest.mark.tools
def test_where_systemd_does_not_run_nothing_is_waited_for(tmp_path: Path, point: Path) -> None:
    there = units(tmp_path, point)
    assert DataPartition(point, fstab=tmp_path / "no", systemd=tmp_path / "no", units=there).is_there
