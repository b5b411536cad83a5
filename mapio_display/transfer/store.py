"""The upload store: a bundle comes onto the data partition once, in bounded memory, or not at all."""

import logging
import os
from pathlib import Path

from mapio_display.durable import sync_folder, write_durably
from mapio_display.errors import StoreError
from mapio_display.files import read_small
from mapio_display.transfer.part import Part, translated

log = logging.getLogger(__name__)


class BundleStore:
    """The folder where bundles lie while they are received and installed: ``ID.raucb``, in part ``ID.part``.

    Beside the part of a resumable one, ``ID.offset`` says how many of its bytes are on the disk for sure.
    """

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

    def reserve(self, upload_id: str, size: int) -> None:
        """Make room for a bundle of ``size`` bytes. Raises ``StoreError``, ``StorageFull`` for a full disk.

        Blocks, on some file systems for long.
        """
        part = self._part(upload_id)
        with translated(part):
            part.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                if size:
                    os.posix_fallocate(file, 0, size)
                os.fsync(file)
                sync_folder(self._directory)
            except OSError:
                part.unlink(missing_ok=True)
                raise
            finally:
                os.close(file)

    def reserved(self, upload_id: str) -> int:
        """How many bytes of the disk the part of a bundle holds."""
        try:
            return self._part(upload_id).stat().st_blocks * 512
        except OSError:
            return 0

    def offset(self, upload_id: str) -> int:
        """How many bytes of a resumable bundle are on the disk for sure."""
        try:
            return self.path(upload_id).stat().st_size  # under its name it is whole
        except OSError:
            pass
        try:
            offset = int(read_small(self._offset(upload_id)))
            size = self._part(upload_id).stat().st_size
        except (OSError, ValueError):
            return 0
        # Its last byte comes again: what follows from it had not been done.
        return min(offset, max(0, size - 1)) if 0 <= offset <= size else 0

    def reopen(self, upload_id: str) -> None:
        """Let a resumable bundle that came wholly, which the journal does not know yet, wait for its last byte again.

        Its update begins with the last byte, and a sender that has none left would never send it.
        """
        whole = self.path(upload_id)
        if whole.exists():
            write_durably(self._offset(upload_id), b"%d" % max(0, whole.stat().st_size - 1))
            whole.rename(self._part(upload_id))
            sync_folder(self._directory)

    def open(self, upload_id: str, offset: int | None) -> Part:
        """Fill a resumable bundle from ``offset`` on, or, without one, a bundle in one piece. Raises ``StoreError``."""
        part, whole = self._part(upload_id), self.path(upload_id)
        return Part(part, whole) if offset is None else Part(part, whole, self._offset(upload_id), offset)

    def remove(self, upload_id: str) -> None:
        """Delete the bundle, whole or in part; one that is not there is fine. Raises ``StoreError``."""
        for path in self._files(upload_id):
            with translated(path):
                path.unlink(missing_ok=True)

    def keep_only(self, upload_id: str | None) -> None:
        """Delete what earlier starts of the daemon left behind, except what there is of this bundle.

        What cannot be deleted is logged and stays, a folder too: the daemon makes none here. Raises ``OSError`` where
        the store cannot be listed.
        """
        keep = self._files(upload_id) if upload_id is not None else ()
        if self._directory.is_dir():
            for entry in self._directory.iterdir():
                if entry in keep:
                    continue
                try:
                    entry.unlink()
                except OSError as error:
                    log.warning("%s is not an upload and cannot be removed: %s", entry, error.strerror)

    def _files(self, upload_id: str) -> tuple[Path, ...]:
        # In the order in which they are removed: what gets its name meanwhile is found under it.
        return self._part(upload_id), self.path(upload_id), self._offset(upload_id)

    def _part(self, upload_id: str) -> Path:
        return self._directory / f"{upload_id}.part"

    def _offset(self, upload_id: str) -> Path:
        return self._directory / f"{upload_id}.offset"
