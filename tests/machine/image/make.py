"""The machine as it is delivered, and the bundles for it: ``python -m tests.machine.image.make``."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mapio_display.virtual.uboot import SIZE
from tests.machine.image.layout import DISK_BYTES, SIZES, partition_table, partitions
from tests.machine.image.parts import HERE, initrd, kernel, keys, made, of_image, run, tree
from tests.machine.qemu import FLASH_BYTES, dump_device_tree

FIRST, NEXT, BROKEN = "2.1", "2.2", "2.3"
ROOTFS_BYTES = 352 * 1024 * 1024
EMPTY_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Delivered:
    """Files: ``disk`` as it leaves the factory, ``bundles`` and ``rootfs`` images by version."""

    disk: Path
    bundles: dict[str, Path]
    rootfs: dict[str, Path]
    u_boot: Path
    flash: Path
    device_tree: Path


def delivered() -> Delivered:
    """Make all that is not made yet."""
    images, _ = versions()
    disk, _ = boot_disk()
    rootfs = {version: images / f"rootfs-{version}.ext4" for version in (FIRST, NEXT, BROKEN)}
    bundles = {version: images / f"mapio-bundle-{version}.raucb" for version in (NEXT, BROKEN)}
    return Delivered(
        disk / "disk.raw", bundles, rootfs, kernel()[0] / "u-boot.bin", disk / "flash", disk / "machine.dtb"
    )


def versions() -> tuple[Path, str]:
    """Root file systems of three versions, the last of which has no init, and bundles of the latter two."""
    folder = of_image("versions")
    (root, a), (signing, b) = tree(), keys()

    def make(_: Path) -> None:
        for version in (FIRST, NEXT):
            _os_release(root / "root", version)
            _ext4(folder / f"rootfs-{version}.ext4", root / "root", ROOTFS_BYTES)
        with tempfile.TemporaryDirectory() as empty:
            _os_release(Path(empty), BROKEN)
            _ext4(folder / f"rootfs-{BROKEN}.ext4", Path(empty), EMPTY_BYTES)
        for version in (NEXT, BROKEN):
            _bundle(folder / f"rootfs-{version}.ext4", version, signing, folder / f"mapio-bundle-{version}.raucb")

    return folder, made(folder, [a, b, Path(__file__), HERE / "hook.sh"], make)


def boot_disk() -> tuple[Path, str]:
    """The disk: kernel and boot script on /boot, the first version in slot A, nothing in B, an empty data partition."""
    folder = of_image("disk")
    (linux, a), (first, b), (images, c) = kernel(), initrd(), versions()

    def make(_: Path) -> None:
        device_tree(folder)
        run("mkenvimage", "-s", "0x40000", "-o", folder / "flash", HERE / "u-boot.txt")
        os.truncate(folder / "flash", FLASH_BYTES)
        boot = folder / "boot.fat"
        with boot.open("wb") as file:
            file.truncate(SIZES["boot"])
        run("mkfs.vfat", "-n", "BOOT", boot)
        environment = folder / "uboot.env"
        environment.write_bytes(b"\xff" * SIZE)  # erased: U-Boot takes its defaults
        script = ("mkimage", "-A", "arm64", "-T", "script", "-C", "none", "-d", HERE / "boot.cmd", folder / "boot.scr")
        run(*script)
        done = folder / "first_boot_done"
        done.touch()
        files = (linux / "Image", folder / "boot.scr", first / "initrd", environment, done)
        run("mcopy", "-i", boot, *files, "::", MTOOLS_SKIP_CHECK="1")
        with (folder / "disk.raw").open("wb") as file:
            file.truncate(DISK_BYTES)
            file.write(partition_table())
        for name, image in (("boot", boot), ("A", images / f"rootfs-{FIRST}.ext4")):
            write(image, folder / "disk.raw", partitions()[name].start)
        for name in ("B", "data"):
            image = folder / f"{name}.ext4"
            _ext4(image, None, SIZES[name])
            write(image, folder / "disk.raw", partitions()[name].start)
            image.unlink()
        boot.unlink()

    return folder, made(
        folder,
        [
            a,
            b,
            c,
            HERE / "boot.cmd",
            HERE / "u-boot.txt",
            HERE / "board.dts",
            HERE / "layout.py",
            HERE.parent / "qemu.py",
        ],
        make,
    )


def device_tree(folder: Path) -> None:
    """QEMU's own, with the board's added."""
    dump_device_tree(folder / "qemu.dtb")
    decompile = ["dtc", "-q", "-I", "dtb", "-O", "dts", str(folder / "qemu.dtb")]
    source = subprocess.run(decompile, check=True, capture_output=True, text=True).stdout
    (folder / "machine.dts").write_text(source + (HERE / "board.dts").read_text())
    run("dtc", "-q", "-I", "dts", "-O", "dtb", "-o", folder / "machine.dtb", folder / "machine.dts")


def write(image: Path, disk: Path, offset: int) -> None:
    """Write an image into the disk, its holes left out."""
    run("dd", f"if={image}", f"of={disk}", "bs=1M", f"seek={offset >> 20}", "conv=notrunc,sparse", "status=none")


def _os_release(root: Path, version: str) -> None:
    (root / "etc").mkdir(exist_ok=True)
    path = root / "etc/os-release"
    path.unlink(missing_ok=True)  # Debian's is a link
    path.write_text(
        f'ID=mapio\nNAME="Mapio OS distribution"\nVERSION_ID={version}\n'
        f'PRETTY_NAME="Mapio OS distribution {version} (Yocto scarthgap)"\n'
        f'MAPIO_OS_VERSION={version}\nMAPIO_OS_VERSION_PRETTY="Mapio OS distribution {version} (Yocto scarthgap)"\n'
    )


def _ext4(image: Path, content: Path | None, size: int) -> None:
    image.unlink(missing_ok=True)
    filled = ("-d", content) if content else ()
    run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", *filled, image, f"{size >> 10}k")


def _bundle(rootfs: Path, version: str, signing: Path, bundle: Path) -> None:
    content = bundle.with_suffix(".content")
    shutil.rmtree(content, ignore_errors=True)
    content.mkdir()
    (content / "rootfs.ext4").hardlink_to(rootfs)
    shutil.copy(HERE / "hook.sh", content)
    (content / "manifest.raucm").write_text(
        f"[update]\ncompatible=mapio-image\nversion={version}\n\n[bundle]\nformat=plain\n\n"
        "[hooks]\nfilename=hook.sh\n\n[image.rootfs]\nfilename=rootfs.ext4\nhooks=pre-install\n"
    )
    certificate, key = signing / "cert.pem", signing / "key.pem"
    packing = "--mksquashfs-args=-comp zstd -Xcompression-level 3"  # quicker than the default, here and in the machine
    run("rauc", "bundle", packing, f"--cert={certificate}", f"--key={key}", content, bundle)
    shutil.rmtree(content)


if __name__ == "__main__":
    delivered()
