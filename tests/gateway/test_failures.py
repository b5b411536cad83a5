"""What goes wrong around an update: processes that die, connections that break, a port in use."""

import contextlib
import http.client
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mapio_display.core.front.names import View
from tests.gateway.conftest import PATIENCE_S, Demo, Gateway, form_around, until
from tests.web.client import Answer

pytestmark = [pytest.mark.xdist_group("gateway-failures"), pytest.mark.timeout(150)]


@contextlib.contextmanager
def half_an_upload(gateway: Gateway) -> Iterator[socket.socket]:
    """A browser that has sent half of a bundle and now does nothing."""
    head, tail = form_around("slow.raucb")
    size = 10_000_000
    lines = [
        "POST /update HTTP/1.1",
        f"Host: 127.0.0.1:{gateway.port}",
        "Content-Type: multipart/form-data; boundary=edge",
        f"Content-Length: {len(head) + size + len(tail)}",
        f"Cookie: {session(gateway)}",
    ]
    with socket.create_connection(("127.0.0.1", gateway.port)) as connection:
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + head + bytes(size // 2))
        gateway.wait("the transfer", lambda s: s["update"]["phase"] == "receiving")
        journal = Path(gateway.facts["data_dir"]) / "journal.json"
        gateway.wait("the journal's record", lambda _: journal.exists() and '"receiving"' in journal.read_text())
        yield connection


def session(gateway: Gateway) -> str:
    """A cookie of a session signed in with the PIN."""
    answer = gateway.ask("POST", "/api/session", f"pin={gateway.facts['pin']}", FORM)
    return answer.headers["set-cookie"].partition(";")[0]


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_a_second_upload_meanwhile_is_refused_before_its_body(gateway: Gateway) -> None:
    with half_an_upload(gateway):
        answer = gateway.upload("good")
        assert (answer.status, answer.json["error"]["code"]) == (409, "update-under-way")
        gateway.glass_shows(View.UPDATE)


def test_a_cut_connection_is_noticed_at_once_and_the_panel_says_so(gateway: Gateway) -> None:
    with half_an_upload(gateway) as connection:
        connection.shutdown(socket.SHUT_RDWR)
    # Well before the 30 s after which a silent sender would be given up.
    status = gateway.wait("idle", lambda s: s["update"]["phase"] == "idle", patience=20)
    assert status["last_update"]["result"] == "interrupted"
    assert "connection was lost" in status["last_update"]["reason"]
    gateway.store_is_emptied()
    gateway.glass_shows(View.RESULT)


def test_a_cancelled_transfer_is_idle_again_and_leaves_nothing(gateway: Gateway) -> None:
    before = gateway.status()["last_update"]
    with half_an_upload(gateway) as connection:
        assert gateway.ask("POST", "/api/update/cancel").status == 200
        gateway.wait("idle", lambda s: s["update"]["phase"] == "idle")
        assert b"409 Conflict" in connection.recv(4096)
    assert gateway.status()["last_update"] == before
    gateway.store_is_emptied()


def test_a_daemon_killed_in_mid_transfer_reports_that_it_was_interrupted(gateway: Gateway) -> None:
    with half_an_upload(gateway):
        gateway.kill("daemon")
    status = gateway.wait("the next daemon", lambda s: s["daemon"]["ready"] and s["update"]["phase"] == "idle")
    assert status["last_update"]["result"] == "interrupted"
    gateway.store_is_emptied()
    gateway.glass_shows(View.RESULT)


def freeze(gateway: Gateway) -> int:
    """Stop RAUC in its tracks, and give its process number."""
    pid = int(gateway.facts["pids"]["rauc"])
    os.kill(pid, signal.SIGSTOP)
    return pid


def sent_in_the_background(gateway: Gateway, bundle: str) -> tuple[threading.Thread, list[Answer]]:
    """Upload without waiting for the answer."""
    answers: list[Answer] = []

    def send() -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):  # the daemon may be killed meanwhile
            answers.append(gateway.upload(bundle))

    thread = threading.Thread(target=send)
    thread.start()
    return thread, answers


def caught_installing(gateway: Gateway) -> int:
    """Wait for RAUC to write the slot, and freeze it there; gives its process number."""
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        update = gateway.status().get("update", {})
        if update.get("phase") == "installing" and update.get("message"):  # RAUC's own, so it has begun
            return freeze(gateway)
    pytest.fail(f"RAUC did not begin to install\n{gateway.logs()}")


def test_a_daemon_killed_in_mid_install_resumes_where_it_was_and_goes_on_to_the_reboot(gateway: Gateway) -> None:
    before = gateway.status()
    thread, _ = sent_in_the_background(gateway, "good")
    rauc = caught_installing(gateway)
    old = gateway.facts["pids"]["daemon"]
    gateway.kill("daemon")
    gateway.wait("another daemon", lambda _: gateway.facts["pids"]["daemon"] != old)
    os.kill(rauc, signal.SIGCONT)
    thread.join()
    after = gateway.after_reboot(before["boot_id"])
    assert after["last_update"]["result"] == "succeeded"
    assert after["os"]["version"] == "2.2"
    gateway.store_is_emptied()


