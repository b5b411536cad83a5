"""The program that empties a slot: what it writes can be mounted, and what is in use it leaves as it is."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from dbus_next.signature import Variant

from mapio_display.errors import RepairError
from mapio_display.rauc import empty_slot
from mapio_display.virtual.tools import run
from tests.rauc.conftest import PlayedRauc, row
from tests.soak.loop import Loop

SIZE = 8 * 1024 * 1024
pytestmark = pytest.mark.tools
mounts = pytest.mark.skipif(
    os.geteuid() != 0 or not Path("/dev/loop-control").exists(), reason="it mounts, which takes root and loop devices"
)


@pytest.fixture
def half(tmp_path: Path) -> Path:
    """A slot with half an image in it, or less."""
    slot = tmp_path / "slotB.img"
    slot.write_bytes(b"\xa5" * SIZE)
    return slot


def is_sound(slot: Path) -> bool:
    """Whether e2fsck finds an ext4 without a fault."""
    return subprocess.run(["e2fsck", "-fn", slot], check=False, capture_output=True).returncode == 0


@contextlib.contextmanager
def loop(slot: Path) -> Iterator[Path]:
    """The slot as a block device, which ends with this process at the latest."""
    with contextlib.closing(Loop(slot, 0, SIZE)) as device:
        yield Path(device.device)


def test_what_is_written_is_an_empty_file_system_at_the_slots_start(half: Path) -> None:
    empty_slot.write(half)
    assert is_sound(half)
    listed = run("debugfs", "-R", "ls -p /", half)
    assert sorted(line.split("/")[5] for line in listed.split("\n") if line) == [".", "..", "lost+found"]
    content = half.read_bytes()
    assert len(content) == SIZE
    assert content[1024 * 1024 :] == b"\xa5" * (SIZE - 1024 * 1024), "no more than it takes"


def test_a_cut_at_any_write_leaves_what_can_be_repaired_again_or_mounted(
    half: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cut(Exception):
        """The power goes."""

    for survive in range(3):
        half.write_bytes(b"\xa5" * SIZE)
        left = [survive]

        def sync(descriptor: int, left: list[int] = left) -> None:
            if left[0] == 0:
                raise Cut
            left[0] -= 1

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", sync)
            with pytest.raises(Cut):
                empty_slot.write(half)
        superblock = half.read_bytes()[1024:2048]
        assert superblock in (bytes(1024), b"\xa5" * 1024) or is_sound(half)
        empty_slot.write(half)
        assert is_sound(half)


def test_a_slot_that_is_too_small_is_left_as_it_is(tmp_path: Path) -> None:
    small = tmp_path / "small.img"
    small.write_bytes(b"\xa5" * 4096)
    with pytest.raises(RepairError, match="too small"):
        empty_slot.write(small)
    assert small.read_bytes() == b"\xa5" * 4096


@mounts
def test_a_slot_that_can_be_mounted_is_left_as_it_is(half: Path) -> None:
    empty_slot.refuse_mountable(half)  # it cannot
    run("mkfs.ext4", "-q", "-F", half)
    with pytest.raises(RepairError, match="can be mounted"):
        empty_slot.refuse_mountable(half)
    assert is_sound(half)


@mounts
def test_a_slot_that_is_mounted_is_left_as_it_is(half: Path, tmp_path: Path) -> None:
    run("mkfs.ext4", "-q", "-F", half)
    where = tmp_path / "mnt"
    where.mkdir()
    with loop(half) as device:
        run("mount", device, where)
        try:
            with pytest.raises(OSError, match="busy"):
                empty_slot.write(device)
            with pytest.raises(RepairError, match="in use"):
                empty_slot.write(half)
        finally:
            run("umount", where)
    assert is_sound(half)


@mounts
def test_an_emptied_slot_can_be_mounted(half: Path, tmp_path: Path) -> None:
    where = tmp_path / "mnt"
    where.mkdir()
    with loop(half) as device:
        empty_slot.write(device)
        run("mount", "-t", "ext4", device, where)
        try:
            assert [entry.name for entry in where.iterdir()] == ["lost+found"]
        finally:
            run("umount", where)


def given_up(device: Path, **more: str) -> dict[str, Variant]:
    told = {"device": str(device), "type": "ext4", "class": "rootfs", "boot-status": "bad", **more}
    return {key: Variant("s", value) for key, value in told.items()}


@mounts
async def test_the_slot_is_the_one_that_rauc_itself_has_given_up(played: PlayedRauc, half: Path) -> None:
    booted = row("rootfs.0", "A", "booted", **{"class": Variant("s", "rootfs")})
    played.answers["GetSlotStatus"] = ("a(sa{sv})", [[booted, row("rootfs.1", "B", "inactive", **given_up(half))]])
    await played.start()
    with pytest.raises(RepairError, match=r"has not given up rootfs\.0"):
        await empty_slot.empty("rootfs.0")
    await empty_slot.empty("rootfs.1")
    assert is_sound(half)
    with pytest.raises(RepairError, match="can be mounted"):
        await empty_slot.empty("rootfs.1")


@pytest.mark.parametrize(
    ("more", "primary"), [({"boot-status": "good"}, "rootfs.0"), ({}, "rootfs.1"), ({"mountpoint": "/mnt"}, "rootfs.0")]
)
async def test_a_slot_in_use_is_left_as_it_is_for_any_caller(
    played: PlayedRauc, half: Path, more: dict[str, str], primary: str
) -> None:
    before = half.read_bytes()
    booted = row("rootfs.0", "A", "booted", **{"class": Variant("s", "rootfs")})
    slot = row("rootfs.1", "B", "inactive", **given_up(half, **more))
    played.answers["GetSlotStatus"] = ("a(sa{sv})", [[booted, slot]])
    played.answers["GetPrimary"] = ("s", [primary])
    await played.start()
    with pytest.raises(RepairError, match="left as it is"):
        await empty_slot.empty("rootfs.1")
    assert half.read_bytes() == before


async def test_while_rauc_installs_nothing_is_written(played: PlayedRauc, half: Path) -> None:
    played.answers["GetSlotStatus"] = "already processing a different method"
    await played.start()
    with pytest.raises(RepairError, match="installing"):
        await empty_slot.empty("rootfs.1")
    assert half.read_bytes() == b"\xa5" * SIZE
