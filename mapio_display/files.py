"""Reading a small file whose place anything may have taken: a named pipe, a device, a file without an end."""

import errno
import os
import stat
from pathlib import Path

LARGEST = 1 << 20  # bytes; what is read whole here are settings and notes of a few kilobytes


def open_regular(path: Path) -> int:
    """Open a regular file for reading, and give its descriptor, which the caller closes. Raises ``OSError``.

    Opened the usual way, a named pipe without a writer would stop its reader for good, and some devices act on it.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, "Not a regular file", str(path))


def read_small(path: Path, largest: int = LARGEST) -> bytes:
    """Read a regular file of at most ``largest`` bytes. Raises ``OSError``, for what is no such file too."""
    with open(open_regular(path), "rb") as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise OSError(errno.EFBIG, f"Larger than {largest} bytes", str(path))
    return content
