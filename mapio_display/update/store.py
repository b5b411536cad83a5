"""The upload store: a bundle comes onto the data partition once, in bounded memory, or not at all.

Each upload has a writer thread of its own. A hop to another thread costs as much as writing 100 kB, so the thread takes
all that has come in since it last looked, in one ``writev``; and because it is the thread that waits for a slow eMMC,
the event loop never does.
"""

import asyncio
import contextlib
import errno
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from mapio_display.durable import sync_folder
from mapio_display.errors import StorageFull, StoreError

QUEUE_BYTES = 4 * 1024 * 1024  # what may wait for the disk before the sender has to
IOV_MAX = 1024  # the most buffers a writev(2) takes on Linux


class BundleStore:
    """The folder where bundles lie while they are received and installed: ``ID.raucb``, in part ``ID.part``."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def free(self) -> int:
        """Bytes a process may write to the data partition. Raises ``StoreError``."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            status = os.statvfs(self._directory)
        except OSError as error:
            raise StoreError(f"{self._directory}: {error.strerror}") from error
        return status.f_bavail * status.f_frsize

    def path(self, upload_id: str) -> Path:
        """Where the complete bundle lies."""
        return self._directory / f"{upload_id}.raucb"

    @contextlib.contextmanager
    def writer(self, upload_id: str) -> "Iterator[BundleWriter]":
        """Take in a bundle; leaving without ``finish`` removes what came of it. Raises ``StoreError``."""
        writer = BundleWriter(self._directory / f"{upload_id}.part", self.path(upload_id))
        try:
            yield writer
        finally:
            writer.abandon()

    def remove(self, upload_id: str) -> None:
        """Delete the bundle, whole or in part; one that is not there is fine."""
        self.path(upload_id).unlink(missing_ok=True)
        (self._directory / f"{upload_id}.part").unlink(missing_ok=True)

    def keep_only(self, upload_ids: Iterable[str]) -> None:
        """Delete what earlier starts of the daemon left behind, except the complete bundles of these uploads."""
        keep = {self.path(upload_id) for upload_id in upload_ids}
        if self._directory.is_dir():
            for entry in self._directory.iterdir():
                if entry not in keep:
                    entry.unlink()


class BundleWriter:
    """Writes one bundle in a thread. ``write`` and ``finish`` belong to the event loop that made it."""

    def __init__(self, part: Path, whole: Path) -> None:
        self._part = part
        self._whole = whole
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Condition()
        self._chunks: list[bytes] = []
        self._queued = 0
        self._finishing = False
        self._abandoned = False
        self._error: OSError | None = None
        self._room = asyncio.Event()
        self._ended = asyncio.Event()
        self._file = _create(part)
        self.size = 0
        threading.Thread(target=self._run, name="bundle-writer", daemon=True).start()

    async def write(self, chunk: bytes) -> None:
        """Take a chunk; waits only while too much is queued. Raises ``StoreError``, ``StorageFull`` for a full disk."""
        self._raise()
        with self._lock:
            self._chunks.append(chunk)
            self._queued += len(chunk)
            full = self._queued > QUEUE_BYTES
            if full:
                self._room.clear()
            self._lock.notify()
        self.size += len(chunk)
        if full:
            await self._room.wait()
        self._raise()

    async def finish(self) -> int:
        """Return the size in bytes when the bundle is written, synced, closed and under its name."""
        with self._lock:
            self._finishing = True
            self._lock.notify()
        await self._ended.wait()
        self._raise()
        return self.size

    def abandon(self) -> None:
        """End without a bundle, unless it is finished already; the thread cleans up."""
        with self._lock:
            self._abandoned = True
            self._chunks.clear()
            self._lock.notify()

    def _raise(self) -> None:
        if self._error is not None:
            kind = StorageFull if self._error.errno in (errno.ENOSPC, errno.EDQUOT) else StoreError
            raise kind(f"{self._part.name}: {self._error.strerror}") from self._error

    def _run(self) -> None:
        complete = False
        try:
            while chunks := self._next():
                self._write_all(chunks)
            if self._finishing and not self._abandoned:
                os.fsync(self._file)
                self._part.rename(self._whole)
                sync_folder(self._whole.parent)
                complete = True
        except OSError as error:
            self._error = error
        finally:
            os.close(self._file)
            if not complete:
                with contextlib.suppress(OSError):  # a disk that fails keeps the file; the next start removes it
                    self._part.unlink(missing_ok=True)
            with contextlib.suppress(RuntimeError):  # the loop is gone, and with it everybody who waits
                self._loop.call_soon_threadsafe(self._tell_ended)

    def _next(self) -> list[bytes]:
        with self._lock:
            while not (self._chunks or self._finishing or self._abandoned):
                self._lock.wait()
            chunks, self._chunks, self._queued = self._chunks, [], 0
        if chunks:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._room.set)
        return chunks

    def _write_all(self, chunks: list[bytes]) -> None:
        for first in range(0, len(chunks), IOV_MAX):
            batch: list[bytes | memoryview] = list(chunks[first : first + IOV_MAX])
            while batch:
                written = os.writev(self._file, batch)
                while batch and written >= len(batch[0]):
                    written -= len(batch.pop(0))
                if written:
                    batch[0] = memoryview(batch[0])[written:]

    def _tell_ended(self) -> None:
        self._room.set()
        self._ended.set()


def _create(part: Path) -> int:
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        return os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        kind = StorageFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else StoreError
        raise kind(f"{part.name}: {error.strerror}") from error
