"""The upload side by side with nginx: each round sends the same bytes all ways, and the ratios are of one round."""

import http.client
import socket
import subprocess
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import MB, cpu_s, memory_mb, reset_peak, tell, written_bytes
from tests.bench.nginx import nginx
from tests.gateway.conftest import Gateway, form_around, free_port

UPLOAD_BYTES = 600 * MB
PIECE = 1 << 20
LINK = 110 * MB  # what a link of 1 Gb/s carries, in bytes a second
SO_MAX_PACING_RATE = 47  # socket(7): the kernel sends as evenly as a link would
BOUNDARY = 24 * "-" + "d74496d66958873eab12cd"  # as long as curl's; a short one takes longer to look for
ROUNDS = 5


@dataclass(frozen=True)
class Way:
    """A way to send a bundle: what stands before and after it, the process that takes it, and where that puts it."""

    name: str
    port: int
    pid: int
    before: Callable[[], bytes]
    after: bytes
    clean: Callable[[], object]
    folder: Path


@dataclass(frozen=True)
class Run:
    """What one transfer took; ``growth`` in MB, ``cpu`` in seconds per GB, ``written`` per byte."""

    sent_s: float
    answered_s: float
    cpu: float
    growth: float
    written: float


def uploads(gateway: Gateway, directory: Path) -> None:
    """Send large bundles at full speed and at a link's, to nginx and to the gateway."""
    with nginx(directory, free_port()) as other:
        target = other.root / "large.raucb"
        head = _head("PUT", "/large.raucb", {})
        put = Way("nginx PUT", other.port, other.worker, lambda: head, b"", target.unlink, other.root)
        ways = (put, *_ours(gateway))
        for way in ways:
            _send(way, None)  # memory touched for the first time costs many times over
        for speed, rate in (("1 Gb/s", LINK), ("full speed", None)):
            rounds = [{way.name: _send(way, rate) for way in ways} for _ in range(ROUNDS)]
            for way in ways:
                _tell(f"{way.name}, {speed}", [runs[way.name] for runs in rounds], [runs[put.name] for runs in rounds])
            for way in ways[1:]:
                with _watched(gateway) as latencies:
                    _send(way, rate)
                tell(f"{way.name}, {speed}: GET /api/status meanwhile", latencies, "ms")


def _tell(what: str, runs: list[Run], others: list[Run]) -> None:
    pairs = list(zip(runs, others, strict=True))
    tell(f"{what}: until all is sent", [run.sent_s for run in runs], "s")
    tell(f"{what}: until it is answered", [run.answered_s for run in runs], "s")
    tell(f"{what}: CPU per GB", [run.cpu for run in runs], "s")
    if runs != others:
        tell(f"{what}: CPU, times nginx's", [run.cpu / other.cpu for run, other in pairs], "")
        tell(f"{what}: sent, times nginx's time", [run.sent_s / other.sent_s for run, other in pairs], "")
    tell(f"{what}: growth of memory at its peak", [run.growth for run in runs], "MB")
    tell(f"{what}: bytes written per byte", [run.written for run in runs], "")


def _send(way: Way, rate: int | None) -> Run:
    """Send zeros at ``rate`` bytes a second."""
    time.sleep(1.0)
    subprocess.run(["sync", "--file-system", way.folder], check=True)  # sync(2) waits for everybody's disks
    memory, written, cpu = memory_mb(way.pid, "VmRSS"), written_bytes(way.pid), cpu_s(way.pid)
    reset_peak(way.pid)
    before = way.before()
    with socket.create_connection(("127.0.0.1", way.port)) as connection:
        if rate:
            connection.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, rate)
        began = time.monotonic()
        connection.sendall(before)
        piece, left = bytes(PIECE), UPLOAD_BYTES
        while left:
            connection.sendall(piece[:left])
            left -= min(left, PIECE)
        connection.sendall(way.after)
        sent_s = time.monotonic() - began
        status = int(connection.recv(65536).split()[1])
        answered_s = time.monotonic() - began
    assert status in (201, 204, 422), f"{way.name} was answered {status}"
    run = Run(
        sent_s,
        answered_s,
        cpu=(cpu_s(way.pid) - cpu) / (UPLOAD_BYTES / 1e9),
        growth=memory_mb(way.pid, "VmHWM") - memory,
        written=(written_bytes(way.pid) - written) / UPLOAD_BYTES,
    )
    way.clean()
    return run


def _ours(gateway: Gateway) -> tuple[Way, Way]:
    """The two ways into the gateway. RAUC refuses zeros, so nothing is installed."""
    pid, folder = gateway.facts["pids"]["daemon"], Path(gateway.facts["data_dir"])
    signed_in = {"Authorization": "Basic " + b64encode(f"mapio:{gateway.facts['pin']}".encode()).decode()}
    tus = {**signed_in, "Tus-Resumable": "1.0.0"}
    first, last = form_around("large.raucb", BOUNDARY)

    def piece() -> bytes:
        answer = gateway.ask("POST", "/api/uploads", headers={**tus, "Upload-Length": str(UPLOAD_BYTES)})
        kind = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        return _head("PATCH", answer.headers["location"], {**tus, **kind})

    def form() -> bytes:
        headers = {**signed_in, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        return _head("POST", "/update", headers, len(first) + len(last)) + first

    return (
        Way("tus PATCH", gateway.port, pid, piece, b"", gateway.at_rest, folder),
        Way("multipart", gateway.port, pid, form, last, gateway.at_rest, folder),
    )


def _head(method: str, path: str, headers: dict[str, str], more: int = 0) -> bytes:
    fields = {"Host": "127.0.0.1", **headers, "Content-Length": str(UPLOAD_BYTES + more)}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


@contextmanager
def _watched(gateway: Gateway) -> Iterator[list[float]]:
    """How many milliseconds the status takes to answer, asked a hundred times a second."""
    latencies: list[float] = []
    done = threading.Event()

    def watch() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port)
        while not done.wait(0.01):
            began = time.perf_counter()
            connection.request("GET", "/api/status")
            connection.getresponse().read()
            latencies.append(1000 * (time.perf_counter() - began))
        connection.close()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield latencies
    finally:
        done.set()
        watcher.join()
