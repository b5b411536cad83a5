"""Writes an empty file system into a slot: the program of ``mapio-display-repair@.service``, and of nothing else.

It trusts no caller. Which slot may be emptied it asks RAUC itself, by the rule of ``core/update/repair.py``; that the
slot cannot be mounted it tries; and that nothing uses it the kernel confirms. So no caller can do harm with it.

The file system is this package's own, because an image need not have mkfs.ext4: 1 MiB, without a journal, of features
that every kernel has. It was made by

    mke2fs -t ext4 -b 1024 -N 16 -m 0 -O none,filetype,extents,sparse_super,large_file -E lazy_itable_init=0 FILE 1M

and packed by zlib. That it is smaller than the slot does not matter: RAUC writes over it.
"""

import asyncio
import os
import subprocess
import tempfile
import zlib
from pathlib import Path
from stat import S_ISBLK

from mapio_display.core.facts.daemon import Daemon
from mapio_display.core.facts.event import Event
from mapio_display.core.facts.rauc import Slot, SlotsRead
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update.repair import repairable
from mapio_display.errors import RaucUnavailable, RepairError
from mapio_display.host.bus import Connected, SystemBus
from mapio_display.rauc.rauc import Rauc

IMAGE = Path(__file__).with_name("empty.ext4.zlib")
HEAD = 4096  # with the superblock, at 1024; written last, so that a cut leaves what cannot be mounted
ASK_S = 60.0
MOUNT_S = 60.0
CANNOT_MOUNT = 32  # mount(8)
LOOPS = Path("/sys/block")


async def empty(name: str) -> None:
    """Write an empty file system into the slot of this name. Raises ``RepairError`` where it may not be touched."""
    slots, primary = await _ask_rauc()
    slot = repairable(Snapshot(Daemon(""), slots=slots, primary=primary))
    if slot is None or slot.name != name or slot.device is None:
        raise RepairError(f"RAUC has not given up {name}, or it is in use or to be started; it is left as it is")
    device = Path(slot.device)
    try:
        refuse_mountable(device)
        write(device)
    except OSError as error:
        raise RepairError(f"{device}: {error.strerror}") from error


async def _ask_rauc() -> tuple[tuple[Slot, ...], str | None]:
    reports = _Reports()
    bus = SystemBus()
    inbox, rauc = bus.follow(), Rauc(bus, reports)
    why = "RAUC is installing"
    async with asyncio.TaskGroup() as group:
        connection = group.create_task(bus.run())
        try:
            async with asyncio.timeout(ASK_S):
                while not isinstance(await inbox.get(), Connected):
                    pass
                await rauc.read_slots()
        except TimeoutError:
            why = "D-Bus cannot be reached"
        except RaucUnavailable as error:
            why = str(error)
        connection.cancel()
    if reports.read is None:
        raise RepairError(why)
    return reports.read.slots, reports.read.primary


class _Reports:
    """Keeps what RAUC says of its slots; while it installs, it says nothing."""

    def __init__(self) -> None:
        self.read: SlotsRead | None = None

    def dispatch(self, event: Event) -> None:
        """Take an event."""
        self.read = event if isinstance(event, SlotsRead) else self.read


def refuse_mountable(device: Path) -> None:
    """Raise ``RepairError`` unless mounting ``device`` fails as it fails for RAUC: because of what is on it."""
    with tempfile.TemporaryDirectory(prefix="mapio-display-repair-") as directory:
        mount = ["mount", "-t", "ext4", "-o", "ro", os.fspath(device), directory]
        try:
            done = subprocess.run(mount, check=False, capture_output=True, text=True, timeout=MOUNT_S)
        except subprocess.TimeoutExpired as error:
            raise RepairError(f"{device}: mount does not end") from error
        if done.returncode == 0:
            subprocess.run(["umount", directory], check=True, timeout=MOUNT_S)
            raise RepairError(f"{device} can be mounted; it is left as it is")
    if done.returncode != CANNOT_MOUNT or "denied" in done.stderr or "busy" in done.stderr:
        raise RepairError(f"{device}: {done.stderr.strip()}")


def write(device: Path) -> None:
    """Write the empty file system to the start of ``device``, synced. Raises ``RepairError``, ``OSError``."""
    image = zlib.decompress(IMAGE.read_bytes())
    # Of a block device the kernel gives an exclusive one only where it is not mounted and no other process has one.
    descriptor = os.open(device, os.O_RDWR | os.O_EXCL | os.O_CLOEXEC)
    try:
        if not S_ISBLK(os.fstat(descriptor).st_mode) and _is_behind_a_loop(device):
            raise RepairError(f"{device} is in use")
        if os.lseek(descriptor, 0, os.SEEK_END) < len(image):
            raise RepairError(f"{device} is too small")
        for part, at in ((bytes(HEAD), 0), (image[HEAD:], HEAD), (image[:HEAD], 0)):
            _write_all(descriptor, part, at)
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, content: bytes, at: int) -> None:
    view = memoryview(content)
    while view:
        count = os.pwrite(descriptor, view, at)
        view, at = view[count:], at + count


def _is_behind_a_loop(file: Path) -> bool:
    """Whether a slot that is a file, as on a virtual gateway, is mounted."""
    return any(Path(backing.read_text().strip()) == file.resolve() for backing in LOOPS.glob("loop*/loop/backing_file"))
