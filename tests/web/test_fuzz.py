"""Requests made of what should be there, of what should not, and of noise, in pieces.

No answer is a 500, every failure is reported as such, no connection hangs, no file stays behind, and the
next good upload is taken.
"""

import asyncio
import json
import re
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mapio_display.web.limits import Limits
from mapio_display.web.upload.tus import TYPE
from tests.web import pieces
from tests.web.client import BOUNDARY, form, request
from tests.web.gateway import PATIENCE_S, Gateway, serving
from tests.web.pieces import SIZE, WHOLE

pytestmark = pytest.mark.slow
HASTY = Limits(stall_s=0.1, takeover_s=0, body_s=0.1, linger_s=0.01, decision_s=PATIENCE_S)
CHECKED = {"derandomize": True, "deadline": None, "suppress_health_check": list(HealthCheck), "database": None}

Run = Callable[["Attacker"], None]


class Attacker:
    """Sends bytes, reads until the server closes, and judges what it reads."""

    def __init__(self, gateway: Gateway, cookie: dict[str, str]) -> None:
        self.port = gateway.port
        self.cookie = cookie
        self._gateway = gateway

    def send(self, content: bytes, cuts: Sequence[int] = ()) -> bytes:
        """Send, in pieces that end at ``cuts``; gives the whole answer. Fails when the connection is left open."""
        at = sorted({0, len(content), *(cut for cut in cuts if cut < len(content))})
        answer = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with suppress(ConnectionError):
                for start, end in pairwise(at):
                    connection.sendall(content[start:end])
                    time.sleep(0)  # the server's thread may read this piece by itself
            with suppress(ConnectionError):
                while piece := connection.recv(65536):
                    answer += piece
        self._judge(answer)
        return answer

    @staticmethod
    def _judge(answer: bytes) -> None:
        if not answer:
            return  # it ended before the request was one
        assert answer.startswith(b"HTTP/1."), answer
        for status in re.findall(rb"^HTTP/1\.[01] (\d{3})", answer, re.MULTILINE):
            assert status != b"500", answer
        head, _, body = answer.partition(b"\r\n\r\n")
        if int(head.split()[1]) >= 400 and body:
            length = re.search(rb"(?i)content-length: (\d+)", head)
            assert length is not None
            if b"text/html" in head:
                assert b"</html>" in body[: int(length[1])]
            else:
                assert json.loads(body[: int(length[1])])["error"]["code"]

    def all_is_well(self) -> None:
        """The gateway takes a bundle (which RAUC then refuses), and nothing lies in its store."""
        headers, body = form(b"damaged bundle")
        ask = request("POST", "/update", self.port, {**headers, **self.cookie, "Connection": "close"}, len(body)) + body
        ends = time.monotonic() + PATIENCE_S
        while b" 422 " not in (answer := self.send(ask)).splitlines()[0]:
            # It has not noticed yet that the last sender is gone, or this thread was held up.
            assert b" 409 " in answer.splitlines()[0] or b" 408 " in answer.splitlines()[0], answer
            assert time.monotonic() < ends, answer
        while self._gateway.files():
            assert time.monotonic() < ends, self._gateway.files()
            time.sleep(0.001)


async def attack(tmp_path: Path, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    """Let ``run`` loose on a gateway, which must not have a word to say about it."""
    async with serving(tmp_path, limits=HASTY) as gateway:
        await asyncio.to_thread(run, Attacker(gateway, await gateway.sign_in()))
    assert [record.getMessage() for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []


CUTS = st.lists(st.integers(1, 400), max_size=4)
NOISE = st.binary(max_size=40)
FORM_PIECES = st.sampled_from(pieces.FORM_PIECES)
FORMS = st.lists(FORM_PIECES | NOISE, max_size=8).map(b"".join) | st.tuples(NOISE, FORM_PIECES).map(
    lambda odd: odd[0].join([WHOLE[:60], WHOLE[60:]]) + odd[1]
)
KINDS = st.sampled_from(pieces.FORM_TYPES)


async def test_forms(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def run(attacker: Attacker) -> None:
        @settings(**CHECKED, max_examples=50)  # type: ignore[arg-type]
        @given(FORMS, KINDS, st.sampled_from([0, 0, 0, 0, -2, 1]), CUTS)
        @example(WHOLE, f"multipart/form-data; boundary={BOUNDARY}", 0, [])
        def holds(body: bytes, kind: str, more: int, cuts: list[int]) -> None:
            length = max(0, len(body) + more)
            headers = {**attacker.cookie, "Content-Type": kind, "Connection": "close"}
            attacker.send(request("POST", "/update", attacker.port, headers, length) + body, cuts)
            attacker.all_is_well()

        holds()

    await attack(tmp_path, run, caplog)


COUNTS = st.sampled_from(pieces.COUNTS)
METADATA = st.sampled_from(pieces.METADATA)
ODD = st.dictionaries(
    st.sampled_from(pieces.ODD_NAMES),
    st.sampled_from(pieces.ODD_VALUES),
    max_size=1,
)
METHODS = st.sampled_from(pieces.METHODS)
Piece = tuple[str, dict[str, str], str, str, bytes, list[int]]
PIECES = st.tuples(METHODS, ODD, COUNTS, METADATA, st.binary(max_size=SIZE + 2), CUTS)


async def test_uploads_in_pieces(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def run(attacker: Attacker) -> None:
        tus = {**attacker.cookie, "Tus-Resumable": "1.0.0", "Connection": "close"}

        def ask(method: str, path: str, headers: dict[str, str], body: bytes, cuts: Sequence[int]) -> bytes:
            fields = {**tus, "Content-Type": TYPE, **headers}
            return attacker.send(request(method, path, attacker.port, fields, len(body)) + body, cuts)

        @settings(**CHECKED, max_examples=60)  # type: ignore[arg-type]
        @given(st.just(str(SIZE)) | COUNTS, METADATA, st.lists(PIECES, max_size=4))
        def holds(size: str, metadata: str, parts: list[Piece]) -> None:
            where = "/api/uploads/none"
            for method, odd, count, about, body, cuts in [("POST", {}, size, metadata, b"", []), *parts]:
                counts = {"Upload-Length": count, "Upload-Offset": count, "Upload-Metadata": about}
                answer = ask(method, "/api/uploads" if method == "POST" else where, {**counts, **odd}, body, cuts)
                if location := re.search(rb"(?i)location: (\S+)", answer):
                    where = location[1].decode()
            ask("DELETE", where, {}, b"", ())
            attacker.all_is_well()

        holds()

    await attack(tmp_path, run, caplog)


LINES = st.lists(
    st.sampled_from(pieces.LINES),
    max_size=2,
)
HOSTS = st.sampled_from(pieces.HOSTS)
STARTS = st.sampled_from(pieces.STARTS)


BODIES = NOISE | st.sampled_from(pieces.BODIES)


async def test_heads(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def run(attacker: Attacker) -> None:
        cookie = f"Cookie: {attacker.cookie['Cookie']}".encode()

        @settings(**CHECKED, max_examples=100)  # type: ignore[arg-type]
        @given(STARTS, HOSTS, LINES, BODIES, CUTS)
        def holds(start: bytes, host: bytes, lines: list[bytes], body: bytes, cuts: list[int]) -> None:
            length = [] if re.search(rb"Length|Encoding", b"".join(lines)) else [b"Content-Length: %d" % len(body)]
            fields = [host, *lines, *length, cookie, b"Connection: close"]
            attacker.send(b"\r\n".join([start, *fields, b"", body]), cuts)

        holds()
        attacker.all_is_well()

    await attack(tmp_path, run, caplog)
