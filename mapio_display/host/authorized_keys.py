"""The file that says who may sign in by SSH: keys are added to it and removed, and all else in it stays as it is."""

import asyncio
import errno
import logging
import os
import stat
import threading
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path

from mapio_display.core.failures import Failure, failure
from mapio_display.core.public_keys import PublicKey, in_line
from mapio_display.core.text import decoded
from mapio_display.durable import write_durably
from mapio_display.errors import Refused
from mapio_display.files import read_small

LARGEST = 64 * 1024  # bytes of the file
MOST = 100  # keys in it

_log = logging.getLogger(__name__)


class AuthorizedKeys:
    """The keys in ``file``. Each call reads the file anew, because others write to it too; all raise ``Refused``.

    A symbolic link stays, and what it leads to is written. The file is replaced as a whole, for its owner alone.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()

    async def keys(self) -> list[PublicKey]:
        """The keys in the file, in its order; none where there is no file."""
        return await asyncio.to_thread(lambda: _keys(self._lines()))

    async def add(self, keys: Iterable[PublicKey]) -> list[PublicKey]:
        """Add those that are not there, and give them."""
        added = await asyncio.to_thread(self._change, lambda lines: _with(lines, keys))
        _log_changed("added", added)
        return added

    async def remove(self, fingerprint: str) -> list[PublicKey]:
        """Remove a key from every line that has it, and give it as often as it was there."""
        removed = await asyncio.to_thread(self._change, lambda lines: _without(lines, fingerprint))
        _log_changed("removed", removed)
        return removed

    def _change(self, change: Callable[[list[bytes]], tuple[list[bytes], list[PublicKey]]]) -> list[PublicKey]:
        with self._lock:
            lines, changed = change(self._lines())
            if changed:
                self._write(b"".join(lines))
        return changed

    def _lines(self) -> list[bytes]:
        """The file's lines with their ends."""
        try:
            return BytesIO(read_small(self._file, LARGEST)).readlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Refused(_not_read(self._file, error)) from error

    def _write(self, content: bytes) -> None:
        if len(content) > LARGEST:
            raise Refused(failure("too-many-keys.size", most=LARGEST))
        try:
            folder = self._file.parent
            folder.mkdir(0o700, exist_ok=True)
            if stat.S_IMODE(folder.stat().st_mode) != 0o700:  # sshd wants it closed to all but its owner
                folder.chmod(0o700)
            target = Path(os.path.realpath(self._file))
            write_durably(target, content, 0o600, owner=_owner(target))
        except OSError as error:
            raise Refused(_not_written(self._file, error)) from error


def _log_changed(what: str, keys: Iterable[PublicKey]) -> None:
    for key in keys:
        _log.info("SSH key %s fingerprint=%s", what, key.fingerprint)


def _owner(file: Path) -> tuple[int, int] | None:
    try:
        about = file.stat()
    except FileNotFoundError:
        return None
    return about.st_uid, about.st_gid


def _keys(lines: Iterable[bytes]) -> list[PublicKey]:
    return [key for line in lines if (key := in_line(line)) is not None]


def _with(lines: list[bytes], keys: Iterable[PublicKey]) -> tuple[list[bytes], list[PublicKey]]:
    there = {key.encoded for key in _keys(lines)}
    new = list({key.encoded: key for key in keys if key.encoded not in there}.values())
    if len(there) + len(new) > MOST:
        raise Refused(failure("too-many-keys", most=MOST))
    if new and lines and not lines[-1].endswith(b"\n"):
        lines = [*lines[:-1], lines[-1] + b"\n"]
    return [*lines, *(f"{key.line}\n".encode() for key in new)], new


def _without(lines: list[bytes], fingerprint: str) -> tuple[list[bytes], list[PublicKey]]:
    has = [(line, in_line(line)) for line in lines]
    removed = [key for _, key in has if key is not None and key.fingerprint == fingerprint]
    if not removed:
        raise Refused(failure("no-such-key"))
    return [line for line, key in has if key is None or key.fingerprint != fingerprint], removed


def _not_read(file: Path, error: OSError) -> Failure:
    return failure("ssh-storage.not-read", file=decoded(str(file)), reason=error.strerror or str(error))


def _not_written(file: Path, error: OSError) -> Failure:
    name = decoded(str(file))
    if error.errno == errno.EROFS:
        return failure("ssh-storage.read-only", file=name)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return failure("ssh-storage.full", file=name)
    return failure("ssh-storage", file=name, reason=error.strerror or str(error))
