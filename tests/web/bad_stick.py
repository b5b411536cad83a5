"""A USB stick with a fault: a FUSE file system whose one file cannot be read from some byte on.

It is a process of its own, ``python -m tests.web.bad_stick FOLDER NAME SIZE FAULT``, which says when it is mounted. It
ends with its input, and unmounts itself then.
"""

import errno
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mfusepy import FUSE, FuseOSError, Operations

needs_fuse = pytest.mark.skipif(
    os.geteuid() != 0 or not Path("/dev/fuse").exists(), reason="a stick with a fault takes root and /dev/fuse"
)

CONTENT = b"good bundle ".ljust(4096, b".")


class BadStick(Operations):  # type: ignore[misc]
    """The file system."""

    def __init__(self, folder: str, name: str, size: int, fault: int) -> None:
        self._folder = folder
        self._path = f"/{name}"
        self._size = size
        self._fault = fault

    def init(self, _path: str) -> None:
        """It is mounted: say so, and end with the input."""
        threading.Thread(target=self._listen, daemon=True).start()
        print("mounted", flush=True)

    def _listen(self) -> None:
        sys.stdin.read()
        subprocess.run(["umount", "--lazy", self._folder], check=False)
        os._exit(0)

    def getattr(self, path: str, _handle: int | None = None) -> dict[str, int]:
        """What stat(2) asks."""
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2}
        if path == self._path:
            return {"st_mode": stat.S_IFREG | 0o644, "st_nlink": 1, "st_size": self._size, "st_mtime": 1_700_000_000}
        raise FuseOSError(errno.ENOENT)

    def readdir(self, _path: str, _handle: int) -> Any:
        """What lies on it."""
        return [".", "..", self._path[1:]]

    def read(self, _path: str, size: int, offset: int, _handle: int) -> bytes:
        """Some bytes, or the fault."""
        if offset + size > self._fault:
            raise FuseOSError(errno.EIO)
        first = offset % len(CONTENT)
        return (CONTENT * (size // len(CONTENT) + 2))[first : first + size]


@contextmanager
def bad_stick(folder: Path, name: str, size: int, fault: int) -> Iterator[Path]:
    """Have the stick in this folder; gives its file, which is ``size`` bytes long and unreadable from ``fault`` on."""
    folder.mkdir()
    command = [sys.executable, "-m", __name__, str(folder), name, str(size), str(fault)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            assert process.stdout.readline() == "mounted\n"
            yield folder / name
        finally:
            process.stdin.close()


if __name__ == "__main__":
    place, name, size, fault = sys.argv[1:]
    FUSE(
        BadStick(place, name, int(size), int(fault)),
        place,
        foreground=True,
        nothreads=True,
        allow_other=True,
        direct_io=True,
    )
