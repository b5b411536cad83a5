"""The daemon at rest, and how soon a change reaches the panel."""

import time
from pathlib import Path

from mapio_display.client import DaemonClient
from mapio_display.words.catalogue import ENGLISH
from tests.bench.figures import cpu_s, memory_mb, tell
from tests.bench.trace import REST_S, resets, traced
from tests.gateway.conftest import Gateway

IDLE_S = 60.0


def idle(gateway: Gateway) -> None:
    """What the daemon takes when nothing happens."""
    time.sleep(2 * REST_S)
    pid = gateway.facts["pids"]["daemon"]
    before = cpu_s(pid)
    time.sleep(IDLE_S)
    tell("idle, CPU", [1000 * (cpu_s(pid) - before) * 60 / IDLE_S], "ms a minute")
    tell("idle, memory (RSS)", [memory_mb(pid, "VmRSS")], "MB")
    tell("page faults of processes it has ever started", [children_faults(pid)], "(0: it started none)")


def change_to_edge(gateway: Gateway) -> None:
    """From a change of state, asked for over the Unix socket, to the panel's reset edge, panel at rest."""
    trace = Path(gateway.facts["trace"])
    client = DaemonClient(Path(gateway.facts["socket"]), ENGLISH)
    times = []
    for turn in range(20):
        time.sleep(REST_S)
        size = trace.stat().st_size
        began = time.monotonic()
        client.post("/api/web", {"enabled": bool(turn % 2)})
        while not (edge := next((row["t"] for row in traced(trace, size) if resets(row)), None)):
            time.sleep(0.002)
        times.append(1000 * (edge - began))
    tell("change asked for over HTTP to the reset edge", times, "ms")


def children_faults(pid: int) -> int:
    """Page faults of the children it has waited for (the eleventh field of proc(5)'s stat)."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[8])
