"""The boot rule, and U-Boot's environment through its own tools."""

import subprocess
from pathlib import Path

import pytest

from mapio_display.virtual.tools import SEARCH
from mapio_display.virtual.uboot import DEFAULTS, SIZE, Choice, UbootEnvironment, choose


@pytest.mark.parametrize(
    ("environment", "slot", "changes"),
    [
        ({}, "A", {"BOOT_A_LEFT": "2"}),
        ({"BOOT_ORDER": "A B"}, "A", {"BOOT_A_LEFT": "2"}),
        ({"BOOT_ORDER": "B A"}, "B", {"BOOT_B_LEFT": "2"}),
        ({"BOOT_ORDER": "B A", "BOOT_B_LEFT": "1"}, "B", {"BOOT_B_LEFT": "0"}),
        ({"BOOT_ORDER": "B A", "BOOT_B_LEFT": "0", "BOOT_A_LEFT": "3"}, "A", {"BOOT_A_LEFT": "2"}),
        ({"BOOT_ORDER": "A", "BOOT_B_LEFT": "0"}, "A", {"BOOT_A_LEFT": "2"}),
        ({"BOOT_ORDER": "B", "BOOT_B_LEFT": "0"}, "A", {"BOOT_A_LEFT": "3", "BOOT_B_LEFT": "3"}),
        ({"BOOT_A_LEFT": "0", "BOOT_B_LEFT": "0"}, "A", {"BOOT_A_LEFT": "3", "BOOT_B_LEFT": "3"}),
        ({"BOOT_ORDER": ""}, "A", {"BOOT_A_LEFT": "3", "BOOT_B_LEFT": "3"}),
        ({"BOOT_ORDER": "C A"}, "A", {"BOOT_A_LEFT": "2"}),
        ({"BOOT_A_LEFT": "many"}, "B", {"BOOT_B_LEFT": "2"}),
    ],
)
def test_the_board_boots_the_first_slot_of_the_order_with_attempts_left(
    environment: dict[str, str], slot: str, changes: dict[str, str]
) -> None:
    assert choose(environment) == Choice(slot, changes)


def test_a_slot_that_never_gets_up_is_left_after_its_attempts() -> None:
    environment = {**DEFAULTS, "BOOT_ORDER": "B A"}
    booted = []
    for _ in range(4):
        choice = choose(environment)
        booted.append(choice.slot)
        environment |= choice.changes
    assert booted == ["B", "B", "B", "A"]


@pytest.fixture
def uboot(tmp_path: Path) -> UbootEnvironment:
    uboot = UbootEnvironment(tmp_path, tmp_path / "boot")
    uboot.create()
    return uboot


def test_a_new_environment_holds_the_boards_defaults(uboot: UbootEnvironment, tmp_path: Path) -> None:
    assert uboot.read() == DEFAULTS
    assert (tmp_path / "boot/uboot.env").stat().st_size == SIZE


def test_changes_are_written_together_and_the_rest_stays(uboot: UbootEnvironment) -> None:
    uboot.write({"BOOT_ORDER": "B A", "BOOT_B_LEFT": "1"})
    assert uboot.read() == {"BOOT_ORDER": "B A", "BOOT_A_LEFT": "3", "BOOT_B_LEFT": "1"}


def test_the_tools_find_the_environment_by_the_path(uboot: UbootEnvironment) -> None:
    def tool(*words: str) -> str:
        environment = {"PATH": f"{uboot.bin}:{SEARCH}"}
        return subprocess.run(words, check=True, capture_output=True, text=True, env=environment).stdout

    tool("fw_setenv", "BOOT_ORDER", "B A")
    assert tool("fw_printenv", "BOOT_ORDER") == "BOOT_ORDER=B A\n"
    assert uboot.read()["BOOT_ORDER"] == "B A"


@pytest.mark.tools
def test_of_two_copies_one_may_be_destroyed(tmp_path: Path) -> None:
    uboot = UbootEnvironment(tmp_path, tmp_path / "boot", copies=2)
    uboot.create()
    uboot.write({"BOOT_ORDER": "B A"})
    copies = list((tmp_path / "boot").iterdir())
    assert len(copies) == 2
    read = []
    for copy in copies:
        whole = copy.read_bytes()
        copy.write_bytes(whole[:-1] + b"x")
        read.append(uboot.read()["BOOT_ORDER"])
        copy.write_bytes(whole)
    assert sorted(read) == ["A B", "B A"], "the copy before the last write, and the one after it"
