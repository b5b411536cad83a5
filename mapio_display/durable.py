"""Files that must be whole after a power cut, and files that are to be forgotten with it."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mapio_display.files import read_small


def write_durably(path: Path, content: bytes, mode: int = 0o644, owner: tuple[int, int] | None = None) -> None:
    """Replace the file atomically, and return when its content and its name are on the disk.

    ``owner`` is a user's and a group's number; without it the file is the daemon's own.

    Written beside, synced, renamed, and the folder synced (fsync(2): syncing a file does not sync its name). Raises
    ``OSError``, and then the old file is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)  # whatever it is: a named pipe would wait for its reader
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, opened with its mode
            if owner is not None and owner != (os.geteuid(), os.getegid()):
                os.fchown(descriptor, *owner)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Return when the names in the folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class BootFile:
    """A JSON object in the runtime directory, for root alone; it means nothing after a reboot."""

    def __init__(self, path: Path, boot_id: str | None) -> None:
        self.path = path
        self._boot_id = boot_id

    def load(self) -> dict[str, Any]:
        """Read what was stored in this boot; empty where nothing was. Raises ``OSError``, ``ValueError``."""
        try:
            kept = json.loads(read_small(self.path))
        except FileNotFoundError:
            return {}
        except RecursionError as error:
            raise ValueError("its brackets are too deep") from error
        if not isinstance(kept, dict):
            raise ValueError("it is no JSON object")  # noqa: TRY004 - bad content
        return kept if self._boot_id is not None and kept.pop("boot_id", None) == self._boot_id else {}

    def store(self, content: Mapping[str, object]) -> None:
        """Replace what is stored, and return when it outlasts the daemon. Raises ``OSError``."""
        part = self.path.with_suffix(".part")
        part.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with open(part, "x", encoding="ascii", opener=_private) as file:
            file.write(json.dumps({"boot_id": self._boot_id, **content}))
        part.replace(self.path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
