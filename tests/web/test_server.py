"""The port follows the owner's wish; the Unix socket is always there."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mapio_display.core.facts.update import UploadOpened
from mapio_display.core.facts.web import WebSwitched
from mapio_display.core.message import message
from mapio_display.core.snapshot import Snapshot
from mapio_display.errors import NotNow
from mapio_display.web.app import build_app
from mapio_display.web.auth.gate import Rules
from mapio_display.web.http import places
from mapio_display.web.http.server import SHUTDOWN_S, LocalServer, close
from mapio_display.web.limits import Limits
from mapio_display.web.ports import KeysPort
from tests.web.client import Answer, Connection, connected, request
from tests.web.gateway import PATIENCE_S, Gateway, png, serving


async def until_listening(gateway: Gateway, listening: bool) -> Snapshot:
    snapshot = gateway.state.snapshot
    async with asyncio.timeout(PATIENCE_S):
        while snapshot.web.listening != listening:
            snapshot = await gateway.state.after(snapshot)
    return snapshot


async def test_disabled_means_that_the_port_is_closed_and_enabled_that_it_is_open(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        assert (await gateway.ask("GET", "/healthz")).status == 200
        gateway.state.dispatch(WebSwitched(False))
        await until_listening(gateway, False)
        with pytest.raises(ConnectionRefusedError):
            await gateway.ask("GET", "/healthz")
        assert gateway.state.snapshot.web.error is None
        gateway.state.dispatch(WebSwitched(True))
        gateway.port = (await until_listening(gateway, True)).web.port
        assert (await gateway.ask("GET", "/healthz")).status == 200


async def test_turning_it_off_ends_the_connections_that_are_open(tmp_path: Path) -> None:
    serve = serving(tmp_path, shutdown_s=SHUTDOWN_S)
    async with serve as gateway, connected(gateway.port) as idle, connected(gateway.port) as following:
        await idle.send(request("GET", "/healthz", gateway.port, {}, None))
        await idle.answer()
        await following.send(request("GET", "/api/events", gateway.port, {}, None))
        await following.head()
        gateway.state.dispatch(WebSwitched(False))
        assert await idle.closed()
        async with asyncio.timeout(PATIENCE_S):
            await following.reader.read()
        await until_listening(gateway, False)


async def test_the_wish_survives_a_restart(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        gateway.state.dispatch(WebSwitched(False))
        await until_listening(gateway, False)
    async with serving(tmp_path) as gateway:
        assert not gateway.state.snapshot.web.enabled
        assert not gateway.state.snapshot.web.listening


async def test_it_is_not_turned_off_during_an_update(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        gateway.state.dispatch(UploadOpened("u1", "x.raucb", 10))
        with pytest.raises(NotNow):
            gateway.state.dispatch(WebSwitched(False))
        assert (await gateway.ask("GET", "/healthz")).status == 200


async def test_a_port_in_use_is_reported_and_tried_again(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        async with serving(tmp_path, port=port, retry_s=0.01) as gateway:
            assert gateway.state.snapshot.web.error == message("port.in-use", port=port)
            other.close()
            assert (await until_listening(gateway, True)).web.error is None
            gateway.port = port
            assert (await gateway.ask("GET", "/healthz")).status == 200


async def test_a_port_in_use_is_given_up_when_the_web_server_is_turned_off(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        async with serving(tmp_path, port=port, retry_s=0.01) as gateway:
            gateway.state.dispatch(WebSwitched(False))
            other.close()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await until_listening(gateway, True)


# Who keeps a connection to himself


async def test_192_connections_are_served_at_once(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway, asyncio.TaskGroup() as group:
        held = [
            asyncio.open_connection("127.0.0.1", gateway.port, local_addr=(f"127.0.0.{2 + number % 8}", 0))
            for number in range(192)
        ]
        streams = await asyncio.gather(*held)
        connections = [Connection(*stream) for stream in streams]
        for connection in connections:
            await connection.send(request("GET", "/status", gateway.port, {}, None))
        answers = [group.create_task(connection.answer()) for connection in connections]
        assert {(await answer).status for answer in answers} == {200}
        for connection in connections:
            connection.cut()


async def test_there_is_an_end_of_connections_also_for_many_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "GRACE_S", 3600)  # none is idle for so long that it gives way
    async with serving(tmp_path, connections=3) as gateway:
        streams = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", gateway.port) for _ in range(20)))
        connections = [Connection(*stream) for stream in streams]
        for connection in connections:
            await connection.send(request("GET", "/status", gateway.port, {}, None))
        answers = [(await connection.head())[0] for connection in connections]
        assert (answers.count(200), answers.count(503)) == (3, 17)
        for connection in connections:
            connection.cut()
        async with asyncio.timeout(PATIENCE_S):
            while (await gateway.ask("GET", "/status")).status != 200:  # who goes makes room for another
                pass


@pytest.mark.parametrize("sent", [b"", b"GET /status HTT", b"GET /status HTTP/1.1\r\nHost: x\r\n"])
async def test_a_connection_without_a_request_is_ended(tmp_path: Path, sent: bytes) -> None:
    async with serving(tmp_path, idle_s=0.1) as gateway, connected(gateway.port) as connection:
        await connection.send(sent)
        assert await connection.closed()


async def test_a_small_body_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    limits = Limits(body_s=0.05, linger_s=0.05)
    async with serving(tmp_path, limits=limits) as gateway, connected(gateway.port) as connection:
        await connection.send(request("POST", "/api/session", gateway.port, {}, 20) + b"{")
        assert (await connection.answer()).code == "malformed"
        assert await connection.closed()


@pytest.mark.parametrize(
    ("garbage", "status"),
    [
        (b"\x16\x03\x01\x02\x00", 400),
        (b"GET\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 500 + b"\r\n", 431),
    ],
)
async def test_bytes_that_are_no_http_harm_nobody_and_fill_no_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, garbage: bytes, status: int
) -> None:
    async with serving(tmp_path) as gateway:
        async with connected(gateway.port) as connection:
            await connection.send(garbage)
            assert (await connection.head())[0] == status
        assert (await gateway.ask("GET", "/healthz")).status == 200
    assert [record.levelname for record in caplog.records if record.levelno >= 30] == []


@pytest.mark.parametrize("path", ["/api/session", "/api/update/acknowledge", "/healthz"])
async def test_a_small_body_that_comes_late_is_read_before_the_answer(tmp_path: Path, path: str) -> None:
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        body = b'{"pin": "%s"}' % gateway.pin.encode()
        method = "GET" if path == "/healthz" else "POST"
        head = request(method, path, gateway.port, await gateway.sign_in(), len(body))
        for _ in range(2):  # and the connection takes the next request
            await connection.send(head + body[:1])
            assert (await gateway.ask("GET", "/healthz")).status == 200
            assert not connection.reader._buffer  # type: ignore[attr-defined]
            await connection.send(body[1:])
            assert (await connection.answer()).status in (200, 409)


# The Unix socket


@asynccontextmanager
async def local(gateway: Gateway, path: Path, keys: KeysPort | None = None) -> AsyncIterator[None]:
    """The gateway's own application on a Unix socket."""
    app = build_app(gateway.state, gateway.store, png, gateway.credentials, Rules(), sessions=None, keys=keys)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(LocalServer(app, path).run())
        async with asyncio.timeout(PATIENCE_S):
            while not await answers(path):  # noqa: ASYNC110 - the file system tells nobody
                await asyncio.sleep(0.001)
        yield
        task.cancel()


