"""Load, memory, data partition, temperature and uptime, looked at once a minute in /proc, /sys and statvfs(3)."""

import asyncio
import contextlib
import os
import time
from pathlib import Path

from mapio_display.core.facts.system import System, SystemMeasured
from mapio_display.core.protocols import Pause, StatePort

EVERY_S = 60.0
KIB = 1024


class SystemSource:
    """Dispatches ``SystemMeasured`` at the start and every minute.

    ``data_dir`` is on the data partition; None where there is none, since its folder then is the root file system's.
    """

    def __init__(self, state: StatePort, data_dir: Path | None, *, pause: Pause = asyncio.sleep) -> None:
        self._state = state
        self._data_dir = data_dir
        self._pause = pause

    async def run(self) -> None:
        """Measure, endlessly."""
        while True:
            self._state.dispatch(SystemMeasured(read_system(self._data_dir)))
            await self._pause(EVERY_S)


def read_system(data_dir: Path | None, proc: Path = Path("/proc"), sys: Path = Path("/sys")) -> System:
    """Measure now; what this machine does not offer is None (proc(5), the kernel's thermal sysfs interface)."""
    memory = _memory(proc / "meminfo")
    load, temperature = _load(proc / "loadavg"), _temperature(sys / "class/thermal")
    data = (None, None) if data_dir is None else _space(data_dir)
    return System(
        load=load,
        cores=os.cpu_count(),
        memory_total=memory.get("MemTotal"),
        memory_available=memory.get("MemAvailable"),
        data_total=data[0],
        data_free=data[1],
        # Root may write anywhere but on what is mounted read-only.
        data_writable=None if data_dir is None else os.access(data_dir, os.W_OK),
        temperature=temperature,
        uptime=int(time.clock_gettime(time.CLOCK_BOOTTIME)),
    )


def _load(path: Path) -> float | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return float(path.read_text("ascii").split()[0])
    return None


def _memory(path: Path) -> dict[str, int]:
    """The fields of /proc/meminfo, in bytes."""
    sizes = {}
    with contextlib.suppress(OSError, ValueError):
        for line in path.read_text("ascii").splitlines():
            name, _, rest = line.partition(":")
            sizes[name] = int(rest.split()[0]) * KIB
    return sizes


def _space(folder: Path) -> tuple[int, int] | tuple[None, None]:
    with contextlib.suppress(OSError):
        status = os.statvfs(folder)
        return status.f_blocks * status.f_frsize, status.f_bavail * status.f_frsize
    return None, None


def _temperature(zones: Path) -> int | None:
    """The first zone's, which is the processor's on a Raspberry Pi; the kernel gives thousandths of a degree."""
    with contextlib.suppress(OSError, ValueError):
        return round(int((zones / "thermal_zone0/temp").read_text("ascii")) / 1000)
    return None
