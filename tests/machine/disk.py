"""What lies on the disk of a machine that is off, read without any code of the gateway's own."""

import contextlib
import errno
import json
import os
import re
import struct
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.machine.image.layout import SECTOR, Partition, partitions
from tests.soak.facts import CHUNK, Facts, activations, environment

START = re.compile(rb"Slot ([AB]) starts")
MEMORY = "/dev/shm"  # noqa: S108 - e2fsck flushes what it writes, which a busy disk takes long for


class Slots:
    """Which version is in each slot by what the console said, and which were ``started`` since they were written.

    A started slot's file system has been in use, so that it is known by its content no longer.
    """

    def __init__(self, holds: Mapping[str, str], started: Mapping[str, str] | None = None) -> None:
        self.started = dict(started or {})
        self._holds = dict(holds)
        self._writes: list[tuple[int, str, str]] = []

    def write(self, at: int, slot: str, version: str) -> None:
        """From this place of the console's output on, a version is written into a slot."""
        self._writes.append((at, slot, version))

    def after(self, said: bytes) -> "Slots":
        """As it is when the console has said this since its beginning."""
        now = Slots(self._holds, self.started)
        starts = [(start.start(), start[1].decode(), "") for start in START.finditer(said)]
        for at, slot, version in sorted(starts + self._writes):
            if version and at <= len(said):
                now.started.pop(slot, None)
                now._holds[slot] = version
            elif not version and slot in now._holds:
                now.started[slot] = now._holds[slot]
        return now


def tear_boot(disk: Path) -> None:
    """Free the clusters of RAUC's status file on /boot while its name still has them, as a power cut can leave it."""
    start = partitions()["boot"].start
    with disk.open("r+b") as file:
        file.seek(start)
        # Microsoft's FAT specification: bytes a sector, reserved sectors, copies, names in the root, sectors a copy.
        size, _, reserved, copies, names, _, _, length = struct.unpack_from("<HBHBHHBH", file.read(SECTOR), 11)
        file.seek(start + (reserved + copies * length) * size)
        entries = [file.read(32) for _ in range(names)]
        (cluster,) = (int.from_bytes(entry[26:28], "little") for entry in entries if entry.startswith(b"CENTRA~1RAU"))
        for copy in range(copies):
            file.seek(start + (reserved + copy * length) * size + 2 * cluster)
            file.write(bytes(2))


def in_slot(disk: Path, slot: Partition, images: Mapping[str, Path]) -> str | None:
    """The version that is in a slot from its first byte to its last."""
    return next((version for version, image in images.items() if _same(image, disk, slot)), None)


def read(disk: Path, images: Mapping[str, Path], known: Slots) -> Facts:
    """Read all of it. ``images`` are the root file systems that exist, by their versions."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        folder = Path(name)
        for file in ("uboot.env", "central-status.raucs"):
            _from_vfat(disk, partitions()["boot"], file, folder / file)
        variables, sound = environment(folder)
        data = _copy(disk, partitions()["data"], folder / "data.ext4")
        _replay(data)
        journal: dict[str, Any] = {}
        garbled = False
        try:
            journal = json.loads(_debugfs(data, "cat /mapio-display/journal.json") or "{}")
        except ValueError:
            garbled = True
        listed = (line.split("/") for line in _debugfs(data, "ls -p /mapio-display/uploads").splitlines())
        uploads = tuple(sorted(words[5] for words in listed if len(words) > 5 and words[5] not in (".", "..")))
        slots: dict[str, str | None] = {}
        for slot in ("A", "B"):
            part = partitions()[slot]
            used = known.started.get(slot)
            slots[slot] = _mended(disk, part, folder, used) if used else in_slot(disk, part, images)
        return Facts(
            variables,
            sound,
            slots,
            journal.get("record"),
            journal.get("last_update"),
            uploads,
            activations(folder / "central-status.raucs", slots),
            garbled,
        )


def unmount_data(disk: Path) -> None:
    """Leave the data partition as an unmount does: without a journal to replay, which no read-only device can."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        part = partitions()["data"]
        image = _copy(disk, part, Path(folder) / "data.ext4")
        _replay(image)
        back = ["dd", f"if={image}", f"of={disk}", "bs=1M", f"seek={part.start >> 20}", "conv=notrunc", "status=none"]
        subprocess.run(back, check=True)


def _replay(image: Path) -> None:
    subprocess.run(["e2fsck", "-y", "-E", "journal_only", str(image)], check=False, capture_output=True)


def _from_vfat(disk: Path, part: Partition, name: str, to: Path) -> None:
    command = ["mcopy", "-n", "-i", f"{disk}@@{part.start}", f"::{name}", str(to)]
    with contextlib.suppress(subprocess.CalledProcessError):  # it is not there yet
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "MTOOLS_SKIP_CHECK": "1"})


def _copy(disk: Path, part: Partition, to: Path) -> Path:
    """A partition in a file of its own, without reading its holes."""
    end = part.start + part.size
    with disk.open("rb") as source, to.open("wb") as target:
        target.truncate(part.size)
        at = part.start
        while (at := _content(source.fileno(), at, end)) < end:
            hole = min(os.lseek(source.fileno(), at, os.SEEK_HOLE), end)
            target.seek(at - part.start)
            while at < hole:
                at += target.write(os.pread(source.fileno(), min(CHUNK, hole - at), at))
    return to


def _content(file: int, at: int, end: int) -> int:
    """Where the next content begins; ``end`` if there is no more."""
    try:
        return os.lseek(file, at, os.SEEK_DATA)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return end


def _debugfs(image: Path, request: str) -> str:
    found = subprocess.run(["debugfs", "-R", request, str(image)], check=True, capture_output=True, text=True)
    return found.stdout


def _mended(disk: Path, slot: Partition, folder: Path, version: str) -> str | None:
    """The version of a file system that was in use, if it is whole."""
    image = _copy(disk, slot, folder / "slot.ext4")
    mended = subprocess.run(["e2fsck", "-fy", str(image)], check=False, capture_output=True).returncode
    release = _debugfs(image, "cat /etc/os-release")
    image.unlink()
    return version if mended in (0, 1) and f"MAPIO_OS_VERSION={version}\n" in release else None


def _same(image: Path, disk: Path, slot: Partition) -> bool:
    compare = ["cmp", "--quiet", f"--bytes={image.stat().st_size}", f"--ignore-initial=0:{slot.start}"]
    return subprocess.run([*compare, str(image), str(disk)], check=False).returncode == 0
