"""The data partition: where it will be mounted, and waiting for that without polling.

The daemon starts before the file systems are mounted. Whether the data directory is on one that is still to come is
told by systemd's mount units, which it makes of /etc/fstab (systemd-fstab-generator(8)).
"""

import asyncio
import os
import re
import select
from collections.abc import Sequence
from pathlib import Path

UNIT_FOLDERS = tuple(
    Path(folder)
    for folder in (
        "/run/systemd/generator",
        "/etc/systemd/system",
        "/run/systemd/system",
        "/usr/lib/systemd/system",
        "/lib/systemd/system",
    )
)
MOUNTINFO = Path("/proc/self/mountinfo")

_SPECIAL = re.compile(rb"^\.|[^A-Za-z0-9:_./]")
_OCTAL = re.compile(rb"\\([0-7]{3})")


class DataPartition:
    """The file system that ``folder`` is on, or will be."""

    def __init__(self, folder: Path, *, units: Sequence[Path] = UNIT_FOLDERS, mountinfo: Path = MOUNTINFO) -> None:
        self.mount_point = _mount_point(folder, units)
        self._mountinfo = mountinfo

    @property
    def is_there(self) -> bool:
        """Whether nothing has to be mounted any more."""
        return self.mount_point is None or self.mount_point in _mounted(self._mountinfo.read_bytes())

    async def wait(self) -> None:
        """Return when it is there.

        The kernel tells of every change of the mount table by POLLPRI on mountinfo (proc(5)). asyncio waits for
        readable files only, and an epoll(7) that has something to tell is one.
        """
        if self.is_there:
            return
        loop, changed = asyncio.get_running_loop(), asyncio.Event()
        with self._mountinfo.open("rb") as table, select.epoll() as changes:
            changes.register(table, select.EPOLLPRI)
            loop.add_reader(changes.fileno(), changed.set)
            try:
                while not self.is_there:
                    await changed.wait()
                    changes.poll(0)  # or it would go on to tell
                    changed.clear()
            finally:
                loop.remove_reader(changes.fileno())


def _mount_point(folder: Path, units: Sequence[Path]) -> Path | None:
    """The nearest folder above ``folder``, or itself, that systemd has a mount unit for."""
    for candidate in (folder, *folder.parents[:-1]):
        name = f"{_escaped(candidate)}.mount"
        if any((unit_folder / name).exists() for unit_folder in units):
            return candidate
    return None


def _escaped(path: Path) -> str:
    """A path as systemd writes it in a unit's name (systemd.unit(5), "String Escaping for Inclusion in Unit Names")."""
    name = _SPECIAL.sub(lambda special: b"\\x%02x" % special[0][0], os.fsencode(path).strip(b"/"))
    return os.fsdecode(name.replace(b"/", b"-"))


def _mounted(mountinfo: bytes) -> set[Path]:
    """The mount points in a mountinfo file, which writes blanks and the like as octal numbers (proc(5))."""
    fields = (line.split(b" ", 5)[4] for line in mountinfo.splitlines())
    points = (_OCTAL.sub(lambda octal: bytes((int(octal[1], 8),)), field) for field in fields)
    return {Path(os.fsdecode(point)) for point in points}
