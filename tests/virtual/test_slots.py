"""Slots and root file systems, looked into by e2fsprogs."""

from pathlib import Path

import pytest

from mapio_display.virtual.slots import SLOT_BYTES, Slots, make_rootfs
from mapio_display.virtual.tools import run


@pytest.fixture(scope="module")
def rootfs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    image = tmp_path_factory.mktemp("rootfs") / "rootfs.ext4"
    make_rootfs(image, "2.1")
    return image


def test_a_new_gateway_has_its_system_in_slot_a_and_an_empty_slot_b(tmp_path: Path, rootfs: Path) -> None:
    slots = Slots(tmp_path)
    slots.create(rootfs)
    assert (slots.boots("A"), slots.boots("B")) == (True, False)
    lines = slots.os_release("A").splitlines()
    assert "MAPIO_OS_VERSION=2.1" in lines
    assert "MAPIO_OS_VERSION_PRETTY=Mapio OS distribution 2.1 (virtual)" in lines, "without quotes, as on the board"
    assert slots.os_release("B") == ""
    for image in slots.images.values():
        assert image.stat().st_size == SLOT_BYTES
        run("e2fsck", "-f", "-n", image)


@pytest.mark.tools
def test_a_root_file_system_without_init_does_not_boot(tmp_path: Path) -> None:
    image = tmp_path / "rootfs.ext4"
    make_rootfs(image, "2.3", boots=False)
    slots = Slots(tmp_path)
    slots.create(image)
    assert not slots.boots("A")
    assert "MAPIO_OS_VERSION=2.3\n" in slots.os_release("A")


def test_the_slots_take_no_more_room_than_their_content(tmp_path: Path, rootfs: Path) -> None:
    slots = Slots(tmp_path)
    slots.create(rootfs)
    assert sum(image.stat().st_blocks * 512 for image in slots.images.values()) < SLOT_BYTES
