"""A disk for loop devices whose power can be cut: one file of a file system in user space (FUSE), above a ``Medium``.

It is a process of its own, started with the folder to mount at and the size in bytes. It takes commands, a line each,
and tells what happens, a line each:

    arm HEX N        stop at the N-th write or flush, counted from the first that contains these bytes (hex; -: any)
    disarm
    go               go on after a stop
    cut              take the power away, and go on after a stop
    restore SEED     give the power back

``stopped`` comes when it has stopped: the write has been taken, the flush not, and nobody is answered until ``go`` or
``cut``. Every other line, ``done`` and a word or two, answers a command.

It ends with its input. A process that still uses the file then, or when this is killed, gets errors and does not hang.
"""

import ctypes
import errno
import os
import stat
import sys
import threading
from pathlib import Path
from random import Random
from typing import Any

from mfusepy import FUSE, FuseOSError, Operations

from tests.soak.medium import NAME, Medium

CLONE_NEWNS = 0x00020000  # unshare(2)
PATIENCE_S = 20.0  # a kernel that waits for us without end would stop the machine


class Disk(Operations):  # type: ignore[misc]
    """The file ``disk``. libfuse calls the operations one after another, in one thread; ``obey`` runs in another."""

    use_ns = True

    def __init__(self, size: int) -> None:
        self._size = size
        self._medium = Medium(size)
        self._lock = threading.Lock()
        self._go = threading.Event()
        self._needle: bytes | None = None
        self._countdown = 0

    def init(self, _path: str) -> None:
        """Tell that the file is there, and listen."""
        leave()
        threading.Thread(target=self._listen, daemon=True).start()
        tell("done mounted")

    def getattr(self, path: str, _handle: int | None = None) -> dict[str, int]:
        """What stat(2) asks."""
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o700, "st_nlink": 2}
        if path == f"/{NAME}":
            return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_size": self._size}
        raise FuseOSError(errno.ENOENT)

    def read(self, _path: str, size: int, offset: int, _handle: int) -> bytes:
        """Read; never stopped by itself."""
        with self._lock:
            return self._medium.read(offset, size)

    def write(self, _path: str, content: bytes, offset: int, _handle: int) -> int:
        """Write into the cache."""
        with self._lock:
            self._medium.write(offset, content)
        self._count(content)
        return len(content)

    def fsync(self, _path: str, _data_only: int, _handle: int) -> int:
        """Flush the cache: what a loop device makes of a file system's barrier."""
        self._count(b"")
        with self._lock:
            self._medium.flush()
        return 0

    def obey(self, command: str, *words: str) -> str:
        """Carry out a command."""
        with self._lock:
            match command:
                case "arm":
                    self._go.clear()
                    self._needle, self._countdown = bytes.fromhex(words[0].strip("-")), int(words[1])
                case "disarm":
                    self._needle, self._countdown = None, 0
                case "cut":
                    self._needle, self._countdown = None, 0
                    self._medium.cut()
                case "restore":
                    unsure, survived = self._medium.restore(Random(words[0]))
                    return f"{unsure} {survived}"
        if command in ("go", "cut", "disarm"):
            self._go.set()
        return command

    def _listen(self) -> None:
        for line in sys.stdin:
            tell(f"done {self.obey(*line.split())}")
        os._exit(0)

    def _count(self, content: bytes) -> None:
        with self._lock:
            if self._needle is not None:
                if self._needle not in content:
                    return
                self._needle = None
            if not self._countdown:
                return
            self._countdown -= 1
            if self._countdown:
                return
        tell("stopped")
        if not self._go.wait(PATIENCE_S):
            tell("impatient")


def tell(line: str) -> None:
    """Print one line for the process that started this."""
    print(line, flush=True)


def leave() -> None:
    """Have nothing to do with what is mounted on us.

    The kernel unmounts what was in the namespace of a process that died before it closes what it had open. A file
    system above us would then wait for us without end.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "unshare")


def main(folder: Path, size: int) -> None:
    """Serve until the input ends."""
    disk: Any = Disk(size)
    FUSE(disk, str(folder), foreground=True, nothreads=True, fsname="power-cut")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
