"""Writes one bundle in a thread of its own.

A hop to another thread costs as much as writing 100 kB, so the thread is woken for a batch and takes all that has come
in since it last looked, in one ``writev``; and because it is the thread that waits for a slow eMMC, the event loop
never does.
"""

import asyncio
import contextlib
import errno
import os
import threading
from enum import Enum, auto
from pathlib import Path

from mapio_display.durable import sync_folder, write_durably
from mapio_display.errors import StorageFull, StoreError

BATCH_BYTES = 2 * 1024 * 1024  # what is worth waking the thread for
QUEUE_BYTES = 2 * 1024 * 1024  # what may wait for the disk before the sender has to
SYNC_BYTES = 32 * 1024 * 1024  # how much of a resumable bundle a power cut may take back
WRITE_OUT_BYTES = 8 * 1024 * 1024  # how often the kernel is told to begin writing to the disk
IOV_MAX = 1024  # the most buffers a writev(2) takes on Linux


class _Want(Enum):
    """What the event loop wants of the thread."""

    MORE = auto()  # write what comes
    WHOLE = auto()  # finish, and wait for the last word
    PAUSED = auto()  # sync what there is, and keep it for later
    KEPT = auto()  # the bundle is somebody's
    NOTHING = auto()  # remove the file


class BundleWriter:
    """Writes one bundle in a thread. ``write`` and ``finish`` belong to the event loop that made it."""

    def __init__(self, part: Path, whole: Path, file: int, *, mark: Path | None = None, offset: int = 0) -> None:
        self._part = part
        self._whole = whole
        self._loop = asyncio.get_running_loop()
        self._changed = threading.Condition()
        self._chunks: list[bytes | memoryview] = []
        self._queued = 0
        self._full = False
        self._want = _Want.MORE
        self._error: OSError | None = None
        self._room = asyncio.Event()
        self._done = asyncio.Event()
        self._size = offset
        self._mark_file = mark
        self._taken = False
        self._file = file
        threading.Thread(target=self._run, name="bundle-writer", daemon=True).start()

    async def write(self, chunk: bytes | memoryview) -> None:
        """Take a chunk; waits only while too much is queued. Raises ``StoreError``, ``StorageFull`` for a full disk."""
        self._raise()
        with self._changed:
            self._chunks.append(chunk)
            self._queued += len(chunk)
            self._full = full = self._queued > QUEUE_BYTES
            if full:
                self._room.clear()
            if self._queued >= BATCH_BYTES:
                self._changed.notify()
        self._size += len(chunk)
        if full:
            await self._room.wait()
            self._raise()

    async def finish(self) -> int:
        """Return the size in bytes when the bundle is written, synced, closed and under its name."""
        self._tell(_Want.WHOLE)
        await self._done.wait()
        self._raise()
        self._taken = True
        return self._size

    @property
    def offset(self) -> int:
        """How many bytes of the bundle have been taken, those of earlier included."""
        return self._size

    async def pause(self) -> int:
        """Stop here; returns the offset in bytes when all that came is on the disk."""
        self._tell(_Want.PAUSED)
        await self._done.wait()
        self._raise()
        self._taken = True
        return self._size

    def leave(self) -> None:
        """Have the file removed, unless it is resumable or ``finish`` has given it away. Waits for nothing."""
        if self._taken:
            self._tell(_Want.KEPT)
        else:
            self._tell(_Want.NOTHING if self._mark_file is None else _Want.PAUSED)

    def _tell(self, want: _Want) -> None:
        with self._changed:
            self._want = want
            self._changed.notify()

    def _raise(self) -> None:
        if self._error is not None:
            raise translated(self._error, self._part) from self._error

    # From here on: the thread.

    def _run(self) -> None:
        try:
            self._write()
            if self._want is _Want.WHOLE:
                os.fsync(self._file)
                self._part.rename(self._whole)
                sync_folder(self._whole.parent)
                if self._mark_file is not None:
                    self._mark_file.unlink(missing_ok=True)
            elif self._want is _Want.PAUSED:
                self._sync()
        except OSError as error:
            self._error = error
        finally:
            os.close(self._file)
        self._wake(self._room)
        self._wake(self._done)
        with self._changed:
            self._changed.wait_for(lambda: self._mark_file is not None or self._want in (_Want.KEPT, _Want.NOTHING))
        if self._want is _Want.NOTHING:
            with contextlib.suppress(OSError):  # a disk that fails keeps the file; the next start removes it
                self._part.unlink(missing_ok=True)
                self._whole.unlink(missing_ok=True)

    def _write(self) -> None:
        written_out = written = synced = 0
        while chunks := self._next():
            self._write_all(chunks)
            written += sum(map(len, chunks))
            if written - written_out >= WRITE_OUT_BYTES:
                # Makes Linux begin to write these pages to the disk (and keep them, being dirty, for RAUC to read).
                # Otherwise all of it waits for the fsync, a minute on eMMC in which nothing seems to happen.
                os.posix_fadvise(self._file, written_out, written - written_out, os.POSIX_FADV_DONTNEED)
                written_out = written
            if self._mark_file is not None and written - synced >= SYNC_BYTES:
                self._sync()
                synced = written

    def _sync(self) -> None:
        """Put what is written on the disk, and say beside it how much that is: only this counts after a power cut."""
        os.fsync(self._file)
        # Removed meanwhile: there is nothing to say any more.
        if self._mark_file is not None and os.fstat(self._file).st_nlink:
            write_durably(self._mark_file, b"%d" % os.lseek(self._file, 0, os.SEEK_CUR))
            if not os.fstat(self._file).st_nlink:  # in that moment
                self._mark_file.unlink(missing_ok=True)

    def _next(self) -> list[bytes | memoryview]:
        """Wait for a batch, or for the end, and take all there is; none when there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._queued >= BATCH_BYTES or self._want is not _Want.MORE)
            if self._want is _Want.NOTHING:
                return []
            chunks, self._chunks, self._queued = self._chunks, [], 0
            waits, self._full = self._full, False
        if waits:
            self._wake(self._room)
        return chunks

    def _write_all(self, chunks: list[bytes | memoryview]) -> None:
        for first in range(0, len(chunks), IOV_MAX):
            batch = list(chunks[first : first + IOV_MAX])
            while batch:
                written = os.writev(self._file, batch)
                while batch and written >= len(batch[0]):
                    written -= len(batch.pop(0))
                if written:
                    batch[0] = memoryview(batch[0])[written:]

    def _wake(self, event: asyncio.Event) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone, and with it everybody who waits
            self._loop.call_soon_threadsafe(event.set)


def translated(error: OSError, path: Path) -> StoreError:
    """The store's error for one of the operating system."""
    kind = StorageFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else StoreError
    return kind(f"{path.name}: {error.strerror}")
