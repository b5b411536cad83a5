"""Measures and prints one figure a line: median, 95th percentile and how often it was measured."""

import asyncio
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from mapio_display.client import DaemonClient
from mapio_display.core.view import View
from mapio_display.views.render import render
from mapio_display.views.sample import sample
from mapio_display.virtual.chip import VirtualPanel
from tests.gateway.conftest import Gateway, form_around, free_port, start, stop

MB = 1_000_000
UPLOAD_BYTES = 600 * MB
PIECE = 1 << 20
IDLE_S = 60.0
REST_S = 2.5  # after a full refresh, until the controller sleeps again


def main() -> None:
    """Measure all of it, in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="mapio-bench-") as name:
        directory = Path(name)
        drawing()
        first_frame(directory)
        with demo(directory / "demo") as gateway:
            idle(gateway)
            change_to_edge(gateway)
            upload(gateway)
        second_start(directory / "demo")


def tell(what: str, values: Sequence[float], unit: str) -> None:
    """Print the figures of one measurement."""
    ordered = sorted(values)
    high = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    highest = f"{ordered[-1]:8.1f}"
    print(f"{what:<52} {statistics.median(ordered):8.1f} {high:8.1f} {highest} {unit}  (n = {len(values)})", flush=True)


@contextmanager
def demo(directory: Path) -> Iterator[Gateway]:
    """A running virtual gateway."""
    began = time.monotonic()
    gateway = start(directory, free_port())
    tell("demo, first start to ready", [time.monotonic() - began], "s")
    try:
        yield gateway
    finally:
        stop(gateway)


def second_start(directory: Path) -> None:
    """Start the demo again, in the folder of the last time."""
    began = time.monotonic()
    gateway = start(directory, free_port())
    tell("demo, second start to ready", [time.monotonic() - began], "s")
    stop(gateway)


def drawing() -> None:
    """Draw each view over and over."""
    for view in View:
        snapshot = sample(view)
        render(view, snapshot)
        times = []
        for _ in range(200):
            began = time.perf_counter()
            render(view, snapshot)
            times.append(1000 * (time.perf_counter() - began))
        tell(f"drawing {view}, warm", times, "ms")
    times = []
    for number in range(200):
        fresh = replace(sample(View.WEBSERVER), pin=f"{number:06}")
        began = time.perf_counter()
        render(View.WEBSERVER, fresh)
        times.append(1000 * (time.perf_counter() - began))
    tell("drawing webserver with a code not drawn before", times, "ms")


def first_frame(directory: Path) -> None:
    """From the start of a daemon's process to the panel's reset edge, and to the first frame's data."""
    folder = directory / "first"
    folder.mkdir()
    (folder / "os-release").write_text("MAPIO_OS_VERSION=1.3.0\n")
    trace = folder / "trace.jsonl"
    configuration = folder / "config.toml"
    edges, datas = [], []
    with panel(folder / "chip.sock", folder / "glass.png"):
        for turn in range(12):
            boot_id = folder / "boot_id"
            boot_id.write_text(f"boot-{turn}\n")
            trace.unlink(missing_ok=True)
            configuration.write_text(
                f'board = "simulated"\n[paths]\ndata_dir = "{folder}/data"\nruntime_dir = "{folder}/run"\n'
                f'os_release = "{folder}/os-release"\nboot_id = "{boot_id}"\n'
                f'[panel]\nspi = "{folder}/chip.sock"\ntrace = "{trace}"\n'
                f'[web]\nhost = "127.0.0.1"\nport = {free_port()}\n'
            )
            command = [sys.executable, "-m", "mapio_display", "run", "--config", str(configuration)]
            began = time.monotonic()
            environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder}/no-bus"}
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment)
            time.sleep(REST_S)
            process.kill()
            process.wait()
            if turn >= 2:  # the first ones fill the caches
                rows = traced(trace)
                edges.append(1000 * (next(row["t"] for row in rows if resets(row)) - began))
                datas.append(1000 * (next(row["t"] for row in rows if is_picture(row)) - began))
    tell("process start to the reset edge", edges, "ms")
    tell("process start to the first frame's data", datas, "ms")


def idle(gateway: Gateway) -> None:
    """What the daemon takes when nothing happens."""
    time.sleep(2 * REST_S)
    pid = gateway.facts["pids"]["daemon"]
    before = cpu_ms(pid)
    time.sleep(IDLE_S)
    tell("idle, CPU", [(cpu_ms(pid) - before) * 60 / IDLE_S], "ms a minute")
    tell("idle, memory (RSS)", [memory_mb(pid, "VmRSS")], "MB")
    tell("page faults of processes it has ever started", [int(stat(pid)[10])], "(0: it started none)")