def test_rauc_killed_in_mid_install_is_reported_and_a_new_update_goes_through(gateway: Gateway) -> None:
    before = gateway.status()
    thread, answers = sent_in_the_background(gateway, "older")
    rauc = caught_installing(gateway)
    os.kill(rauc, signal.SIGKILL)
    status = gateway.wait("the verdict", lambda s: s["update"]["phase"] == "idle" and s["rauc"]["available"])
    thread.join()
    assert answers[0].status in (202, 503), "202 if RAUC had accepted the bundle by then"
    assert status["boot_id"] == before["boot_id"]
    assert status["last_update"]["result"] == "interrupted"
    assert "RAUC stopped" in status["last_update"]["reason"]
    gateway.store_is_emptied()
    gateway.glass_shows(View.RESULT)

    assert gateway.upload("older").status == 202
    after = gateway.after_reboot(before["boot_id"])
    assert (after["last_update"]["result"], after["os"]["version"]) == ("succeeded", "2.0")


def test_without_rauc_an_upload_is_refused_and_the_page_says_so(gateway: Demo) -> None:
    # What starts RAUC again after a second is stopped meanwhile.
    gateway.process.send_signal(signal.SIGSTOP)
    try:
        gateway.kill("rauc")
        gateway.wait("RAUC's absence", lambda s: s["rauc"]["available"] is False)
        answer = gateway.upload("good")
        assert (answer.status, answer.json["error"]["code"]) == (503, "rauc-unavailable")
        assert b"RAUC is missing" in gateway.ask("GET", "/update", headers={"Accept": "text/html"}).body
    finally:
        gateway.process.send_signal(signal.SIGCONT)
    gateway.wait("RAUC again", lambda s: s["rauc"]["available"])


def test_a_port_in_use_is_reported_and_tried_again(gateway: Gateway) -> None:
    assert gateway.command("web", "off").returncode == 0
    gateway.port_is_closed()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", gateway.port))
        other.listen()
        assert gateway.command("web", "on").returncode == 0
        until(lambda: f"Port {gateway.port} is in use" in gateway.command("status").stdout, "words about the port")
    gateway.wait("the port", lambda s: s["web"]["error"] is None)


def test_that_the_web_server_is_off_is_remembered_through_a_restart_of_the_daemon(gateway: Gateway) -> None:
    old = gateway.facts["pids"]["daemon"]
    assert gateway.command("web", "off").returncode == 0
    gateway.kill("daemon")
    until(lambda: gateway.facts["pids"]["daemon"] != old, "another daemon")
    assert gateway.command("wait-ready", "--timeout", "50").returncode == 0
    gateway.port_is_closed()
    assert gateway.command("web", "on").returncode == 0
    gateway.wait("the port", lambda s: s["web"]["enabled"])


def test_a_new_pin_is_reported_and_the_old_one_is_wrong(gateway: Gateway) -> None:
    cookie = session(gateway)
    old = gateway.facts["pin"]
    new = gateway.command("pin", "new").stdout.strip()
    assert len(new) == 6
    gateway.wait("gateway.json with the new PIN", lambda _: gateway.facts["pin"] == new)
    answer = gateway.ask("POST", "/api/update/cancel", headers={"Authorization": "", "Cookie": cookie})
    assert answer.status == 401, "the session ended with the PIN"
    assert new != old  # but for one time in a million
    assert gateway.ask("POST", "/api/session", f"pin={old}", {**FORM, "Authorization": ""}).status == 401
    assert (Path(gateway.facts["data_dir"]) / "pin").stat().st_mode & 0o777 == 0o600


def test_sign_in_that_wrong_pins_closed_stays_closed_when_the_daemon_is_killed_and_opens_at_the_panel(
    gateway: Gateway,
) -> None:
    gateway.at_rest()

    def try_pin(pin: str) -> int:
        return gateway.ask("POST", "/api/session", f"pin={pin}", {**FORM, "Authorization": ""}).status

    while (status := try_pin("wrong")) == 401:  # tests before this one may have tried some
        pass
    assert status == 429
    gateway.wait("the mark", lambda s: s["web"]["wrong_pins_from"] == "127.0.0.1")
    gateway.glass_shows_what_it_says()
    counts = gateway.directory / "run" / "tries.json"
    assert counts.stat().st_mode & 0o777 == 0o600
    old = gateway.facts["pids"]["daemon"]
    gateway.kill("daemon")
    until(lambda: gateway.facts["pids"]["daemon"] != old, "another daemon")
    gateway.wait("the next daemon", lambda s: s["daemon"]["ready"])
    assert try_pin(gateway.facts["pin"]) == 429
    assert re.search("Sign-in: +wrong PINs from 127.0.0.1", gateway.command("status").stdout)
    gateway.command("press", "down")
    gateway.wait("the web server's view", lambda s: s["panel"]["view"] == "webserver")
    gateway.command("press", "mid")
    assert try_pin(gateway.facts["pin"]) == 200
    web = gateway.status()["web"]
    assert (web["enabled"], web["wrong_pins_from"]) == (True, None)
    gateway.command("press", "up")
