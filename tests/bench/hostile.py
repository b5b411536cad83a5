"""Hostile clients: how soon another client is answered meanwhile, what they take of memory, and an upload beside them.

Each crowd comes from addresses of its own, in a process of its own. The other client connects anew for each question.
"""

import http.client
import itertools
import multiprocessing
import random
import socket
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.bench.figures import MB, memory_mb, reset_peak, tell
from tests.gateway.conftest import Gateway, form_around

SECONDS = 10.0
ODD_REQUESTS = 100_000
ADDRESSES = 10
HONEST = "127.0.0.99"
CALM_S = 8.0  # until the memory of a crowd that has left is given back
UPLOAD_BYTES = 100 * MB
HOST = b"Host: 127.0.0.1\r\n"
STREAM = b"GET /api/events HTTP/1.1\r\n" + HOST + b"\r\n"
LARGE_HEAD = b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X%d: %s\r\n" % (number, b"y" * 8000) for number in range(60))
ODD = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET\r\n\r\n",
    b"GET //%ff%00/../.. HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET http://[::1 HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: [::1]evil\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
    b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    b"POST /api/session HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
    b"POST /api/session HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n[]",
    b"POST /update HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nxxxxx",
    b"PATCH /api/uploads/x HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nxxxxx",
    b"GET /api/status HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\nConnection: upgrade\r\n\r\nxxxx",
)


def hostile(gateway: Gateway) -> None:
    """Let each crowd in for some seconds."""
    for name, crowd in (
        ("200 slow clients", _slow),
        ("600 streams", _streams),
        ("100 000 odd requests", _odd),
        ("a flood of large heads", _heads),
    ):
        _measure(gateway, name, crowd)
    with _crowd(gateway.port, _heads), _crowd(gateway.port, _streams):
        tell("an upload of 100 MB beside both floods: until answered", [_upload(gateway)], "s")


def _measure(gateway: Gateway, name: str, crowd: Callable[[int], None]) -> None:
    pid = gateway.facts["pids"]["daemon"]
    before = memory_mb(pid, "VmRSS")
    reset_peak(pid)
    latencies, turned_away = [], 0
    with _crowd(gateway.port, crowd) as is_there:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until or (crowd is _odd and is_there()):
            began = time.perf_counter()
            if _status(gateway.port) == 200:
                latencies.append(1000 * (time.perf_counter() - began))
            else:
                turned_away += 1
            time.sleep(0.02)
    peak = memory_mb(pid, "VmHWM")
    time.sleep(CALM_S)
    tell(f"{name}: GET /api/status meanwhile", latencies, "ms")
    tell(f"{name}: of these questions turned away", [turned_away], "")
    tell(f"{name}: growth of memory at its peak", [peak - before], "MB")
    tell(f"{name}: growth of memory afterwards", [memory_mb(pid, "VmRSS") - before], "MB")


def _status(port: int) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10, source_address=(HONEST, 0))
    try:
        connection.request("GET", "/api/status")
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return answer.status


@contextmanager
def _crowd(port: int, crowd: Callable[[int], None]) -> Iterator[Callable[[], bool]]:
    """A crowd in a process of its own; says whether it is still there."""
    process = multiprocessing.get_context("fork").Process(target=crowd, args=(port,), daemon=True)
    process.start()
    try:
        yield process.is_alive
    finally:
        process.kill()
        process.join()


def _connect(port: int, number: int) -> socket.socket:
    member = socket.socket()
    member.settimeout(1.0)
    member.bind((f"127.0.0.{2 + number % ADDRESSES}", 0))
    member.connect(("127.0.0.1", port))
    return member


def _slow(port: int) -> None:
    """Each sends a byte a second: of a head, or of a body."""
    heads = (LARGE_HEAD, b"POST /api/session HTTP/1.1\r\n" + HOST + b"Content-Length: 4000\r\n\r\n" + b"x" * 4000)
    members: dict[int, tuple[socket.socket, Iterator[int]]] = {}
    while True:
        for number in range(200):
            try:
                if number not in members:
                    head = heads[number % 2]
                    members[number] = _connect(port, number), iter(head[60:])
                    members[number][0].sendall(head[:60])
                member, rest = members[number]
                member.sendall(bytes([next(rest)]))
            except (OSError, StopIteration):
                members.pop(number, None)
        time.sleep(1.0)


def _streams(port: int) -> None:
    """Six hundred streams, opened again when they are ended, as soon as a browser would."""
    members: dict[int, socket.socket] = {}
    while True:
        for number in range(600):
            if number in members and not _has_ended(members[number]):
                continue
            with suppress(OSError):
                members[number] = _connect(port, number)
                members[number].sendall(STREAM)
        time.sleep(3.0)


def _has_ended(member: socket.socket) -> bool:
    member.setblocking(False)
    try:
        while content := member.recv(65536):
            del content
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _odd(port: int) -> None:
    """One after the other, each on a connection of its own unless it is left open."""
    choice = random.Random(1)
    member = None
    for number in range(ODD_REQUESTS):
        with suppress(OSError):
            if member is None:
                member = _connect(port, number)
            member.sendall(choice.choice(ODD))
            if b"Connection: close" in member.recv(65536) or number % 7 == 0:
                member.close()
                member = None
            continue
        member = None


def _heads(port: int) -> None:
    """As many large heads as go out, on as many connections as there may be."""
    members: dict[int, socket.socket] = {}
    for number in itertools.cycle(range(250)):
        with suppress(OSError):
            if number not in members:
                members[number] = _connect(port, number)
                members[number].setblocking(False)
            members[number].send(LARGE_HEAD)
            continue
        members.pop(number, None)


def _upload(gateway: Gateway) -> float:
    """Send a bundle; gives how many seconds it took. RAUC refuses it, so that all of it must have come."""
    first, last = form_around("large.raucb", "a-boundary")
    authorization = "Basic " + b64encode(f"mapio:{gateway.facts['pin']}".encode()).decode()
    head = (
        f"POST /update HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization}\r\n"
        "Content-Type: multipart/form-data; boundary=a-boundary\r\n"
        f"Content-Length: {UPLOAD_BYTES + len(first) + len(last)}\r\n\r\n"
    )
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", gateway.port), source_address=(HONEST, 0)) as connection:
        connection.sendall(head.encode() + first + bytes(UPLOAD_BYTES) + last)
        status = int(connection.recv(65536).split()[1])
    assert status == 422, f"the upload was answered {status}"
    gateway.at_rest()
    return time.monotonic() - began
