"""A bundle on its way to the disk. All of it blocks: it belongs to the thread that fills it."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from mapio_display.durable import sync_folder, write_durably
from mapio_display.errors import StorageFull, StoreError

SYNC_BYTES = 32 * 1024 * 1024  # how much of a resumable bundle a power cut may take back
WRITE_OUT_BYTES = 8 * 1024 * 1024  # how often the kernel is asked to begin writing to the disk


class Part:
    """Fills the file ``part`` from ``offset`` on; leaving without ``finish`` or ``pause`` removes it.

    ``mark`` is the file that says how much of a resumable bundle is on the disk for sure; other bundles have none.
    Every method raises ``StoreError``, and ``StorageFull`` for a full disk.
    """

    def __init__(self, part: Path, whole: Path, mark: Path | None = None, offset: int = 0) -> None:
        self._part = part
        self._whole = whole
        self._mark = mark
        self._kept = False
        self.path = part
        self.offset = self._written_out = self._synced = offset
        with translated(part):
            # Not blocking: a named pipe or a device may have taken the name.
            self._file = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
            os.lseek(self._file, offset, os.SEEK_SET)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        os.close(self._file)
        if not self._kept:
            with suppress(OSError):  # a disk that fails keeps the file; the next start removes it
                self._part.unlink(missing_ok=True)
                if self._mark is not None:
                    self._mark.unlink(missing_ok=True)

    def write(self, content: bytes | memoryview) -> None:
        """Append to the bundle."""
        view = memoryview(content)
        with translated(self._part):
            while view:
                written = os.write(self._file, view)
                view = view[written:]
                self.offset += written
            if (length := self.offset - self._written_out) >= WRITE_OUT_BYTES:
                # Makes Linux begin to write these pages to the disk (and keep them, being dirty, for RAUC to read).
                # Otherwise all of it waits for the fsync, a minute on eMMC in which nothing seems to happen.
                os.posix_fadvise(self._file, self._written_out, length, os.POSIX_FADV_DONTNEED)
                self._written_out = self.offset
            if self._mark is not None and self.offset - self._synced >= SYNC_BYTES:
                self._sync(self._mark)

    def cut(self, most: int, end: Callable[[bytes], int]) -> None:
        """Let ``end`` decide how many of the last bytes, ``most`` of them or all there are, belong to the bundle."""
        start = max(0, self.offset - most)
        with translated(self._part):
            last = os.pread(self._file, self.offset - start, start)
        self.offset = start + end(last)

    def finish(self) -> None:
        """Return when the bundle is on the disk, under its name."""
        with translated(self._part):
            os.ftruncate(self._file, self.offset)
            os.fsync(self._file)
            self._part.rename(self._whole)
            sync_folder(self._whole.parent)
            if self._mark is not None:
                self._mark.unlink(missing_ok=True)
        self._kept = True

    def pause(self) -> None:
        """Return when all that came of a resumable bundle is on the disk; it is kept for later."""
        assert self._mark is not None
        with translated(self._part):
            self._sync(self._mark)
        self._kept = True

    def _sync(self, mark: Path) -> None:
        """Put what is written on the disk, and say beside it how much that is: only this counts after a power cut."""
        os.fsync(self._file)
        write_durably(mark, b"%d" % self.offset)
        if not os.fstat(self._file).st_nlink:  # removed meanwhile, perhaps before the mark was there to be removed too
            mark.unlink(missing_ok=True)
        self._synced = self.offset


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise the operating system's errors as the store's."""
    try:
        yield
    except OSError as error:
        kind = StorageFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else StoreError
        raise kind(f"{path.name}: {error.strerror}") from error
