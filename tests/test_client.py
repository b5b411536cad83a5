"""The command line's client against a real HTTP server on a Unix socket and on a port."""

import io
import json
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from mapio_display.cli import main

STATUS: dict[str, Any] = {
    "daemon": {"version": "0", "started_at": None, "ready": True},
    "os": {"name": "mapio", "version": "1.4.0", "pretty": "Mapio OS distribution 1.4.0"},
    "network": {"default_interface": "eth0", "addresses": [{"interface": "eth0", "address": "192.168.1.20"}]},
    "web": {"enabled": True, "url": "http://192.168.1.20/", "error": None},
    "rauc": {"available": True, "version": None},
    "slots": [
        {"name": "rootfs.0", "bootname": "A", "state": "inactive", "boot_status": "bad", "version": "1.3.0"},
        {"name": "rootfs.1", "bootname": "B", "state": "booted", "boot_status": "good", "version": "1.4.0"},
    ],
    "update": {"phase": "idle", "percent": None, "error": None},
    "last_update": {
        "result": "succeeded",
        "from_version": "1.3.0",
        "to_version": "1.4.0",
        "finished_at": "2026-11-23T14:05:00Z",
        "reason": None,
    },
    "panel": {"state": "ok"},
}


class Handler(BaseHTTPRequestHandler):
    """Answers like the daemon, as far as the client sees it."""

    def do_GET(self) -> None:
        self._answer(*self.server.answers(self.path, b""))  # type: ignore[attr-defined]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(*self.server.answers(self.path, body))  # type: ignore[attr-defined]

    do_DELETE = do_POST  # noqa: N815 - the base class's name

    def _answer(self, status: int, content: Any) -> None:
        self.server.asked_for = self.headers["Accept-Language"]  # type: ignore[attr-defined]
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Keep quiet."""


class UnixServer(socketserver.UnixStreamServer):
    """http.server's handler expects an address of a host."""

    def get_request(self) -> tuple[Any, Any]:
        connection, _ = super().get_request()
        return connection, ("local", 0)


