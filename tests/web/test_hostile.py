"""Who is slow or silent, who talks nonsense, who lies about names: nobody else notices, and the log stays clean."""

import asyncio
import io
import logging
import socket
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from mapio_display.core.facts.update import Phase
from mapio_display.log import _ForJournald
from mapio_display.web.http.head import HEAD_BYTES, HEADERS_MOST
from mapio_display.web.http.server import IDLE_S
from mapio_display.web.limits import Limits
from mapio_display.web.upload.tus import TYPE
from tests.web.client import Connection, connected, form, request
from tests.web.gateway import PATIENCE_S, REFUSALS, Gateway, serving

HOSTILE = "x\r\n<0>kernel: panic\x1b[2J\x00\x9b\u202e.raucb"
TUS = {"Tus-Resumable": "1.0.0"}


# A stall is what ends a connection, and not how long all of it takes


@asynccontextmanager
async def sending(gateway: Gateway, way: str, size: int) -> AsyncIterator[Connection]:
    """A connection on which a bundle of ``size`` bytes is announced, and none of them sent."""
    headers = {**await gateway.sign_in(), **TUS}
    async with connected(gateway.port) as connection:
        if way == "form":
            fields, body = form(bytes(size))
            begin = body[: body.index(b"\r\n\r\n") + 4]
            await connection.send(request("POST", "/update", gateway.port, {**headers, **fields}, len(body)) + begin)
        else:
            fields = {**headers, "Upload-Length": str(size)}
            where = (await gateway.ask("POST", "/api/uploads", headers=fields)).headers["location"]
            fields = {**headers, "Upload-Offset": "0", "Content-Type": TYPE}
            await connection.send(request("PATCH", where, gateway.port, fields, size))
        await gateway.until(Phase.RECEIVING)
        yield connection


@pytest.mark.slow
@pytest.mark.parametrize("way", ["form", "tus"])
async def test_an_upload_may_take_as_long_as_it_likes_but_not_stall(
    tmp_path: Path, pass_time: Callable[[float], None], way: str
) -> None:
    async with serving(tmp_path) as gateway, sending(gateway, way, 100_000) as connection:
        for sent in range(100, 600, 100):
            await connection.send(b"x" * 100)
            snapshot = gateway.state.snapshot
            async with asyncio.timeout(PATIENCE_S):
                while (bundle := snapshot.update.bundle) is None or bundle.received < sent:
                    snapshot = await gateway.state.after(snapshot)
            pass_time(Limits().stall_s - 5)
        assert gateway.phase is Phase.RECEIVING
        pass_time(6)
        answer = await connection.answer()
        assert (answer.status, gateway.phase) == {"form": (408, Phase.IDLE), "tus": (204, Phase.RECEIVING)}[way]


async def test_a_connection_waits_for_its_next_request_as_long_as_it_is_used(
    tmp_path: Path, pass_time: Callable[[float], None]
) -> None:
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        for _ in range(5):
            await connection.send(request("GET", "/status", gateway.port, {}, None))
            assert (await connection.answer()).status == 200
            pass_time(IDLE_S - 5)
        pass_time(6)
        assert await connection.closed()


async def test_headers_that_dribble_in_do_not_hold_a_connection(
    tmp_path: Path, pass_time: Callable[[float], None]
) -> None:
    """The one time-out by total: a head is short, and no link is so slow."""
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        await connection.send(b"GET /status HTTP/1.1\r\n")
        for _ in range(3):
            pass_time(IDLE_S / 2)
            await connection.send(b"X: y\r\n")
        assert await connection.closed()


async def test_a_client_that_does_not_read_its_answer_is_disconnected(tmp_path: Path) -> None:
    async with serving(tmp_path, idle_s=0.1, connections=1) as gateway:
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            deaf.connect(("127.0.0.1", gateway.port))
            deaf.sendall(request("GET", "/", gateway.port, {}, None) * 2000)
            async with asyncio.timeout(PATIENCE_S):
                for status in (503, 200):
                    while (await gateway.ask("GET", "/healthz")).status != status:
                        pass


