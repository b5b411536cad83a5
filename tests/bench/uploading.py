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

UPLOAD_BYTES = 300 * MB
FEW_BYTES = UPLOAD_BYTES // 100  # sent in the same time: what an update costs beside its bytes
PIECE_S = 2.0  # how long the page's pieces take
WRITE = 1 << 20
LINK = 110 * MB  # what a link of 1 Gb/s carries, in bytes a second
SO_MAX_PACING_RATE = 47  # socket(7): the kernel sends as evenly as a link would
BOUNDARY = 24 * "-" + "d74496d66958873eab12cd"  # as long as curl's
ROUNDS = 9


@dataclass(frozen=True)
class Way:
    """A way to send a bundle: its requests for so many bytes at a rate, who takes it, and where that puts it."""

    name: str
    port: int
    pid: int
    requests: Callable[[int, int | None], Iterator[tuple[bytes, int, bytes]]]
    clean: Callable[[], object]
    folder: Path


@dataclass(frozen=True)
class Run:
    """What one transfer took; ``growth`` in MB, ``cpu`` in seconds, ``written`` per byte."""

    sent_s: float
    answered_s: float
    cpu: float
    growth: float
    written: float


def uploads(gateway: Gateway, directory: Path) -> None:
    """Send bundles at full speed and at a link's, to nginx and to the gateway."""
    with nginx(directory, free_port()) as other:
        target = other.root / "large.raucb"

        def put(size: int, _rate: int | None) -> Iterator[tuple[bytes, int, bytes]]:
            yield _head("PUT", "/large.raucb", {}, size), size, b""

        plain = Way("nginx PUT", other.port, other.worker, put, target.unlink, other.root)
        ours = _ours(gateway)
        for way in (plain, *ours):
            _send(way, UPLOAD_BYTES, None)  # memory touched for the first time costs many times over
        for speed, rate in (("1 Gb/s", LINK), ("full speed", None)):
            slow = rate // 100 if rate else None
            few: dict[Way, list[Run]] = {way: [] for way in ours}
            many: dict[Way, list[Run]] = {way: [] for way in ours}
            others: list[Run] = []
            for _ in range(ROUNDS):
                others.append(_send(plain, UPLOAD_BYTES, rate))
                for way in ours:
                    many[way].append(_send(way, UPLOAD_BYTES, rate))
                    few[way].append(_send(way, FEW_BYTES, slow))
            _tell(f"{plain.name}, {speed}", others)
            for way in ours:
                _tell(f"{way.name}, {speed}", many[way])
                _compare(f"{way.name}, {speed}", many[way], few[way], others)
                with watched(gateway) as latencies:
                    asked = _send(way, UPLOAD_BYTES, rate)
                tell(f"{way.name}, {speed}: GET /api/status meanwhile", latencies, "ms")
                tell(f"{way.name}, {speed}: CPU with these questions", [asked.cpu], "s")


def _tell(what: str, runs: list[Run]) -> None:
    tell(f"{what}: until all is sent", [run.sent_s for run in runs], "s")
    tell(f"{what}: until it is answered", [run.answered_s for run in runs], "s")
    tell(f"{what}: CPU, all told", [run.cpu for run in runs], "s")
    tell(f"{what}: growth of memory at its peak", [run.growth for run in runs], "MB")
    tell(f"{what}: bytes written per byte", [run.written for run in runs], "")


def _compare(what: str, many: list[Run], few: list[Run], others: list[Run]) -> None:
    """Tell the cost of an update apart from that of its bytes, and both beside nginx's of the same round."""
    per_byte = [(run.cpu - least.cpu) / (UPLOAD_BYTES - FEW_BYTES) for run, least in zip(many, few, strict=True)]
    theirs = [run.cpu / UPLOAD_BYTES for run in others]
    tell(f"{what}: CPU beside the bytes", [run.cpu for run in few], "s")
    tell(f"{what}: CPU per GB", [1e9 * each for each in per_byte], "s")
    tell(f"{what}: CPU per byte, times nginx's", [a / b for a, b in zip(per_byte, theirs, strict=True)], "")
    tell(f"{what}: CPU, all told, times nginx's", [a.cpu / b.cpu for a, b in zip(many, others, strict=True)], "")
    tell(f"{what}: sent, times nginx's time", [a.sent_s / b.sent_s for a, b in zip(many, others, strict=True)], "")


def _send(way: Way, size: int, rate: int | None) -> Run:
    """Send zeros at ``rate`` bytes a second."""
    time.sleep(1.0)
    subprocess.run(["sync", "--file-system", way.folder], check=True)  # sync(2) waits for everybody's disks
    memory, written, cpu = memory_mb(way.pid, "VmRSS"), written_bytes(way.pid), cpu_s(way.pid)
    reset_peak(way.pid)
    sent_s = answered_s = 0.0
    for before, length, after in way.requests(size, rate):
        with socket.create_connection(("127.0.0.1", way.port)) as connection:
            if rate:
                connection.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, rate)
            began = time.monotonic()
            connection.sendall(before)
            content, left = bytes(WRITE), length
            while left:
                connection.sendall(content[:left])
                left -= min(left, WRITE)
            connection.sendall(after)
            sent_s += time.monotonic() - began
            status = int(connection.recv(65536).split()[1])
            answered_s += time.monotonic() - began
        assert status in (201, 204, 422), f"{way.name} was answered {status}"
    run = Run(
        sent_s,
        answered_s,
        cpu=cpu_s(way.pid) - cpu,
        growth=memory_mb(way.pid, "VmHWM") - memory,
        written=(written_bytes(way.pid) - written) / size,
    )
    way.clean()
    return run


def _ours(gateway: Gateway) -> tuple[Way, Way]:
    """The two ways into the gateway. RAUC refuses zeros, so nothing is installed."""
    pid, folder = gateway.facts["pids"]["daemon"], Path(gateway.facts["data_dir"])
    signed_in = {"Authorization": "Basic " + b64encode(f"mapio:{gateway.facts['pin']}".encode()).decode()}
    tus = {**signed_in, "Tus-Resumable": "1.0.0"}
    first, last = form_around("large.raucb", BOUNDARY)

    def pieces(size: int, rate: int | None) -> Iterator[tuple[bytes, int, bytes]]:
        answer = gateway.ask("POST", "/api/uploads", headers={**tus, "Upload-Length": str(size)})
        piece = int(PIECE_S * rate) if rate else size
        for offset in range(0, size, piece):
            kind = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
            length = min(piece, size - offset)
            yield _head("PATCH", answer.headers["location"], {**tus, **kind}, length), length, b""

    def form(size: int, _rate: int | None) -> Iterator[tuple[bytes, int, bytes]]:
        headers = {**signed_in, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        yield _head("POST", "/update", headers, len(first) + size + len(last)) + first, size, last

    return (
        Way("tus PATCH", gateway.port, pid, pieces, gateway.at_rest, folder),
        Way("multipart", gateway.port, pid, form, gateway.at_rest, folder),
    )


def _head(method: str, path: str, headers: dict[str, str], length: int) -> bytes:
    fields = {"Host": "127.0.0.1", **headers, "Content-Length": str(length)}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


@contextmanager
def watched(gateway: Gateway) -> Iterator[list[float]]:
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
