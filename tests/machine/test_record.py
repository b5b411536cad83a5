import struct
from pathlib import Path
from random import Random

import pytest

from mapio_display.virtual.ssd1680 import Ssd1680
from tests.machine.flash import BLOCK, MAGIC
from tests.machine.record import Moment, Recording

A, B = (letter * BLOCK for letter in (b"A", b"B"))
pytestmark = pytest.mark.tools  # cp

PANEL = Ssd1680(lambda: 0.0)


def test_of_a_recorded_start_the_disk_is_known_at_each_moment(tmp_path: Path) -> None:
    disk, log = tmp_path / "disk", tmp_path / "log"
    disk.write_bytes(bytes(4 * BLOCK))
    head = struct.pack("<QQQI", MAGIC, 1, 2, BLOCK).ljust(BLOCK, b"\0")
    writes = [
        struct.pack("<QQQQ", sector, 1, 0, 0).ljust(BLOCK, b"\0") + content for sector, content in ((1, A), (2, B))
    ]
    log.write_bytes(head + b"".join(writes))
    recording = Recording(tmp_path, disk, log, lambda: Moment(0.0, 0, 0, PANEL))
    disk.write_bytes(b"later")
    recording.start()
    recording.end()
    recording.moments[:] = [Moment(at, written, at, PANEL) for at, written in ((0, 0), (1, 3 * BLOCK), (2, 5 * BLOCK))]

    (start,) = recording.entries(b"B", since=0)
    assert start == 3 * BLOCK
    assert list(recording.entries(b"A", since=0)) == [0, start]
    assert recording.when(start).at == 1
    assert recording.between(recording.moments[0], recording.moments[2], 0.6).at == 2
    recording.disk(start, None, disk)
    assert disk.read_bytes() == bytes(BLOCK) + A + bytes(2 * BLOCK)
    assert {bytes(_cut(recording, start, seed, disk)) for seed in range(20)} >= {
        bytes(4 * BLOCK),
        bytes(BLOCK) + A + B + bytes(BLOCK),
    }


def _cut(recording: Recording, written: int, seed: int, disk: Path) -> bytes:
    recording.disk(written, Random(seed), disk)
    return disk.read_bytes()
