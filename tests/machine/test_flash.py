import struct
from pathlib import Path
from random import Random

import pytest

from tests.machine.flash import BLOCK, FLUSH, FUA, MAGIC, LogError, Lost, bring

A, B, C = (letter * BLOCK for letter in (b"A", b"B", b"C"))


def entry(sector: int, content: bytes = b"", flags: int = 0) -> bytes:
    return struct.pack("<QQQQ", sector, len(content) // BLOCK, flags, 0).ljust(BLOCK, b"\0") + content


def log_of(path: Path, *entries: bytes) -> Path:
    path.write_bytes(struct.pack("<QQQI", MAGIC, 1, len(entries), BLOCK).ljust(BLOCK, b"\0") + b"".join(entries))
    return path


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    path = tmp_path / "disk"
    path.write_bytes(bytes(8 * BLOCK))
    return path


class Nothing(Random):
    """A power cut that leaves nothing of what was not flushed."""

    def choice(self, _seq: object) -> float:  # type: ignore[override]
        return 0.0


def test_a_machine_that_was_switched_off_has_written_all(tmp_path: Path, disk: Path) -> None:
    log = log_of(tmp_path / "log", entry(1, A), entry(0, flags=FLUSH), entry(2, B + C))
    assert bring(log, disk, None) == Lost(2 * BLOCK, 2 * BLOCK)
    assert disk.read_bytes() == bytes(BLOCK) + A + B + C + bytes(4 * BLOCK)


def test_a_power_cut_leaves_what_was_flushed_and_not_what_came_after(tmp_path: Path, disk: Path) -> None:
    log = log_of(tmp_path / "log", entry(1, A), entry(0, flags=FLUSH), entry(1, B), entry(2, C))
    assert bring(log, disk, Nothing()) == Lost(2 * BLOCK, 0)
    assert disk.read_bytes() == bytes(BLOCK) + A + bytes(6 * BLOCK)


def test_a_write_through_the_cache_is_safe_alone(tmp_path: Path, disk: Path) -> None:
    log = log_of(tmp_path / "log", entry(1, A), entry(2, B, FUA))
    assert bring(log, disk, Nothing()) == Lost(BLOCK, 0)
    assert disk.read_bytes() == bytes(2 * BLOCK) + B + bytes(5 * BLOCK)


def test_a_power_cut_tears_what_was_not_flushed(tmp_path: Path, disk: Path) -> None:
    log = log_of(tmp_path / "log", *(entry(sector, A) for sector in range(8)))
    found = set()
    for seed in range(40):
        disk.write_bytes(bytes(8 * BLOCK))
        bring(log, disk, Random(seed))
        found.add(disk.read_bytes())
    assert len(found) > 8
    assert all(set(content) <= {0, ord("A")} for content in found)


def test_an_entry_that_was_cut_off_does_not_count(tmp_path: Path, disk: Path) -> None:
    log = log_of(tmp_path / "log", entry(1, A), entry(2, B + C)[:-1])
    bring(log, disk, None)
    assert disk.read_bytes() == bytes(BLOCK) + A + bytes(6 * BLOCK)


def test_a_machine_that_was_cut_off_before_its_first_flush_has_written_nothing_for_sure(
    tmp_path: Path, disk: Path
) -> None:
    (tmp_path / "log").write_bytes(bytes(BLOCK) + entry(1, A))
    assert bring(tmp_path / "log", disk, Nothing()) == Lost(BLOCK, 0)
    (tmp_path / "log").write_bytes(b"")
    assert bring(tmp_path / "log", disk, None) == Lost(0, 0)


def test_what_is_no_log_is_refused(tmp_path: Path, disk: Path) -> None:
    (tmp_path / "log").write_bytes(b"x" * BLOCK)
    with pytest.raises(LogError):
        bring(tmp_path / "log", disk, None)


def test_the_power_can_go_at_a_place_of_the_log_and_what_was_being_written_then_is_unsure(
    tmp_path: Path, disk: Path
) -> None:
    log = log_of(tmp_path / "log", entry(1, A), entry(0, flags=FLUSH), entry(2, B), entry(3, C), entry(0, flags=FLUSH))
    after_b = 6 * BLOCK  # the first block, two entries with content of one block, and a flush
    assert bring(log, disk, Nothing(), until=after_b) == Lost(2 * BLOCK, 0)
    assert disk.read_bytes() == bytes(BLOCK) + A + bytes(6 * BLOCK)
    assert bring(log, disk, None, until=after_b) == Lost(BLOCK, BLOCK)
    assert disk.read_bytes() == bytes(BLOCK) + A + B + bytes(5 * BLOCK)
