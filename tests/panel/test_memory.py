"""What the glass shows is known after a restart, and believed in the same boot only."""

from dataclasses import replace
from pathlib import Path

import pytest

from mapio_display.core.frame import Box, Glass
from mapio_display.panel.memory import Memory, Remembered
from tests.panel.fakes import noise

GLASS = Remembered(
    Glass(
        frame=replace(noise(1, "home"), secrets=(Box(1, 2, 30, 40),)),
        partials=3,
        changed=4711,
        at=1234.5,
        full_at=1200.25,
        tidy_at=1249.5,
    ),
    full_refreshes=7,
    partial_refreshes=12,
    last_refresh_at="2026-11-23T14:05:00Z",
)


def test_what_was_stored_is_known_after_a_restart(tmp_path: Path) -> None:
    Memory(tmp_path / "panel.json", "boot").store(GLASS)
    assert Memory(tmp_path / "panel.json", "boot").load() == GLASS


def test_another_boot_knows_nothing(tmp_path: Path) -> None:
    Memory(tmp_path / "panel.json", "boot").store(GLASS)
    assert Memory(tmp_path / "panel.json", "next boot").load() is None


def test_without_a_boot_id_nothing_is_believed(tmp_path: Path) -> None:
    Memory(tmp_path / "panel.json", None).store(GLASS)
    assert Memory(tmp_path / "panel.json", None).load() is None


def test_a_refresh_under_way_leaves_the_glass_unknown_and_the_counters_known(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "panel.json", "boot")
    memory.store(GLASS)
    memory.begin(1300.0)
    assert Memory(tmp_path / "panel.json", "boot").load() == replace(
        GLASS, glass=replace(GLASS.glass, frame=None, at=1300.0)
    )


def test_the_first_refresh_of_all_is_known_to_be_under_way(tmp_path: Path) -> None:
    Memory(tmp_path / "run" / "panel.json", "boot").begin(10.0)
    assert Memory(tmp_path / "run" / "panel.json", "boot").load() == Remembered(Glass(at=10.0))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"boot_id": "boot"}',
        b'{"boot_id": "boot", "glass": 3}',
        b'{"boot_id": "boot", "glass": {"frame": 3}}',
        b'{"boot_id": "boot", "glass": {"partials": "3"}}',
        b"\xff",
    ],
)
def test_an_unusable_file_is_nothing_known(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "panel.json").write_bytes(content)
    assert Memory(tmp_path / "panel.json", "boot").load() is None


def test_only_the_owner_of_the_daemon_may_read_a_picture_that_may_show_the_pin(tmp_path: Path) -> None:
    Memory(tmp_path / "panel.json", "boot").store(GLASS)
    assert (tmp_path / "panel.json").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["panel.json"]


def test_when_it_cannot_be_written_nothing_old_is_claimed(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "panel.json", "boot")
    memory.store(GLASS)
    (tmp_path / "panel.part").mkdir()  # stands in the way of the new file
    memory.begin(1300.0)
    assert Memory(tmp_path / "panel.json", "boot").load() is None
