"""How to start RAUC on the virtual gateway: the real one, or the scripted one where that cannot run."""

import contextlib
import fcntl
import functools
import os
import sys
from pathlib import Path

from mapio_display.virtual.bundles import COMPATIBLE, Bundles
from mapio_display.virtual.slots import Slots
from mapio_display.virtual.tools import ToolError, have, run, tool

SYSTEM_CONF = """[system]
compatible={compatible}
bootloader=uboot
statusfile={status}
bundle-formats=plain
mountprefix={mount}

[keyring]
path={certificate}

[slot.rootfs.0]
device={slot_a}
type=ext4
bootname=A

[slot.rootfs.1]
device={slot_b}
type=ext4
bootname=B
"""

# RAUC mounts the bundle. As under its own unit (MountFlags=slave) it does so in a namespace of its own, so that a RAUC
# that is killed leaves no mount behind, and no loop device that holds on to a bundle.
NAMESPACE = ("unshare", "--mount", "--propagation", "slave")
# In a chroot the root is no mount of its own, and its propagation cannot be changed.
NAMESPACE_IN_CHROOT = ("unshare", "--mount", "--propagation", "unchanged")


LOOP_CLR_FD = 0x4C01  # linux/loop.h


def real_rauc_runs() -> bool:
    """Say whether the real RAUC can be used: it mounts bundles, which takes root and loop devices."""
    may = os.geteuid() == 0 and have("rauc") and Path("/dev/loop-control").exists()
    return may and namespace() is not None


@functools.cache
def namespace() -> tuple[str, ...] | None:
    """The command in front of RAUC's; None for root in a container that may not mount."""
    for command in (NAMESPACE, NAMESPACE_IN_CHROOT):
        try:
            run(*command, "true")
        except ToolError:
            continue
        return command
    return None


def detach_loops(directory: Path) -> None:
    """Detach the loop devices of files in ``directory`` that nothing else would.

    RAUC sets one up in two steps, and only the second has it clear itself. Killed between them, it leaves the device.
    """
    for loop in Path("/sys/block").glob("loop*/loop"):
        with contextlib.suppress(OSError):  # it has just gone
            if (loop / "autoclear").read_text().strip() == "1":
                continue
            if f"{directory}/" in (loop / "backing_file").read_text():  # after the root of another mount namespace
                with Path("/dev", loop.parent.name).open("rb") as device:
                    fcntl.ioctl(device, LOOP_CLR_FD)


class RaucSetup:
    """RAUC's configuration in ``directory``, its status in ``boot``, and its command line for a boot."""

    def __init__(self, directory: Path, boot: Path, slots: Slots, bundles: Bundles, *, real: bool) -> None:
        self._conf = directory / "system.conf"
        self._status = boot / "central-status.raucs"
        self._mount = directory / "mnt"
        self._slots = slots
        self._bundles = bundles
        self._real = real

    def create(self) -> None:
        """Configure RAUC for a gateway it has never updated."""
        self._mount.mkdir(exist_ok=True)
        self._status.parent.mkdir(exist_ok=True)
        self._status.unlink(missing_ok=True)
        self._conf.write_text(
            SYSTEM_CONF.format(
                compatible=COMPATIBLE,
                status=self._status,
                mount=self._mount,
                certificate=self._bundles.certificate,
                slot_a=self._slots.images["A"],
                slot_b=self._slots.images["B"],
            )
        )

    def command(self, booted: str) -> list[str]:
        """The command that serves RAUC on the bus in the system booted from this slot."""
        inside = namespace()
        if self._real and inside is not None:
            rauc = [tool("rauc"), f"--conf={self._conf}", f"--override-boot-slot={booted}", "service"]
            return [tool(inside[0]), *inside[1:], *rauc]
        return [sys.executable, "-m", "mapio_display.virtual.scripted_rauc", str(self._conf), booted]