Answers = Callable[[str, bytes], tuple[int, Any]]
Serve = Callable[[Answers], Path]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start a server on a Unix socket with these answers, and give the socket's path."""
    servers: list[UnixServer] = []

    def start(answers: Answers) -> Path:
        path = tmp_path / "api.sock"
        server = UnixServer(str(path), Handler)
        server.answers = answers  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        servers.append(server)
        return path

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_the_status_is_worded_for_a_person(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    path = serve(lambda _path, _body: (200, STATUS))
    assert main(["status", "--socket", str(path)]) == 0
    text = capsys.readouterr().out
    for part in ("1.4.0", "192.168.1.20 (eth0)", "http://192.168.1.20/", "1.3.0 to 1.4.0 succeeded", "inactive, bad"):
        assert part in text


def test_the_status_as_json_is_the_daemons_own(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    path = serve(lambda _path, _body: (200, STATUS))
    assert main(["status", "--json", "--socket", str(path)]) == 0
    assert json.loads(capsys.readouterr().out) == STATUS


def test_a_daemon_on_a_port_is_reached_by_its_url(capsys: pytest.CaptureFixture[str]) -> None:
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.answers = lambda _path, _body: (200, STATUS)  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        assert main(["status", "--url", f"http://127.0.0.1:{server.server_port}/"]) == 0
        server.shutdown()
    assert "1.4.0" in capsys.readouterr().out


def test_turning_the_web_server_off_posts_that(serve: Serve) -> None:
    asked: list[tuple[str, Any]] = []

    def answers(path: str, body: bytes) -> tuple[int, Any]:
        asked.append((path, json.loads(body)))
        return 200, {}

    assert main(["web", "off", "--socket", str(serve(answers))]) == 0
    assert asked == [("/api/web", {"enabled": False})]


def test_a_press_names_the_button_and_how_long(serve: Serve) -> None:
    asked: list[tuple[str, Any]] = []

    def answers(path: str, body: bytes) -> tuple[int, Any]:
        asked.append((path, json.loads(body)))
        return 200, {}

    assert main(["press", "mid", "--hold", "3.5", "--socket", str(serve(answers))]) == 0
    assert asked == [("/api/press", {"button": "mid", "hold": 3.5})]


def test_a_new_pin_is_printed(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pin", "new", "--socket", str(serve(lambda _path, _body: (200, {"pin": "654321"})))]) == 0
    assert capsys.readouterr().out == "654321\n"


def test_a_refusal_is_reported_in_the_daemons_words(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    refusal = {"error": {"code": "update-under-way", "message": "An update is under way.", "detail": None}}
    assert main(["web", "off", "--socket", str(serve(lambda _path, _body: (409, refusal)))]) == 1
    assert capsys.readouterr().err == "mapio-display: An update is under way.\n"


def test_a_refusals_raw_text_is_reported_with_it(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    refusal = {"error": {"code": "malformed", "message": "Not understood.", "detail": "'hold' must be less"}}
    assert main(["press", "up", "--hold", "1", "--socket", str(serve(lambda _path, _body: (400, refusal)))]) == 1
    assert capsys.readouterr().err == "mapio-display: Not understood. ('hold' must be less)\n"


@pytest.mark.parametrize("content", [b"<html></html>", [], {"daemon": 1}])
@pytest.mark.parametrize("command", ["status", "show"])
def test_another_programs_answer_is_reported_as_such(
    content: Any, command: str, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    path = serve(lambda _path, _body: (200, content))
    assert main([command, "--socket", str(path)]) == 1
    assert capsys.readouterr().err == f"mapio-display: {path} answered, but it is not this daemon\n"


def test_without_a_daemon_the_command_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--socket", str(tmp_path / "none.sock")]) == 1
    assert "not running" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["192.168.1.20", "https://x/", "http://", "http://x:port/", "http://["])
def test_a_url_of_another_form_is_a_wrong_command_line(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("status", "show", "wait-ready"):
        with pytest.raises(SystemExit) as ended:
            main([command, "--url", url])
        assert ended.value.code == 2
        assert f"{url} must look like http://192.168.1.20/" in capsys.readouterr().err


def test_waiting_ends_when_the_daemon_is_ready(serve: Serve) -> None:
    readiness = iter([False, True])
    path = serve(lambda _path, _body: (200, {"daemon": {"ready": next(readiness)}}))
    assert main(["wait-ready", "--timeout", "20", "--socket", str(path)]) == 0


@pytest.mark.parametrize(
    "answer", ["hello", [], {}, {"daemon": 5}, {"daemon": {}}, {"daemon": {"ready": None}}, {"daemon": {"ready": "no"}}]
)
def test_only_a_daemon_that_says_so_is_ready(serve: Serve, answer: Any) -> None:
    path = serve(lambda _path, _body: (200, answer))
    assert main(["wait-ready", "--timeout", "0", "--socket", str(path)]) == 1


def test_who_answers_with_something_else_is_not_taken_for_the_daemon(capsys: pytest.CaptureFixture[str]) -> None:
    class Other(Handler):
        def _answer(self, status: int, content: Any) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"<html>")

    with HTTPServer(("127.0.0.1", 0), Other) as server:
        server.answers = lambda _path, _body: (200, None)  # type: ignore[attr-defined]
        threading.Thread(target=server.handle_request, daemon=True).start()
        assert main(["status", "--url", f"http://127.0.0.1:{server.server_port}/"]) == 1
    assert "is not this daemon" in capsys.readouterr().err


def test_waiting_gives_up_when_the_time_is_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wait-ready", "--timeout", "0", "--socket", str(tmp_path / "none")]) == 1
    assert "did not report ready" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["fly"], ["web"], ["web", "maybe"], ["render", "home"], ["pin", "old"], []])
def test_a_wrong_command_line_is_status_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(argv)
    assert exit_.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_wrong_configuration_is_status_2_and_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[web]\nprot = 80\n")
    for command in ("check-config", "run"):
        assert main([command, "--config", str(path)]) == 2
        assert capsys.readouterr().err.startswith(f"mapio-display: {path}: web.prot: unknown key")
    assert main(["run", "--config", str(tmp_path / "none.toml")]) == 2
    assert capsys.readouterr().err == f"mapio-display: {tmp_path / 'none.toml'}: there is no such file\n"


def test_a_good_configuration_is_reported_to_be_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[update]\nreboot = "manual"\n')
    assert main(["check-config", "--config", str(path)]) == 0
    assert "good" in capsys.readouterr().out


def test_a_snapshot_nested_too_deep_is_a_wrong_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    snapshot = tmp_path / "deep.json"
    snapshot.write_text("[" * 100_000)
    assert main(["render", "home", "--snapshot", str(snapshot), "-o", str(tmp_path / "out.png")]) == 2
    assert str(snapshot) in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1", "soon"])
def test_a_time_that_never_comes_is_a_wrong_command_line(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (["wait-ready", f"--timeout={seconds}"], ["press", "up", f"--hold={seconds}"]):
        with pytest.raises(SystemExit) as ended:
            main(argv)
        assert ended.value.code == 2
        assert f"{seconds} is no number of seconds from 0 on" in capsys.readouterr().err


def test_a_press_longer_than_the_daemon_takes_is_a_wrong_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["press", "mid", "--hold", "8.1"])
    assert ended.value.code == 2
    assert "8.1 is more than 8 seconds" in capsys.readouterr().err


def test_a_reader_that_leaves_early_is_no_fault(serve: Serve) -> None:
    path = serve(lambda _path, _body: (200, STATUS))
    command = [sys.executable, "-m", "mapio_display", "status", "--socket", str(path)]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, check=False, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


NASTY = "\x1b[2J\x9b31m\u202egpj\x7f\ud800\u2028"


@pytest.mark.parametrize("status_code", [200, 500])
@pytest.mark.parametrize("json_too", [[], ["--json"]])
def test_what_the_daemon_says_is_printed_without_controls(
    serve: Serve, capsys: pytest.CaptureFixture[str], status_code: int, json_too: list[str]
) -> None:
    hostile = {**STATUS, "os": {"pretty": NASTY}, "error": {"message": NASTY, "detail": NASTY}}
    main(["status", *json_too, "--socket", str(serve(lambda _path, _body: (status_code, hostile)))])
    out, err = capsys.readouterr()
    assert "gpj" in out + err
    assert all(c == "\n" or c.isprintable() for c in out + err)
    if out and json_too:
        assert json.loads(out) == hostile


def test_a_status_of_another_shape_is_an_error_and_no_traceback(
    serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    path = serve(lambda _path, _body: (200, {"daemon": {}, "network": {"addresses": [5]}, "os": 7}))
    assert main(["status", "--socket", str(path)]) == 1
    assert "not one that this version knows" in capsys.readouterr().err


def test_a_console_that_is_not_utf_8_gets_escapes(serve: Serve) -> None:
    path = serve(lambda _path, _body: (200, {**STATUS, "os": {"pretty": "東京"}}))
    command = [sys.executable, "-m", "mapio_display", "status", "--socket", str(path)]
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert r"\u6771\u4eac" in done.stdout


def test_the_console_speaks_the_language_of_the_configuration_and_asks_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.toml").write_text('[views]\nlanguage = "fr"\n')
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.answers = lambda _path, _body: (200, STATUS)  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        assert main(["status", "--url", url, "--config", str(tmp_path / "c.toml")]) == 0
        server.shutdown()
        assert server.asked_for == "fr"  # type: ignore[attr-defined]
    assert "1.3.0 vers 1.4.0\N{NO-BREAK SPACE}: réussie (2026-11-23T14:05:00Z)." in capsys.readouterr().out


@pytest.mark.parametrize(("language", "said"), [("en", "is good"), ("fr", "est correcte"), ("de", "ist in Ordnung")])
def test_a_good_configuration_is_called_so_in_its_language(
    language: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.toml").write_text(f'[views]\nlanguage = "{language}"\n')
    assert main(["check-config", "--config", str(tmp_path / "c.toml")]) == 0
    assert said in capsys.readouterr().out


def test_without_a_daemon_the_command_says_so_in_german(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.toml").write_text('[views]\nlanguage = "de"\n')
    socket = tmp_path / "none.sock"
    assert main(["status", "--socket", str(socket), "--config", str(tmp_path / "c.toml")]) == 1
    assert "gibt es nicht: Der Dienst läuft nicht" in capsys.readouterr().err


HOME = {"name": "Home", "octets": "486f6d65"}
FOUND: dict[str, Any] = {
    "networks": [
        {**HOME, "signal": -48, "security": "wpa2", "saved": True},
        {"name": "Caf\u00e9\x1b[2J", "octets": "436166c3a91b5b324a", "signal": -70, "security": "open", "saved": False},
        {"name": "Office", "octets": "4f6666696365", "signal": -71, "security": "enterprise", "saved": False},
    ],
    "saved": [HOME, {"name": "Far away", "octets": "4661722061776179"}],
    "country": "FR",
    "error": None,
}


def wifi(asked: list[tuple[str, Any]], *, error: Any = None) -> Answers:
    """A gateway with Wi-Fi, which is done with what it does when its status has been asked for once."""

    def answer(path: str, body: bytes) -> tuple[int, Any]:
        if body:
            asked.append((path, json.loads(body)))
            return 202, {"stage": "preparing"}
        if path == "/api/wifi/networks":
            return 200, FOUND
        asked.append((path, None))
        joins = sum(where == "/api/status" for where, _ in asked) < 2
        state = {"joined": HOME, "joining": HOME if joins else None, "scanning": joins, "saving": joins, "error": error}
        return 200, {**STATUS, "wifi": state}

    return answer


def test_wifi_lists_what_was_found_and_is_saved_and_marks_what_is_in_use(
    serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["wifi", "--socket", str(serve(wifi([])))]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "*  -48 dBm  Home  (WPA2, in use)",
        "   -70 dBm  Caf\u00e9\\x1b[2J",
        "   -71 dBm  Office  (Enterprise)",
        "            Far away  (saved)",
    ]


def test_wifi_scan_waits_for_the_networks(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[tuple[str, Any]] = []
    assert main(["wifi", "--socket", str(serve(wifi(asked))), "scan"]) == 0
    assert asked[0] == ("/api/wifi/networks", {})
    assert "Home" in capsys.readouterr().out


@pytest.mark.parametrize(("typed", "sent"), [("correct horse\n", "correct horse"), ("\n", ""), ("", "")])
def test_wifi_join_reads_the_password_from_a_pipe_and_waits_for_the_end(
    serve: Serve, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, typed: str, sent: str
) -> None:
    asked: list[tuple[str, Any]] = []
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    ssid = os.fsdecode(b"Caf\xe9")
    assert main(["wifi", "join", ssid, "--hidden", "--socket", str(serve(wifi(asked)))]) == 0
    assert asked[0] == ("/api/wifi", {"octets": "436166e9", "password": sent, "hidden": True})
    assert "Connected to Caf\ufffd" in capsys.readouterr().out


def test_wifi_join_that_fails_says_why(
    serve: Serve, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("wrong horse\n"))
    error = {"code": "wifi-wrong-password", "message": "The router refused it.", "detail": None}
    assert main(["wifi", "join", "Attic", "--socket", str(serve(wifi([], error=error)))]) == 1
    said = capsys.readouterr()
    assert said.err == "mapio-display: The router refused it.\n"
    assert "wrong horse" not in said.out


@pytest.mark.parametrize("typed", ["short\n", "with\ttab in it\n", 70 * "x"])
def test_a_password_that_cannot_be_one_is_not_sent(
    serve: Serve, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    asked: list[tuple[str, Any]] = []
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    assert main(["wifi", "join", "Home", "--socket", str(serve(wifi(asked)))]) == 2
    assert asked == []
    assert "8 to 63 characters" in capsys.readouterr().err


@pytest.mark.parametrize("ssid", ["", 33 * "x", 17 * "\u00e9"])
@pytest.mark.parametrize("action", ["join", "forget"])
def test_a_name_that_cannot_be_one_is_a_wrong_command_line(action: str, ssid: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["wifi", action, ssid])
    assert ended.value.code == 2


def test_wifi_forget_names_the_network_by_its_bytes(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[tuple[str, Any]] = []
    assert main(["wifi", "forget", "Home", "--socket", str(serve(wifi(asked)))]) == 0
    assert asked[0] == ("/api/wifi", {"octets": "486f6d65"})
    assert capsys.readouterr().out == "Home is no longer saved.\n"


READ_ONLY = {"code": "wifi-file", "message": "The gateway cannot save networks: read-only.", "detail": "read-only"}


@pytest.mark.parametrize("action", [["forget", "Home"], ["country", "DE"]])
def test_what_the_gateway_could_not_save_is_not_reported_as_done(
    serve: Serve, capsys: pytest.CaptureFixture[str], action: list[str]
) -> None:
    assert main(["wifi", *action, "--socket", str(serve(wifi([], error=READ_ONLY)))]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "mapio-display: The gateway cannot save networks: read-only.\n")


def test_wifi_join_of_a_saved_network_needs_no_password(
    serve: Serve, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, Any]] = []
    prompts: list[str] = []

    def typed(prompt: str) -> str:
        prompts.append(prompt)
        return ""

    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    monkeypatch.setattr("getpass.getpass", typed)
    assert main(["wifi", "join", "Home", "--socket", str(serve(wifi(asked)))]) == 0
    assert asked[0] == ("/api/wifi", {"octets": "486f6d65", "password": "", "hidden": False})
    assert prompts == ["Password of Home (none: the saved one): "]
    assert "Connected to Home" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "sent"), [([], None), (["de"], "de"), (["none"], "")])
def test_wifi_country_says_and_sets_it(
    serve: Serve, capsys: pytest.CaptureFixture[str], words: list[str], sent: str | None
) -> None:
    asked: list[tuple[str, Any]] = []
    assert main(["wifi", "country", *words, "--socket", str(serve(wifi(asked)))]) == 0
    assert asked[:1] == ([] if sent is None else [("/api/wifi/country", {"country": sent})])
    assert capsys.readouterr().out == "The Wi-Fi keeps to the rules of FR.\n"
