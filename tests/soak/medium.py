"""A medium with a cache that loses its content with the power, as an eMMC's does."""

import mmap
from collections.abc import Sequence
from random import Random

NAME = "disk"  # the file's
SECTOR = 512
TORN = 0.25  # how many of the writes that survive do so in part

Write = tuple[int, bytes]
"""An offset in bytes, and what was written there."""


class Medium:
    """``size`` bytes, all zero at first.

    Whatever was written since the last flush is in the cache. A power cut keeps some of it: each write or not, in any
    order, and some torn between sectors. While there is no power, it answers as ever and remembers nothing.
    """

    def __init__(self, size: int) -> None:
        self._shown = mmap.mmap(-1, size)  # with what is in the cache
        self._kept = mmap.mmap(-1, size)
        self._cache: list[Write] = []
        self._unsure: list[Write] = []  # what was in the cache when the power went
        self._powered = True

    def read(self, offset: int, size: int) -> bytes:
        """What was written last."""
        return self._shown[offset : offset + size]

    def write(self, offset: int, content: bytes) -> None:
        """Take a write into the cache."""
        self._shown[offset : offset + len(content)] = content
        self._cache.append((offset, content))

    def flush(self) -> None:
        """Make all that was written last through a power cut."""
        if self._powered:
            for offset, content in self._cache:
                self._kept[offset : offset + len(content)] = content
            self._cache.clear()

    def cut(self) -> None:
        """Take the power away."""
        if self._powered:
            self._powered = False
            self._unsure, self._cache = self._cache, []

    def restore(self, chance: Random) -> tuple[int, int]:
        """Give the power back; ``chance`` decides what is left.

        Returns how many bytes were unsure, and how many of them are there.
        """
        self.cut()
        for offset, content in [*self._unsure, *self._cache]:
            self._shown[offset : offset + len(content)] = self._kept[offset : offset + len(content)]
        left = survivors(self._unsure, chance)
        for offset, content in left:
            self._shown[offset : offset + len(content)] = self._kept[offset : offset + len(content)] = content
        figures = _bytes(self._unsure), _bytes(left)
        self._unsure, self._cache, self._powered = [], [], True
        return figures


def survivors(writes: Sequence[Write], chance: Random) -> list[Write]:
    """What a power cut leaves of ``writes``, in the order in which it reached the medium."""
    share = chance.choice((0.0, 1.0, chance.random(), chance.random()))
    left = [write for write in writes if chance.random() < share]
    chance.shuffle(left)
    return [piece for write in left for piece in (_torn(write, chance) if chance.random() < TORN else [write])]


def _bytes(writes: Sequence[Write]) -> int:
    return sum(len(content) for _, content in writes)


def _torn(write: Write, chance: Random) -> list[Write]:
    """Some of the write's sectors."""
    offset, content = write
    starts = [start for start in range(0, len(content), SECTOR) if chance.random() < 0.5]
    return [(offset + start, content[start : start + SECTOR]) for start in starts]