# Who does it does it to nobody else


@pytest.mark.slow
async def test_slow_and_silent_clients_disturb_nobody(tmp_path: Path) -> None:
    """Three hundred who say nothing, half a request, half a body, or read nothing of a stream that never ends."""
    async with serving(tmp_path) as gateway, AsyncExitStack() as held:
        begun = [
            b"",
            b"GET /status HTT",
            request("POST", "/api/session", gateway.port, {}, 20) + b"{",
            request("GET", "/api/events", gateway.port, {}, None),
            request("GET", "/", gateway.port, {}, None) * 20,
        ]
        for number in range(300):
            address = f"127.0.0.{2 + number % 10}"
            connection = await held.enter_async_context(connected(gateway.port, address))
            await connection.send(begun[number % len(begun)])
        assert (await gateway.ask("GET", "/api/status")).status == 200
        headers, body = form(b"good " + bytes(1_000_000))
        answer = await gateway.ask("POST", "/update", headers={**headers, **await gateway.sign_in()}, body=body)
        assert answer.status == 202


async def test_heads_are_bounded(tmp_path: Path) -> None:
    """In lines, in length, and so in memory."""
    begin = b"GET /status HTTP/1.1\r\nHost: localhost\r\n"
    most = HEAD_BYTES - len(begin) - len(b"Cookie: \r\n\r\n")
    async with serving(tmp_path) as gateway:
        for head, status in (
            (b"X: y\r\n" * (HEADERS_MOST - 1), 200),
            (b"X: y\r\n" * HEADERS_MOST, 431),
            (b"Cookie: " + b"y" * most + b"\r\n", 200),
            (b"Cookie: " + b"y" * (most + 1) + b"\r\n", 431),
        ):
            async with connected(gateway.port) as connection:
                await connection.send(begin + head + b"\r\n")
                answer = await connection.answer()
                assert answer.status == status
                assert status == 200 or answer.code == "head-too-large"


async def test_small_bodies_are_bounded(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        answer = await gateway.ask("POST", "/api/session", json={"pin": "1" * 5000})
        assert (answer.status, answer.code) == (413, "malformed")


# What goes wrong is reported as everything else is, also where no request reaches the application


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"GET /status HTTP/1.1\r\n\r\n", 400, "malformed"),
        (b"GET /status HTTP/1.1\r\nHost: example.org\r\n\r\n", 403, "foreign-host"),
        (b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, "not-found"),
        (b"DELETE /status HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n", 405, "malformed"),
        (b"GET /status HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\n\r\n", 417, "malformed"),
        (b"GET /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", 400, "malformed"),
        (
            b"GET /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            400,
            "malformed",
        ),
        (b"GET /status HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 20_000 + b"\r\n\r\n", 431, "head-too-large"),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 431, "head-too-large"),
        (b"GET /status HTTP/1.1\r\nHost: localhost\r\nX y\r\n\r\n", 400, "malformed"),
        (
            b"POST /api/session HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nx",
            411,
            "length-required",
        ),
        (b"\x16\x03\x01\x02\x00", 400, "malformed"),
    ],
    ids=lambda value: str(value)[:80],
)
async def test_what_is_no_request_is_answered_as_everything_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, sent: bytes, status: int, code: str
) -> None:
    async with serving(tmp_path) as gateway:
        cookie = (await gateway.sign_in())["Cookie"].encode()
        async with connected(gateway.port) as connection:
            await connection.send(sent.replace(b"{cookie}", cookie))
            answer = await connection.answer()
        assert (answer.status, answer.code) == (status, code)
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert [record.levelname for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_fault_of_ours_is_answered_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_masked: bool) -> bytes:
        raise ValueError("no picture")

    async with serving(tmp_path, picture=broken) as gateway:
        answer = await gateway.ask("GET", "/api/panel.png")
        assert (answer.status, answer.code) == (500, "internal")
        assert "no picture" not in answer.message
    assert "ValueError: no picture" in caplog.text