async def answers(path: Path) -> bool:
    """Whether something listens."""
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return False
    writer.transport.abort()
    return True


async def ask_locally(path: Path, method: str, target: str, body: bytes = b"") -> Answer:
    async with asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_unix_connection(path)
    connection = Connection(reader, writer)
    headers = {"Host": "anything", "Content-Type": "application/json"}
    await connection.send(request(method, target, 0, headers, len(body) if method == "POST" else None) + body)
    answer = await connection.answer()
    connection.cut()
    return answer


async def test_the_socket_is_roots_and_asks_for_no_pin(tmp_path: Path) -> None:
    path = tmp_path / "run" / "api.sock"
    async with serving(tmp_path) as gateway:
        async with local(gateway, path):
            assert path.stat().st_mode & 0o777 == 0o600
            assert (await ask_locally(path, "GET", "/api/status")).json["hostname"] == "mapio"
            assert (await ask_locally(path, "POST", "/api/update/cancel")).code == "nothing-to-cancel"
            assert b"PIN" in (await ask_locally(path, "GET", "/api/panel.png")).body
        assert not path.exists()


async def test_what_cannot_be_remembered_is_reported_and_not_confirmed(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    async with serving(tmp_path) as gateway, local(gateway, path):
        for name in ("web-off", "pin"):  # a folder of the temporary file's name stands for a disk that takes nothing
            (gateway.data_dir / f".{name}.new").mkdir()
        pin = gateway.credentials.pin
        for ask, body in (("/api/web", b'{"enabled": false}'), ("/api/pin", b"{}")):
            answer = await ask_locally(path, "POST", ask, body)
            assert (answer.status, answer.code) == (507, "storage")
            assert "could not be written" in answer.json["error"]["message"]
        assert gateway.credentials.pin == pin


async def test_the_socket_turns_the_web_server_off_and_on_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    async with serving(tmp_path) as gateway, local(gateway, path):
        assert (await ask_locally(path, "POST", "/api/web", b'{"enabled": false}')).status == 200
        await until_listening(gateway, False)
        assert not gateway.credentials.web_enabled
        assert (await ask_locally(path, "POST", "/api/web", b'{"enabled": true}')).status == 200
        await until_listening(gateway, True)
        assert (await ask_locally(path, "POST", "/api/web", b'{"enabled": 1}')).code == "malformed"


async def test_the_socket_presses_buttons(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    async with serving(tmp_path) as gateway, local(gateway, path):
        assert (await ask_locally(path, "POST", "/api/press", b'{"button": "down", "hold": 0}')).status == 200
        assert gateway.state.snapshot.front.turned_to == "webserver"
        assert (await ask_locally(path, "POST", "/api/press", b'{"button": "mid", "hold": 0}')).status == 200
        await until_listening(gateway, False)
        for wrong in (
            b'{"button": "left"}',
            b'{"button": ["up"]}',
            b'{"button": "up", "hold": NaN}',
            b"{}",
            b'{"button": "up", "down": 1}',
        ):
            assert (await ask_locally(path, "POST", "/api/press", wrong)).code == "malformed"


async def test_the_socket_makes_a_new_pin_which_the_panel_shows_and_no_old_cookie_fits(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    async with serving(tmp_path) as gateway, local(gateway, path):
        cookie = await gateway.sign_in()
        pin = (await ask_locally(path, "POST", "/api/pin", b"{}")).json["pin"]
        assert gateway.pin == gateway.state.snapshot.pin == pin
        assert (await gateway.ask("POST", "/api/update/cancel", headers=cookie)).code == "pin-required"


async def test_a_new_pin_is_made_when_its_request_is_there_and_not_before(tmp_path: Path) -> None:
    """Its client sends head and body in two: answered after the one, it may not be able to send the other."""
    path = tmp_path / "api.sock"
    async with serving(tmp_path) as gateway, local(gateway, path):
        pin = gateway.pin
        reader, writer = await asyncio.open_unix_connection(path)
        connection = Connection(reader, writer)
        await connection.send(request("POST", "/api/pin", 0, {}, 2) + b"{")
        assert (await ask_locally(path, "GET", "/healthz")).status == 200
        assert gateway.pin == pin
        await connection.send(b"}")
        assert (await connection.answer()).json["pin"] == gateway.pin != pin
        connection.cut()


async def test_a_socket_left_by_a_killed_daemon_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    async with serving(tmp_path) as gateway, local(gateway, path):
        assert (await ask_locally(path, "GET", "/healthz")).status == 200


async def test_a_socket_that_cannot_be_made_is_reported_and_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "run").write_text("")
    async with serving(tmp_path) as gateway, asyncio.TaskGroup() as group:
        app = build_app(gateway.state, gateway.store, png, gateway.credentials, Rules(), sessions=None)
        task = group.create_task(LocalServer(app, tmp_path / "run" / "api.sock").run())
        async with asyncio.timeout(PATIENCE_S):
            while "cannot be opened" not in caplog.text:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        assert not task.done()
        task.cancel()


async def test_a_connection_that_comes_while_the_server_closes_is_not_left_open() -> None:
    ended = asyncio.Event()

    class Arrival(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            transport.close()

        def connection_lost(self, _error: Exception | None) -> None:
            ended.set()

    server = await asyncio.get_running_loop().create_server(Arrival, "127.0.0.1", 0)
    with socket.create_connection(server.sockets[0].getsockname()):
        for _ in range(2):  # until it is accepted, but has not begun
            await asyncio.sleep(0)
        await close(server)
        async with asyncio.timeout(PATIENCE_S):
            await ended.wait()
