"""One start of the machine, recorded, so that its power can be cut afterwards, at any moment of it.

What a disk holds after a power cut follows from what was written and flushed until then, and the log of writes has all
of it. So one start gives any number of power cuts, each with the console and the glass of its moment.
"""

import subprocess
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from mapio_display.virtual.ssd1680 import Ssd1680
from tests.machine.flash import Lost, bring, entries

LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Moment:
    """``at`` this time the log of writes had ``written`` bytes and the console ``said``.

    ``panel`` is the panel as it is left if the power goes then.
    """

    at: float
    written: int
    said: int
    panel: Ssd1680


class Recording:
    """One start, from ``disk`` before it, to which ``log`` is written; ``now`` gives its moments."""

    def __init__(self, folder: Path, disk: Path, log: Path, now: Callable[[], Moment]) -> None:
        self.moments: list[Moment] = []
        self._before = folder / "before.raw"
        self._kept = folder / "recorded.log"
        self._log, self._now = log, now
        self._over = threading.Event()
        copy(disk, self._before)
        self._thread = threading.Thread(target=self._look, daemon=True)

    def start(self) -> None:
        """Begin to look, at a machine that has just been given power."""
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether the machine has ended."""
        return self._over.is_set()

    def end(self) -> None:
        """Keep the log of the machine, which has just ended."""
        self._over.set()
        self._thread.join()
        self._log.replace(self._kept)
        self._log = self._kept

    def when(self, written: int) -> Moment:
        """The moment at which the log had so many bytes."""
        found = bisect_left(self.moments, written, key=lambda moment: moment.written)
        return self.moments[min(found, len(self.moments) - 1)]

    def between(self, begin: Moment, end: Moment, share: float) -> Moment:
        """The moment after this share of the time between two others."""
        at = begin.at + share * (end.at - begin.at)
        found = bisect_left(self.moments, at, key=lambda moment: moment.at)
        return self.moments[min(found, len(self.moments) - 1)]

    def entries(self, content: bytes, since: int) -> Iterator[int]:
        """Where in the log writes and flushes begin, from the first write on that has this content, after a place."""
        found, start = False, 0
        for end, _, (_, written) in entries(self._log):
            found = found or (start >= since and content in written)
            if found:
                yield start
            start = end

    def disk(self, written: int, cut: Random | None, to: Path) -> Lost:
        """Make the disk as it was when the log had so many bytes; ``cut`` decides on what was not flushed."""
        copy(self._before, to)
        return bring(self._log, to, cut, until=written)

    def remove(self) -> None:
        """Remove the files, which are large."""
        for file in (self._before, self._kept):
            file.unlink(missing_ok=True)

    def _look(self) -> None:
        while not self._over.wait(LOOK_S):
            self.moments.append(self._now())


def copy(disk: Path, to: Path) -> None:
    """Copy a disk without its holes."""
    subprocess.run(["cp", "--sparse=always", str(disk), str(to)], check=True)
