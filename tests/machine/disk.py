"""What lies on the disk of a machine that is off, read without any code of the gateway's own."""

import contextlib
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.machine.image.layout import Partition, partitions
from tests.soak.facts import Facts, activations, environment

START = re.compile(rb"Slot ([AB]) starts")


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


def in_slot(slot: Path, images: Mapping[str, Path]) -> str | None:
    """The version that is in a slot from its first byte to its last."""
    return next((version for version, image in images.items() if _same(image, slot)), None)


def read(disk: Path, images: Mapping[str, Path], known: Slots) -> Facts:
    """Read all of it. ``images`` are the root file systems that exist, by their versions."""
    started = known.started
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
            slots[slot] = _mended(image, started[slot]) if slot in started else in_slot(image, images)
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


def _same(image: Path, slot: Path) -> bool:
    compare = ["cmp", "--quiet", f"--bytes={image.stat().st_size}", str(image), str(slot)]
    return subprocess.run(compare, check=False).returncode == 0