def change_to_edge(gateway: Gateway) -> None:
    """From a change of state, asked for over the Unix socket, to the panel's reset edge, panel at rest."""
    trace = Path(gateway.facts["trace"])
    times = []
    for turn in range(20):
        time.sleep(REST_S)
        size = trace.stat().st_size
        began = time.monotonic()
        ask_socket(gateway.facts["socket"], "/api/web", {"enabled": bool(turn % 2)})
        while not (edge := next((row["t"] for row in traced(trace, size) if resets(row)), None)):
            time.sleep(0.002)
        times.append(1000 * (edge - began))
    tell("change asked for over HTTP to the reset edge", times, "ms")


def upload(gateway: Gateway) -> None:
    """A large upload: memory, bytes written, CPU, and how quickly the status answers meanwhile."""
    time.sleep(REST_S)
    pid = gateway.facts["pids"]["daemon"]
    latencies: list[float] = []
    sending = threading.Event()

    def watch() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port)
        while not sending.is_set():
            began = time.perf_counter()
            connection.request("GET", "/api/status")
            connection.getresponse().read()
            latencies.append(1000 * (time.perf_counter() - began))
            time.sleep(0.01)
        connection.close()

    memory, written, cpu = memory_mb(pid, "VmRSS"), written_bytes(pid), cpu_ms(pid)
    reset_peak(pid)
    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.monotonic()
    seconds = send(gateway, began)
    sending.set()
    watcher.join()
    tell(f"upload of {UPLOAD_BYTES // MB} MB, sent", [UPLOAD_BYTES / MB / seconds], "MB/s")
    tell("upload, growth of the daemon's memory at its peak", [memory_mb(pid, "VmHWM") - memory], "MB")
    tell("upload, bytes written per byte sent", [(written_bytes(pid) - written) / UPLOAD_BYTES], "")
    tell("upload, CPU per GB", [(cpu_ms(pid) - cpu) / 1000 / (UPLOAD_BYTES / 1e9)], "s")
    tell("upload, GET /api/status meanwhile", latencies, "ms")
    ordered = sorted(latencies)
    tell("upload, GET /api/status meanwhile, 99 %", [ordered[int(0.99 * len(ordered))]], "ms")


def send(gateway: Gateway, began: float) -> float:
    """Send zeros as a bundle, which RAUC refuses in the end; gives the seconds until all was taken."""
    head, tail = form_around("large.raucb")
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=120)
    connection.putrequest("POST", "/update")
    connection.putheader("Content-Type", "multipart/form-data; boundary=edge")
    connection.putheader("Content-Length", str(len(head) + UPLOAD_BYTES + len(tail)))
    connection.putheader("Authorization", basic(gateway.facts["pin"]))
    connection.endheaders()
    connection.send(head)
    piece, left = bytes(PIECE), UPLOAD_BYTES
    while left:
        connection.send(piece[:left])
        left -= min(left, PIECE)
    connection.send(tail)
    seconds = time.monotonic() - began
    answer = connection.getresponse()
    answer.read()
    print(f"{'(answered ' + str(answer.status) + ')':<52}", flush=True)
    connection.close()
    return seconds


@contextmanager
def panel(path: Path, glass: Path) -> Iterator[None]:
    """The simulated panel, in a thread of its own."""
    loop = asyncio.new_event_loop()
    virtual = VirtualPanel(path, glass)
    virtual.listen()
    running = asyncio.run_coroutine_threadsafe(virtual.run(), loop)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield
    running.cancel()
    loop.call_soon_threadsafe(loop.call_later, 0.1, loop.stop)
    thread.join()
    loop.close()


def traced(trace: Path, offset: int = 0) -> list[dict[str, Any]]:
    """The trace's whole lines from ``offset`` on."""
    if not trace.exists():
        return []
    with trace.open("rb") as file:
        file.seek(offset)
        return [json.loads(line) for line in file.read().split(b"\n")[:-1]]


def resets(row: dict[str, Any]) -> bool:
    """Say whether this is the reset line's falling edge."""
    return bool(row["op"] == "reset" and row["level"] == 0)


def is_picture(row: dict[str, Any]) -> bool:
    """Say whether these are a picture's bytes and no parameters."""
    return bool(row["op"] == "data" and len(row["hex"]) > 100)


def ask_socket(path: str, what: str, content: dict[str, Any]) -> None:
    """POST over the daemon's Unix socket."""
    DaemonClient(Path(path)).post(what, content)


def basic(pin: str) -> str:
    """The header that shows the PIN."""
    return "Basic " + b64encode(f"mapio:{pin}".encode()).decode()


def stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on (proc(5))."""
    return ["", "", *Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()]


def cpu_ms(pid: int) -> float:
    """CPU time so far of all threads that live, user and system, to the nanosecond (schedstats of the kernel)."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6


def memory_mb(pid: int, key: str) -> float:
    """A line of /proc/PID/status."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise KeyError(key)


def reset_peak(pid: int) -> None:
    """Let VmHWM begin anew (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def written_bytes(pid: int) -> int:
    """What the process has handed to write(2) for files and sockets alike."""
    for line in Path(f"/proc/{pid}/io").read_text().splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    raise KeyError("write_bytes")


if __name__ == "__main__":
    print(f"{'':<52} {'median':>8} {'95 %':>8} {'max':>8}")
    main()
