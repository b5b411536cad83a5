"""What hostile clients make of the memory of a server that has a process of its own, and what of it stays."""

import http.client
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bench.figures import memory_mb, reset_peak
from tests.web.client import request
from tests.web.gateway import PATIENCE_S

PEAK_MB = 40
# Python gives an arena of 1 MiB back only when nothing lies in it. What is loaded and kept while a crowd is there (a
# page's template, say) holds an arena each with few bytes: up to 16 MB with Python 3.13, mostly empty, which the next
# crowd takes again. Whether something is kept for each connection, the blocks in use say, of which it has some hundred.
AFTER_MB, AFTER_BLOCKS = 20, 5000
CROWD = 260  # more than there are places; from so many addresses that they fill the server
ADDRESSES = 10
HONEST = "127.0.0.99"
ANSWERED_S = 60.0  # what the crowd has sent before is answered before: seconds of computing, on a busy machine many
QUIET_S = 0.1  # in which the server takes nothing


@dataclass(frozen=True)
class Server:
    """The server's process."""

    process: subprocess.Popen[str]
    port: int

    @property
    def pid(self) -> int:
        return self.process.pid

    def blocks(self) -> int:
        """How many of Python's blocks are in use."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server in a process of its own."""
    command = [sys.executable, "-m", "tests.web.alone", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield Server(process, int(process.stdout.readline().split()[0]))
        process.communicate()
    assert process.returncode == 0


def head(method: str, path: str, **fields: str) -> bytes:
    return request(method, path, 80, {name.replace("_", "-"): value for name, value in fields.items()}, None)


def crowds() -> dict[str, bytes]:
    """What each of a crowd sends; none of them reads."""
    large = {f"X{number}": "y" * 8000 for number in range(60)}
    small = {f"X{number}": "y" for number in range(60)}
    body, bytes_of_it = {"Content_Length": "10000000"}, b"x" * 100_000
    return {
        "streams with large heads, and more behind": 10 * head("GET", "/api/events", **large),
        "streams, and as much behind as is read": head("GET", "/api/events") + 2000 * head("GET", "/"),
        "streams with a body": head("GET", "/api/events", **body) + bytes_of_it,
        "large heads without an end": head("GET", "/", **large)[:-2],
        "heads without an end": head("GET", "/", X="y" * 16_000)[:-2],
        "answers that nobody reads": 200 * head("GET", "/", **small),
        "a script that nobody reads": 2000 * head("GET", "/assets/x/page.js"),
        "a body for another protocol": head("GET", "/", Connection="Upgrade", Upgrade="websocket", **body)
        + bytes_of_it,
        "bytes as chunks": head("POST", "/api/session", Transfer_Encoding="chunked") + 20_000 * b"1\r\nx\r\n",
        "a small body that is large": head("POST", "/api/session", **body) + bytes_of_it,
        "a bundle without a PIN": head("POST", "/update", Content_Type="multipart/form-data; boundary=x", **body)
        + bytes_of_it,
    }


class Crowd:
    """Connections of which each sends the same, as far as the server takes it, and reads nothing."""

    def __init__(self, server: Server, sent: bytes, size: int = CROWD) -> None:
        self._sent = memoryview(sent)
        self._members: dict[socket.socket, int] = {}  # and how much each has sent
        for number in range(size):
            member = socket.socket()
            member.bind((f"127.0.0.{2 + number % ADDRESSES}", 0))
            member.connect(("127.0.0.1", server.port))
            member.setblocking(False)
            self._members[member] = 0

    def push(self) -> None:
        """Send until the server takes no more."""
        waiting = set(self._members)
        while waiting:
            _, ready, _ = select.select((), waiting, (), QUIET_S)
            for member in ready:
                try:
                    self._members[member] += member.send(self._sent[self._members[member] :])
                except OSError:  # the server has ended it
                    waiting.discard(member)
                if self._members[member] == len(self._sent):
                    waiting.discard(member)
            if not ready:
                return

    def leave(self) -> None:
        """End all of it."""
        for member in self._members:
            member.close()


def is_answered(server: Server) -> bool:
    """Whether another client gets in; a place is free again when one of a crowd has been answered."""
    until = time.monotonic() + ANSWERED_S
    while time.monotonic() < until:
        connection = http.client.HTTPConnection(
            "127.0.0.1", server.port, timeout=ANSWERED_S, source_address=(HONEST, 0)
        )
        # Where too many are turned away already, it is ended without a word.
        with closing(connection), suppress(OSError):
            connection.request("GET", "/api/status")
            if connection.getresponse().status == 200:
                return True
    return False


def at_rest(measure: Callable[[], float], below: float) -> float:
    """What is measured when it is below this, or when every connection would have ended long ago."""
    until = time.monotonic() + PATIENCE_S
    while (left := measure()) >= below and time.monotonic() < until:
        time.sleep(0.05)
    return left


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_crowds_of_hostile_clients_do_not_grow_the_server_and_leave_nothing_behind(server: Server) -> None:
    for _ in range(20):
        assert is_answered(server)
    for sent in crowds().values():  # what Python loads and keeps for the first is no growth
        first = Crowd(server, sent, size=1)
        first.push()
        first.leave()
    before, blocks = memory_mb(server.pid, "VmRSS"), server.blocks()
    peaks = {}
    for name, sent in crowds().items():
        reset_peak(server.pid)
        crowd = Crowd(server, sent)
        crowd.push()
        assert is_answered(server), name
        peaks[name] = memory_mb(server.pid, "VmHWM") - before
        crowd.leave()
    assert max(peaks.values()) < PEAK_MB, peaks
    assert at_rest(lambda: memory_mb(server.pid, "VmRSS") - before, AFTER_MB) < AFTER_MB
    assert at_rest(lambda: server.blocks() - blocks, AFTER_BLOCKS) < AFTER_BLOCKS
