"""QEMU's command line for the machine: a 64-bit ARM as the board's, without its devices, which come with ``Board``."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

QEMU = "qemu-system-aarch64"
MACHINE = ("-machine", "virt,gic-version=3,acpi=off", "-cpu", "cortex-a72", "-smp", "2", "-m", "1024")
FLASH_BYTES = 64 << 20
EMULATED = ("-accel", "tcg,thread=multi,tb-size=256")


@dataclass(frozen=True, slots=True)
class Sockets:
    """The machine's ends that are outside of it, as Unix sockets, and the web server's ``port`` of 127.0.0.1."""

    console: Path
    board: Path
    control: Path
    port: int


def dump_device_tree(file: Path) -> None:
    """Write the device tree that QEMU makes for this machine."""
    command = [QEMU, *MACHINE, "-machine", f"dumpdtb={file}", "-nodefaults", "-display", "none"]
    subprocess.run(command, check=True, capture_output=True)


def command(u_boot: Path, flash: Path, device_tree: Path, folder: Path, sockets: Sockets, *, clock: str) -> list[str]:
    """Start the machine: what it writes goes to ``folder``, to overlay.qcow2 and, with all flushes, to writes.log.

    ``flash`` has U-Boot run the boot script at once, as the board's does. ``clock`` is the time of its RTC: ``utc``, or
    a date as QEMU takes it.
    """
    overlay, log = folder / "overlay.qcow2", folder / "writes.log"
    file = f'{{"driver": "file", "filename": "{overlay}", "cache": {{"no-flush": true}}}}'
    disk = (
        f'{{"driver": "blklogwrites", "node-name": "disk", "log-sector-size": 512,'
        f' "file": {{"driver": "qcow2", "file": {file}}},'
        f' "log": {{"driver": "file", "filename": "{log}", "cache": {{"no-flush": true}}}}}}'
    )
    return [
        *("setpriv", "--pdeathsig", "KILL"),  # it ends with us, however we end
        *(QEMU, *MACHINE, *EMULATED, "-nodefaults", "-display", "none"),
        *("-drive", f"if=pflash,unit=1,format=raw,readonly=on,file={flash}"),
        *("-bios", str(u_boot), "-dtb", str(device_tree), "-rtc", f"base={clock}"),
        *("-blockdev", disk, "-device", "virtio-blk-pci,drive=disk,discard=off,write-zeroes=off,request-merging=off"),
        *("-chardev", f"socket,id=console,path={sockets.console}", "-serial", "chardev:console"),
        *("-chardev", f"socket,id=board,path={sockets.board}", "-device", "virtio-serial-pci"),
        *("-device", "virtserialport,chardev=board,name=board"),
        *("-qmp", f"unix:{sockets.control},server=on,wait=off"),
        *("-netdev", f"user,id=lan,restrict=on,hostfwd=tcp:127.0.0.1:{sockets.port}-:80"),
        *("-device", "virtio-net-pci,netdev=lan,romfile=", "-device", "virtio-rng-pci"),
    ]


def with_words(device_tree: Path, to: Path, words: str) -> Path:
    """A copy of the device tree by which the boot script adds these words to the kernel's arguments."""
    shutil.copy(device_tree, to)
    subprocess.run(["fdtput", "-t", "s", str(to), "/chosen", "mapio,more", words], check=True)
    return to


def make_overlay(disk: Path, overlay: Path) -> None:
    """Make a file for the writes of one start of the machine, above its disk."""
    make = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(disk.resolve()), str(overlay)]
    subprocess.run(make, check=True, env={**os.environ, "LC_ALL": "C"})
