"""The data partition: where it will be mounted, and waiting for that without polling.

The daemon starts before the file systems are mounted. Whether the data directory is on one that is still to come, is
known by /etc/fstab, or by a mount unit that systemd has a job to start: one that is only installed (Debian ships a
tmp.mount), masked, or for a system where systemd does not run, mounts nothing.
"""

import asyncio
import os
import re
import select
from collections.abc import Sequence
from pathlib import Path

FSTAB = Path("/etc/fstab")
SYSTEMD = Path("/run/systemd/system")  # there where systemd runs (sd_booted(3))
UNIT_FOLDERS = tuple(
    Path(folder)
    for folder in (
        "/etc/systemd/system",
        "/run/systemd/system",
        "/run/systemd/generator",
        "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system",
        "/lib/systemd/system",
    )
)  # in the order of their precedence (systemd.unit(5))
MOUNTINFO = Path("/proc/self/mountinfo")

_SPECIAL = re.compile(rb"^\.|[^A-Za-z0-9:_./]")
_OCTAL = re.compile(rb"\\([0-7]{3})")


class DataPartition:
    """The file system that ``folder`` is on, or will be."""

    def __init__(
        self,
        folder: Path,
        *,
        fstab: Path = FSTAB,
        systemd: Path = SYSTEMD,
        units: Sequence[Path] = UNIT_FOLDERS,
        mountinfo: Path = MOUNTINFO,
    ) -> None:
        self.mount_point = _mount_point(folder, fstab, units) if systemd.is_dir() else None
        self._mountinfo = mountinfo

    @property
    def is_there(self) -> bool:
        """Whether nothing has to be mounted any more."""
        return self.mount_point is None or self.mount_point in _mounted(self._mountinfo.read_bytes())

    async def wait(self) -> None:
        """Return when it is there.

        The kernel signals every change of the mount table by POLLPRI on mountinfo (proc(5)). asyncio waits for
        readable files only, and an epoll(7) that has an event is one.
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
                    changes.poll(0)  # or it would report again and again
                    changed.clear()
            finally:
                loop.remove_reader(changes.fileno())


def _mount_point(folder: Path, fstab: Path, units: Sequence[Path]) -> Path | None:
    """The nearest folder above ``folder``, or itself, that is going to be mounted."""
    listed = _listed(fstab)
    for candidate in (folder, *folder.parents[:-1]):
        name = f"{_escaped(candidate)}.mount"
        if not _is_masked(name, units) and (candidate in listed or _is_wanted(name, units)):
            return candidate
    return None


def _listed(fstab: Path) -> set[Path]:
    """The mount points in /etc/fstab, but for those that are not mounted at boot (fstab(5))."""
    try:
        lines = fstab.read_bytes().splitlines()
    except OSError:
        return set()
    rows = (line.split() for line in lines if not line.lstrip().startswith(b"#"))
    return {_path(row[1]) for row in rows if len(row) >= 3 and b"noauto" not in b",".join(row[3:4]).split(b",")}


def _is_masked(name: str, units: Sequence[Path]) -> bool:
    """Whether a unit is masked, so that systemd never starts it: its first file is empty or a link to /dev/null."""
    for folder in units:
        if os.path.lexists(unit := folder / name):
            return unit.resolve() == Path(os.devnull) or (unit.is_file() and unit.stat().st_size == 0)
    return False


def _is_wanted(name: str, units: Sequence[Path]) -> bool:
    """Whether another unit wants or requires this one, as an enabled one and the generator's are."""
    return any(
        os.path.lexists(wanting / name)
        for folder in units
        for wanting in folder.glob("*.target.*")
        if wanting.suffix in (".wants", ".requires")
    )


def _escaped(path: Path) -> str:
    """A path as systemd writes it in a unit's name (systemd.unit(5), "String Escaping for Inclusion in Unit Names")."""
    name = _SPECIAL.sub(lambda special: b"\\x%02x" % special[0][0], os.fsencode(path).strip(b"/"))
    return os.fsdecode(name.replace(b"/", b"-"))


def _mounted(mountinfo: bytes) -> set[Path]:
    """The mount points in a mountinfo file (proc(5))."""
    fields = (line.split(b" ", 5)[4] for line in mountinfo.splitlines())
    return {_path(field) for field in fields}


def _path(field: bytes) -> Path:
    """A path as mountinfo and fstab write it, with blanks and the like as octal numbers."""
    return Path(os.fsdecode(_OCTAL.sub(lambda octal: bytes((int(octal[1], 8),)), field)))
