"""The download side by side with curl: both get the same file from the same nginx, turn by turn."""

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import MB, children_cpu_s, cpu_s, memory_mb, reset_peak, tell
from tests.bench.nginx import nginx
from tests.bench.uploading import watched
from tests.gateway.conftest import Gateway, free_port, start_in_haste, stop

SIZE = 300 * MB
ROUNDS = 7
LOOK_S = 0.02
CALM_S = 15.0  # after which freed memory has been given back


@dataclass(frozen=True)
class Run:
    """What one download took: in seconds, and by how many MB the daemon grew meanwhile."""

    took_s: float
    cpu: float
    growth: float = 0.0


def downloads(directory: Path) -> None:
    """Download with and without an announced digest, and with curl."""
    with nginx(directory / "nginx", free_port()) as other:
        with (other.root / "large.raucb").open("wb") as file:
            file.truncate(SIZE)
        address = f"http://127.0.0.1:{other.port}"
        sha256 = _digest(other.root / "large.raucb")
        announced = other.root / "stable.json"
        announced.write_text(json.dumps({"version": "9.9", "url": "large.raucb", "size": SIZE}))
        gateway = start_in_haste(directory / "gateway", free_port(), releases=f"{address}/stable.json")
        try:
            daemon = gateway.facts["pids"]["daemon"]
            gateway.at_rest()
            tell("memory before the first check", [memory_mb(daemon, "VmRSS")], "MB")
            _check(gateway)
            tell("memory after it", [memory_mb(daemon, "VmRSS")], "MB")
            target = directory / "curl.raucb"
            runs: dict[str, list[Run]] = {name: [] for name in ("curl", "download", "curl, digest", "download, digest")}
            _curl(address, target), _download(gateway)  # memory touched for the first time costs many times over
            for _ in range(ROUNDS):
                runs["curl"].append(_curl(address, target))
                runs["download"].append(_download(gateway))
            with watched(gateway) as latencies:
                _download(gateway)
            tell("download: GET /api/status meanwhile", latencies, "ms")
            announced.write_text(json.dumps({"version": "9.9", "url": "large.raucb", "size": SIZE, "sha256": sha256}))
            _check(gateway)
            for _ in range(ROUNDS):
                runs["curl, digest"].append(_curl(address, target, digest=True))
                runs["download, digest"].append(_download(gateway))
            for name, those in runs.items():
                tell(f"{name}: time", [run.took_s for run in those], "s")
                tell(f"{name}: CPU", [run.cpu for run in those], "s")
            for name in ("", ", digest"):
                pairs = zip(runs[f"download{name}"], runs[f"curl{name}"], strict=True)
                tell(f"download{name}: CPU, times curl's", [ours.cpu / theirs.cpu for ours, theirs in pairs], "")
                tell(f"download{name}: growth at its peak", [run.growth for run in runs[f"download{name}"]], "MB")
            gateway.at_rest()
            time.sleep(CALM_S)
            tell("memory after the downloads", [memory_mb(daemon, "VmRSS")], "MB")
        finally:
            stop(gateway)


def _check(gateway: Gateway) -> None:
    answer = gateway.ask("POST", "/api/release/check")
    assert answer.json["version"] == "9.9", answer.body


def _curl(address: str, target: Path, *, digest: bool = False) -> Run:
    target.unlink(missing_ok=True)
    _settle()
    began = time.monotonic()
    commands = [["curl", "--silent", "--output", str(target), f"{address}/large.raucb"]]
    commands += [["sha256sum", str(target)]] if digest else []
    cpu = 0.0
    for command in commands:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        cpu += used.ru_utime + used.ru_stime
    return Run(time.monotonic() - began, cpu)


def _download(gateway: Gateway) -> Run:
    """Until all of it is on the disk; RAUC refuses zeros, so nothing is installed."""
    gateway.at_rest()
    daemon = gateway.facts["pids"]["daemon"]
    _settle()
    memory, cpu = memory_mb(daemon, "VmRSS"), cpu_s(daemon) + children_cpu_s(daemon)
    reset_peak(daemon)
    began = time.monotonic()
    answer = gateway.ask("POST", "/api/release/install")
    assert answer.status == 202, answer.body
    while gateway.status()["update"]["phase"] == "receiving":
        time.sleep(LOOK_S)
    took = time.monotonic() - began
    used = cpu_s(daemon) + children_cpu_s(daemon) - cpu
    return Run(took, used, memory_mb(daemon, "VmHWM") - memory)


def _digest(path: Path) -> str:
    return subprocess.run(["sha256sum", path], check=True, capture_output=True, text=True).stdout.split()[0]


def _settle() -> None:
    time.sleep(1.0)
    os.sync()