async def test_what_a_form_says_of_its_parts_is_not_remembered(tmp_path: Path) -> None:
    """Python keeps every text of which it has warned; here they would be the sender's, without end."""
    async with serving(tmp_path) as gateway:
        headers, body = form(b"good bundle")
        odd = body.replace(b'name="bundle"', b'!; name="bundle"').replace(b"form-data;", b"form-data; odd param;")
        answer = await gateway.ask("POST", "/update", headers={**headers, **await gateway.sign_in()}, body=odd)
        assert answer.status in (202, 400)  # and warnings are errors in a test


# Names are only names


PATHS = [
    "../outside",
    "%2e%2e%2foutside",
    "..%5coutside",
    "%00",
    "outside%00",
    "%2fetc%2fpasswd",
    "/etc/passwd",
    "%ff",
    ".",
]


@pytest.mark.parametrize("path", PATHS)
async def test_an_uploads_id_is_no_path(tmp_path: Path, path: str) -> None:
    outside = tmp_path / "outside.part"
    outside.write_bytes(b"precious")
    async with serving(tmp_path) as gateway:
        headers = {**await gateway.sign_in(), **TUS}
        begun = await gateway.ask("POST", "/api/uploads", headers={**headers, "Upload-Length": "8"})
        assert begun.status == 201
        for method, more in (("PATCH", {"Upload-Offset": "0", "Content-Type": TYPE}), ("HEAD", {}), ("DELETE", {})):
            answer = await gateway.ask(
                method, f"/api/uploads/{path}", headers={**headers, **more}, body=b"wretched"[: 8 * (method == "PATCH")]
            )
            assert answer.status in (404, 405), method
        for folder in ("/assets/x/", "/assets/", "/"):
            assert (await gateway.ask("GET", folder + path)).status == 404 or folder + path == "/."
        assert gateway.files() == [f"{begun.headers['location'].rpartition('/')[2]}.part"]
    assert outside.read_bytes() == b"precious"


@pytest.mark.parametrize(
    "name", ["../../evil.raucb", "/etc/evil.raucb", "..%2fevil", "evil\x00.raucb", "C:\\evil", "..", HOSTILE]
)
async def test_a_bundles_name_is_no_path(tmp_path: Path, name: str) -> None:
    async with serving(tmp_path / "data") as gateway:
        headers = {**await gateway.sign_in(), **TUS, "Upload-Length": "5"}
        metadata = {"Upload-Metadata": f"filename {b64encode(name.encode()).decode()}"}
        begun = await gateway.ask("POST", "/api/uploads", headers={**headers, **metadata})
        assert gateway.files() == [f"{begun.headers['location'].rpartition('/')[2]}.part"]
        bundle = gateway.state.snapshot.update.bundle
        assert bundle is not None
        assert bundle.filename.isprintable()
        assert "/" not in bundle.filename
    assert [entry.name for entry in tmp_path.iterdir()] == ["data"]


# The log


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What journald would be sent."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_ForJournald())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(logging.WARNING)


