"""What lies on the disk of a machine that is off, read without any code of the gateway's own."""

import contextlib
import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.machine.image.layout import Partition, partitions
from tests.soak.facts import CHUNK, Facts, activations, environment


class Images:
    """The root file systems that exist, known by their content."""

    def __init__(self, images: Mapping[str, Path]) -> None:
        self._known = {(image.stat().st_size, _digest(image, image.stat().st_size)): v for v, image in images.items()}

    def in_slot(self, slot: Path) -> str | None:
        """The version that is in a slot from its first byte to its last."""
        sizes = {size for size, _ in self._known}
        return next((v for size in sizes if (v := self._known.get((size, _digest(slot, size))))), None)


def read(disk: Path, images: Images, started: Mapping[str, str]) -> Facts:
    """Read all of it.

    ``started`` are the versions of slots that were started since they were written: their file systems have been in
    use, so that they are known by their content no longer.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("uboot.env", "central-status.raucs"):
            _from_vfat(disk, partitions()["boot"], file, folder / file)
        variables, sound = environment(folder)
        data = _copy(disk, partitions()["data"], folder / "data.ext4")
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
            image = _copy(disk, partitions()[slot], folder / "slot.ext4")
            slots[slot] = _mended(image, started[slot]) if slot in started else images.in_slot(image)
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


def _from_vfat(disk: Path, part: Partition, name: str, to: Path) -> None:
    command = ["mcopy", "-n", "-i", f"{disk}@@{part.start}", f"::{name}", str(to)]
    with contextlib.suppress(subprocess.CalledProcessError):  # it is not there yet
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "MTOOLS_SKIP_CHECK": "1"})


def _copy(disk: Path, part: Partition, to: Path) -> Path:
    """A partition in a file of its own, with its file system's journal replayed where there is one."""
    copy = [f"if={disk}", f"of={to}", "bs=1M", f"skip={part.start >> 20}", f"count={part.size >> 20}", "conv=sparse"]
    subprocess.run(["dd", *copy, "status=none"], check=True)
    return to


def _debugfs(image: Path, request: str) -> str:
    subprocess.run(["e2fsck", "-fy", str(image)], check=False, capture_output=True)
    found = subprocess.run(["debugfs", "-R", request, str(image)], check=True, capture_output=True, text=True)
    return found.stdout


def _mended(image: Path, version: str) -> str | None:
    """The version of a file system that was in use, if it is whole."""
    mended = subprocess.run(["e2fsck", "-fy", str(image)], check=False, capture_output=True).returncode
    release = _debugfs(image, "cat /etc/os-release")
    return version if mended in (0, 1) and f"MAPIO_OS_VERSION={version}\n" in release else None


def _digest(image: Path, size: int) -> str:
    digest = hashlib.sha256()
    with image.open("rb") as file:
        while piece := file.read(min(CHUNK, size)):
            digest.update(piece)
            size -= len(piece)
    return digest.hexdigest()
