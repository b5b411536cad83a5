"""What lies on the eMMC while nothing runs, read without any code of the gateway's own."""

import configparser
import contextlib
import hashlib
import json
import subprocess
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mapio_display.virtual.tools import tool

ROOTFS = "rootfs.ext4"
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Facts:
    """``environment`` is U-Boot's and ``copies`` how many of it are sound.

    ``slots`` tells which version is in each slot as a whole, or None; ``record`` and ``last_update`` are the journal's,
    ``uploads`` the names in the upload store. ``activated`` tells how often RAUC made each slot primary, as it knows.
    ``garbled`` is a journal that nobody can read.
    """

    environment: dict[str, str]
    copies: int
    slots: dict[str, str | None]
    record: dict[str, Any] | None
    last_update: dict[str, Any] | None
    uploads: tuple[str, ...]
    activated: dict[str, int]
    garbled: bool = False

    @property
    def primary(self) -> str:
        """The slot that U-Boot tries first: in order, with attempts left. Empty if there is none."""
        order = self.environment.get("BOOT_ORDER", "").split()
        return next((slot for slot in order if self.environment.get(f"BOOT_{slot}_LEFT", "0") != "0"), "")


class Versions:
    """The root file systems that exist, known by their content."""

    def __init__(self) -> None:
        self._by_digest: dict[str, str] = {}
        self._size = 0

    def learn_rootfs(self, image: Path, version: str) -> None:
        """Learn one from its image. All are of one size."""
        self._size = image.stat().st_size
        self._by_digest[self._digest(image)] = version

    def learn_bundle(self, bundle: Path, version: str) -> None:
        """Learn one from a bundle, whose beginning is a squashfs."""
        command = [tool("unsquashfs"), "-cat", str(bundle), ROOTFS]
        content = subprocess.run(command, check=True, capture_output=True).stdout
        self._by_digest[hashlib.sha256(content).hexdigest()] = version

    def in_slot(self, device: Path) -> str | None:
        """The version that is in a slot from its first byte to its last."""
        return self._by_digest.get(self._digest(device))

    def _digest(self, image: Path) -> str:
        digest, left = hashlib.sha256(), self._size
        with image.open("rb") as file:
            while left:
                piece = file.read(min(CHUNK, left))
                digest.update(piece)
                left -= len(piece)
        return digest.hexdigest()


def environment(boot: Path) -> tuple[dict[str, str], int]:
    """U-Boot's variables in the folder, and how many copies of them are sound.

    Each is a CRC-32 of four bytes and the variables; where there are two, with a counter of one byte between them, and
    the sound one of the later counter counts (U-Boot's env/common.c).
    """
    copies = [path.read_bytes() for path in boot.glob("uboot*.env")]
    head = 5 if len(copies) == 2 else 4
    sound = [copy for copy in copies if int.from_bytes(copy[:4], "little") == zlib.crc32(copy[head:])]
    if not sound:
        return {}, 0
    latest = sound[0] if len(sound) == 1 else max(sound, key=lambda copy: copy[4])
    if {copy[4] for copy in sound} == {0, 255}:  # the counter has come around
        latest = next(copy for copy in sound if copy[4] == 0)
    words = latest[head:].split(b"\0\0", 1)[0].split(b"\0")
    return dict(word.decode().split("=", 1) for word in words if b"=" in word), len(sound)


def read(boot: Path, data: Path, slots: dict[str, Path], versions: Versions) -> Facts:
    """Read all of it."""
    variables, sound = environment(boot)
    told: dict[str, Any] = {}
    garbled = False
    try:
        told = json.loads((data / "journal.json").read_text("utf-8"))
    except FileNotFoundError:
        pass
    except ValueError:
        garbled = True
    return Facts(
        variables,
        sound,
        {name: versions.in_slot(device) for name, device in slots.items()},
        told.get("record"),
        told.get("last_update"),
        tuple(sorted(path.name for path in (data / "uploads").glob("*"))),
        activations(boot / "central-status.raucs", slots),
        garbled,
    )


def activations(status: Path, slots: Iterable[str]) -> dict[str, int]:
    """What RAUC's status file says of the slots, given in the order of their numbers.

    RAUC does not sync a status file that it writes for the first time, so that it may be garbage after a power cut;
    then it says nothing to RAUC either.
    """
    told = configparser.ConfigParser()
    with contextlib.suppress(configparser.Error, UnicodeDecodeError):
        told.read(status)
    numbers = {slot: f"slot.rootfs.{number}" for number, slot in enumerate(slots)}
    return {slot: told.getint(section, "activated.count", fallback=0) for slot, section in numbers.items()}
