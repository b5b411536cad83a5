"""Root file systems, and the slots they lie in: ext4 in regular files, looked into without mounting."""

import shutil
from pathlib import Path

from mapio_display.virtual.tools import run

SLOT_BYTES = 64 * 1024 * 1024
ROOTFS_BYTES = 48 * 1024 * 1024
FILLING_BYTES = 16 * 1024 * 1024


def make_rootfs(image: Path, version: str, *, boots: bool = True) -> None:
    """Make a root file system of that version in ``image``; one that does not boot has no /sbin/init.

    It carries some megabytes that no compression shrinks, so that transfer and installation can be watched.
    """
    tree = image.with_suffix(".tree")
    shutil.rmtree(tree, ignore_errors=True)
    (tree / "etc").mkdir(parents=True)
    (tree / "sbin").mkdir()
    (tree / "usr/share").mkdir(parents=True)
    (tree / "etc/os-release").write_text(
        "ID=mapio\n"
        'NAME="Mapio OS distribution"\n'
        f"VERSION_ID={version}\n"
        f'PRETTY_NAME="Mapio OS distribution {version} (virtual)"\n'
        f"MAPIO_OS_VERSION={version}\n"
        f"MAPIO_OS_VERSION_PRETTY=Mapio OS distribution {version} (virtual)\n"
    )
    if boots:
        init = tree / "sbin/init"
        init.write_text("#!/bin/sh\n")
        init.chmod(0o755)
    with Path("/dev/urandom").open("rb") as random:
        (tree / "usr/share/filling").write_bytes(random.read(FILLING_BYTES))
    image.unlink(missing_ok=True)
    run("mkfs.ext4", "-q", "-F", "-d", tree, image, f"{ROOTFS_BYTES // 1024}k")
    shutil.rmtree(tree)


class Slots:
    """The images ``slotA.img`` and ``slotB.img`` in ``directory``."""

    def __init__(self, directory: Path) -> None:
        self.images = {name: directory / f"slot{name}.img" for name in ("A", "B")}

    def create(self, rootfs: Path) -> None:
        """Put ``rootfs`` into slot A, and an empty file system into slot B."""
        for image in self.images.values():
            image.unlink(missing_ok=True)
            with image.open("wb") as file:
                file.truncate(SLOT_BYTES)
        run("dd", f"if={rootfs}", f"of={self.images['A']}", "bs=1M", "conv=notrunc,sparse")
        run("mkfs.ext4", "-q", "-F", self.images["B"])

    def boots(self, name: str) -> bool:
        """Say whether a kernel would find an init to start in this slot."""
        return "Type: regular" in self._debugfs(name, "stat /sbin/init")

    def os_release(self, name: str) -> str:
        """The slot's /etc/os-release; empty where there is none."""
        return self._debugfs(name, "cat /etc/os-release")

    def _debugfs(self, name: str, request: str) -> str:
        return run("debugfs", "-R", request, self.images[name])