async def test_nothing_from_outside_gets_into_the_log_raw(
    tmp_path: Path, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a line of its own nor what moves a cursor: from names, headers, paths, RAUC's words, nor exceptions'."""

    def broken(_masked: bool) -> bytes:
        raise ValueError(HOSTILE)

    monkeypatch.setitem(REFUSALS, b"evil", HOSTILE)
    raw = HOSTILE.encode()
    async with serving(tmp_path, picture=broken) as gateway:
        cookie = await gateway.sign_in()
        for content in (b"evil bundle", b"good bundle"):
            fields, body = form(content, filename=f"{HOSTILE}%0d%0a")
            await gateway.ask("POST", "/update", headers={**fields, **cookie}, body=body)
            body = body.replace(b'filename="', b"filename*=utf-8''" + quote(HOSTILE).encode() + b'; x="')
            await gateway.ask("POST", "/update", headers={**fields, **cookie}, body=body)
        await gateway.ask("GET", "/api/panel.png")
        logging.getLogger("mapio_display").warning("a failure that names it: %s", HOSTILE)
        for start in (
            b"GET /%0d%0a%1b HTTP/1.1",
            b"GET / HTTP/1.1\r\nUser-Agent: " + raw,
            b"GET /\x1b[2J HTTP/1.1",
            raw,
        ):
            async with connected(gateway.port) as connection:
                await connection.send(start + b"\r\nHost: " + raw + b"\r\n\r\n")
                await connection.answer()
    written = log.getvalue()
    assert "a failure that names it" in written
    assert "ValueError" in written
    for line in written.rstrip("\n").split("\n"):
        assert line.isprintable(), line
        assert line[:3] in ("<3>", "<4>", "<6>", "<7>")
        assert not line[3:].startswith("<")


@pytest.mark.parametrize(
    "lines",
    [
        b"POST /update HTTP/1.1\r\nContent-Type: multipart/form-data;\xee boundary=x\r\nContent-Length: 1\r\n\r\nx",
        b"GET /nowhere HTTP/1.1\r\nExpect: \xbd\r\n\r\n",
        b"PUT /update HTTP/1.1\r\nexpect: 100-continue\xff\r\n\r\n",
    ],
)
async def test_a_header_that_is_not_utf_8_is_a_bad_request(
    tmp_path: Path, lines: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        cookie = (await gateway.sign_in())["Cookie"].encode()
        first, rest = lines.split(b"\r\n", 1)
        host = f"Host: 127.0.0.1:{gateway.port}".encode()
        await connection.send(b"\r\n".join([first, host, b"Cookie: " + cookie, rest]))
        answer = await connection.answer()
    assert (answer.status, answer.code) == (400, "malformed")
    assert caplog.records == []


@pytest.mark.parametrize("odd", ["\xe9", "\udcff", "\xe9\xe9\udcff", "boundary*=utf-8''%ff"])
async def test_a_form_with_an_odd_content_type_does_not_keep_others_out(
    tmp_path: Path, odd: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(tmp_path) as gateway:
        cookie = await gateway.sign_in()
        headers, body = form(b"damaged bundle")
        kind = f"{headers['Content-Type']}; x={odd}"
        async with connected(gateway.port) as connection:
            head = request("POST", "/update", gateway.port, {**cookie, "Content-Type": kind}, len(body))
            await connection.send(head + body)
            assert (await connection.answer()).status in (400, 422)
        assert gateway.phase in (Phase.IDLE, Phase.FAILED)
        await gateway.until_no_file()
    assert caplog.records == []


@pytest.mark.parametrize("odd", ["\xe9", "\udcff", "\xe9\xe9\udcff"])
@pytest.mark.parametrize(("method", "path"), [("POST", "/api/uploads"), ("PATCH", "/api/uploads/0123456789abcdef")])
async def test_a_piece_with_an_odd_content_type_is_no_fault_of_ours(
    tmp_path: Path, method: str, path: str, odd: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(tmp_path) as gateway:
        tus = {"Tus-Resumable": "1.0.0", "Content-Type": f"application/offset+octet-stream; x={odd}"}
        async with connected(gateway.port) as connection:
            await connection.send(request(method, path, gateway.port, {**await gateway.sign_in(), **tus}, 0))
            assert 400 <= (await connection.answer()).status < 500
    assert caplog.records == []


async def test_a_sender_of_a_small_body_that_goes_away_is_no_fault_of_ours(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(tmp_path) as gateway:
        async with connected(gateway.port) as connection:
            head = request("POST", "/api/session", gateway.port, {"Content-Type": "application/json"}, 10)
            await connection.send(head + b"{")
            await gateway.ask("GET", "/api/status")  # by then its body is waited for
        await gateway.ask("GET", "/api/status")
    assert caplog.records == []
