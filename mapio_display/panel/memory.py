"""What the glass shows, remembered through restarts of the daemon within one boot.

The file is on a tmpfs: it wears no flash, and after a reboot nothing is known, so that the first refresh is a full one.
While a refresh is under way, the file records that, and a daemon that is killed then leaves a glass that is known to be
undefined. Only root may read it, because a remembered picture may show the PIN.
"""

from collections.abc import Iterable
from dataclasses import fields, replace
from os import PathLike
from pathlib import Path
from typing import Any

from mapio_display.core.frame import Glass
from mapio_display.core.typed import Reader, plain
from mapio_display.durable import BootFile
from mapio_display.frozen import Frozen


class Remembered(Frozen):
    """The glass and its counters, which are as in the snapshot's ``Panel``.

    While a refresh is under way the glass has no frame, and its ``at`` is when the refresh began.
    """

    glass: Glass
    full_refreshes: int = 0
    partial_refreshes: int = 0
    last_refresh_at: str | None = None


def _kept(kind: type[Any]) -> Iterable[str]:
    """What makes a frame, without what it was drawn of."""
    return [field.name for field in fields(kind) if field.compare]


class Memory:
    """One file. Nothing depends on it but the number of refreshes, so a failure to write it is passed over."""

    def __init__(self, path: str | PathLike[str], boot_id: str | None) -> None:
        self._file = BootFile(Path(path), boot_id)
        self._last: Remembered | None = None

    def load(self) -> Remembered | None:
        """Read what is known; None when that is nothing: first start in this boot, no boot id, or an unusable file."""
        try:
            self._last = Reader("it", _kept).read(Remembered, self._file.load())
        except (OSError, ValueError):
            return None
        return self._last

    def begin(self, mono: float) -> None:
        """Remember that a refresh is under way."""
        last = self._last or Remembered(Glass())
        self.store(replace(last, glass=replace(last.glass, frame=None, at=mono)))

    def store(self, remembered: Remembered) -> None:
        """Replace what is remembered."""
        self._last = remembered
        try:
            self._file.store(plain(remembered, _kept))
        except OSError:
            self._forget()

    def _forget(self) -> None:
        # What was remembered before is no longer true; without the file nothing is claimed.
        try:
            self._file.path.unlink(missing_ok=True)
        except OSError:
            return
