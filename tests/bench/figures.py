"""What is measured of a process, and how it is printed."""

import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

MB = 1_000_000


def title() -> None:
    """Print what the columns are."""
    print(f"{'':<56} {'median':>8} {'95 %':>8} {'max':>8}")


def tell(what: str, values: Sequence[float], unit: str) -> None:
    """Print the figures of one measurement."""
    ordered = sorted(values)
    high = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    figures = f"{statistics.median(ordered):8.2f} {high:8.2f} {ordered[-1]:8.2f}"
    print(f"{what:<56} {figures} {unit}  (n = {len(values)})", flush=True)


def cpu_s(pid: int) -> float:
    """CPU time so far of all threads, those that have ended included, to the nanosecond.

    The process's CPU clock; its number is made from the pid as in clock_getcpuclockid(3).
    """
    return time.clock_gettime(~pid << 3 | 2)


def children_cpu_s(pid: int) -> float:
    """CPU time of the processes that this one has started and waited for (proc_pid_stat(5)), to a hundredth."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int, key: str) -> float:
    """A line of /proc/PID/status: ``VmRSS``, or ``VmHWM`` for its peak."""
    return _line(pid, "status", key) * 1024 / MB


def reset_peak(pid: int) -> None:
    """Let VmHWM begin anew (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def written_bytes(pid: int) -> int:
    """What the process has made the kernel write to disks."""
    return _line(pid, "io", "write_bytes")


def _line(pid: int, file: str, key: str) -> int:
    for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1])
    raise KeyError(key)
