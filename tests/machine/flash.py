"""The machine's disk between two starts: what QEMU wrote down of the writes and flushes is brought onto it.

QEMU's block driver ``blklogwrites`` keeps a log in the format of the kernel's dm-log-writes
(Documentation/admin-guide/device-mapper/log-writes.rst): a first block, then for each write a block with where and how
much, and the content. A machine that was switched off has written all of it. One whose power was cut has what was
flushed, and of the rest what ``survivors`` leaves, as with the disk of the fault test.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.soak.medium import Write, survivors

MAGIC, BLOCK = 0x6A736677736872, 512
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8
_HEAD = struct.Struct("<QQQQ")


@dataclass(frozen=True, slots=True)
class Lost:
    """Of a power cut: how many bytes were not flushed, and how many of those are there all the same."""

    unsure: int
    left: int


class LogError(Exception):
    """This is no log of writes."""


def bring(log: Path, disk: Path, cut: Random | None, *, until: int | None = None) -> Lost:
    """Bring the logged writes onto the disk; after a power cut ``cut`` decides on those that were not flushed.

    The power may go earlier than the log ends: after the first ``until`` bytes of it. What was being written then
    counts as not flushed.
    """
    unsure: list[Write] = []
    with disk.open("r+b") as medium:
        for end, flags, write in entries(log):
            if until is not None and end > until:
                if cut is not None and write[1]:
                    unsure.append(write)
                break
            if flags & FLUSH:  # what came before it is safe, and it may carry a write of its own
                _write(medium.fileno(), unsure)
                unsure = []
            if write[1]:
                unsure.append(write)
            if flags & FUA:
                _write(medium.fileno(), [unsure.pop()])
        left = unsure if cut is None else survivors(unsure, cut)
        _write(medium.fileno(), left)
    return Lost(sum(len(content) for _, content in unsure), sum(len(content) for _, content in left))


def entries(log: Path) -> Iterator[tuple[int, int, Write]]:
    """Of each entry where it ends in the log, its flags and its write, in their order.

    The last one may be cut off, and then does not count.
    """
    with log.open("rb") as file:
        magic, _, _, size = struct.unpack("<QQQI", (file.read(BLOCK) or bytes(BLOCK))[:28])
        if (magic, size) not in ((MAGIC, BLOCK), (0, 0)):  # QEMU writes the first block with the first flush
            raise LogError(f"{log} is no log of writes in blocks of {BLOCK} bytes")
        while len(head := file.read(BLOCK)) == BLOCK:
            sector, sectors, flags, _ = _HEAD.unpack(head[: _HEAD.size])
            if not (sectors or flags):
                return
            content = b"" if flags & DISCARD else file.read(sectors * BLOCK)
            if not flags & DISCARD and len(content) < sectors * BLOCK:
                return
            yield file.tell(), flags, (sector * BLOCK, content)


def _write(medium: int, writes: list[Write]) -> None:
    for offset, content in writes:
        os.pwrite(medium, content, offset)
