"""Loop devices (linux/loop.h) that clear themselves with their last user, however that ends."""

import contextlib
import errno
import fcntl
import os
import struct
from pathlib import Path

LOOP_CTL_GET_FREE = 0x4C82
LOOP_CONFIGURE = 0x4C0A
LO_FLAGS_AUTOCLEAR = 4
LO_FLAGS_DIRECT_IO = 16
CONFIG = struct.Struct("=II QQQQQ IIII 64s64s32s QQ 64x")  # loop_config, with a loop_info64 in it


class Loop:
    """A device of ``size`` bytes of the file ``backing`` from ``start`` on, held until it is closed."""

    def __init__(self, backing: Path, start: int, size: int) -> None:
        file = os.open(backing, os.O_RDWR | os.O_CLOEXEC)
        flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO
        config = CONFIG.pack(file, 0, 0, 0, 0, start, size, 0, 0, 0, flags, b"", b"", b"", 0, 0)
        try:
            self.device, self._held = _configured(config)
        finally:
            os.close(file)
        self._backing = self._backing_file()

    @property
    def in_use(self) -> bool:
        """Whether another process still holds it."""
        return self._backing is not None and self._backing_file() == self._backing

    def close(self) -> None:
        """Let go of it. What is mounted on it holds it too."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def _backing_file(self) -> str | None:
        try:
            return Path("/sys/block", Path(self.device).name, "loop/backing_file").read_text()
        except OSError:  # nobody holds it, or not any more
            return None


def backed_by(directory: Path) -> list[str]:
    """The files in ``directory`` that are behind loop devices, as the kernel names them.

    In front of the name may be the path of the root of another mount namespace, or of a chroot.
    """
    files = []
    for told in Path("/sys/block").glob("loop*/loop/backing_file"):
        with contextlib.suppress(OSError):  # it has just gone
            files.append(told.read_text().strip())
    return [file for file in files if f"{directory}/" in file]


def _configured(config: bytes) -> tuple[str, int | None]:
    control = os.open("/dev/loop-control", os.O_RDWR | os.O_CLOEXEC)
    try:
        while True:
            device = f"/dev/loop{fcntl.ioctl(control, LOOP_CTL_GET_FREE)}"
            held = os.open(device, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.ioctl(held, LOOP_CONFIGURE, config)
            except OSError as error:
                os.close(held)
                if error.errno != errno.EBUSY:  # another process was faster
                    raise
            else:
                return device, held
    finally:
        os.close(control)
