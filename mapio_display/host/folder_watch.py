"""Files that are written or replaced, reported by the kernel (inotify(7)).

It is the folder that is watched, because editors and tools put a new file in the old one's place.
"""

import asyncio
import contextlib
import ctypes
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

IN_CLOSE_WRITE = 0x8
IN_MOVED_TO = 0x80
IN_CREATE = 0x100  # for links; an ordinary file is still empty then
SEVERAL_EVENTS = 65536  # bytes

_libc = ctypes.CDLL(None, use_errno=True)
_log = logging.getLogger(__name__)


@contextlib.contextmanager
def folder_watch(changed: asyncio.Event, *, links: bool = False) -> Iterator[Callable[[Path], bool]]:
    """Set ``changed`` whenever a file in a watched folder has been written or replaced, or the folder goes away.

    Gives what watches a folder, which may be watched already; False where it cannot, so that the file has to be polled.
    With ``links`` a symbolic link that is made counts too.
    """
    kinds = IN_CLOSE_WRITE | IN_MOVED_TO | (IN_CREATE if links else 0)
    descriptor: int = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if descriptor < 0:
        _log.warning("Files cannot be watched: %s", os.strerror(ctypes.get_errno()))  # too many watch already
        yield lambda _folder: False
        return
    loop = asyncio.get_running_loop()

    def read() -> None:
        os.read(descriptor, SEVERAL_EVENTS)
        changed.set()

    def watch(folder: Path) -> bool:
        watched: int = _libc.inotify_add_watch(descriptor, os.fsencode(folder), kinds)
        return watched >= 0

    loop.add_reader(descriptor, read)
    try:
        yield watch
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
