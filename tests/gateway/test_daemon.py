"""The daemon by itself, in a process: what it tells systemd, and what it does without panel, bus or data partition."""

import contextlib
import http.client
import json
import signal
import socket
from pathlib import Path

import pytest

from mapio_display.words.catalogue import of
from tests.gateway.conftest import PATIENCE_S
from tests.gateway.daemon import Daemon

pytestmark = pytest.mark.xdist_group("daemon")


def test_systemd_is_notified_of_readiness_life_and_the_end(daemon: Daemon) -> None:
    daemon.start()
    daemon.until_notified("READY=1")
    daemon.until_notified("WATCHDOG=1")
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGTERM)
    daemon.until_notified("STOPPING=1")
    daemon.process.communicate(timeout=20)
    assert daemon.process.returncode == 0


def test_without_panel_and_bus_it_runs_says_so_and_is_ready(daemon: Daemon) -> None:
    daemon.start()
    status = daemon.wait(lambda s: bool(s["daemon"]["ready"]))
    assert status["panel"]["state"] == "not-responding"
    assert status["rauc"]["available"] is False
    assert status["web"]["url"] == f"http://127.0.0.1:{daemon.port}/"
    log = daemon.end()
    assert log.count("panel") <= 2, f"a dead panel is reported once: {log}"
    assert log.count("D-Bus is not reachable") == 1, log


def test_it_has_no_openssl_in_its_memory(daemon: Daemon) -> None:
    daemon.start()
    daemon.wait(lambda s: bool(s["daemon"]["ready"] and s["web"]["url"]))
    assert daemon.process is not None
    libraries = Path(f"/proc/{daemon.process.pid}/maps").read_text()
    assert "libcrypto" not in libraries
    assert "libssl" not in libraries


def test_without_a_data_partition_it_runs_with_a_pin_of_its_own(daemon: Daemon) -> None:
    (daemon.directory / "file").write_text("in the way")
    daemon.start(data_dir="file/data")
    daemon.wait(lambda s: bool(s["daemon"]["ready"]))
    assert "cannot be kept" in daemon.end()


def test_an_unreadable_journal_is_kept_aside_and_reported(daemon: Daemon) -> None:
    (daemon.directory / "data").mkdir()
    (daemon.directory / "data" / "journal.json").write_text('{"record": {"stage"')
    daemon.start()
    status = daemon.wait(lambda s: bool(s["daemon"]["ready"]))
    assert status["update"]["phase"] == "idle"
    assert (status["last_update"], status["last_update_known"]) == (None, False)
    assert "journal makes no sense" in daemon.end()
    assert (daemon.directory / "data" / "journal.unreadable.json").exists()


def test_what_an_earlier_daemon_left_in_the_store_is_removed(daemon: Daemon) -> None:
    uploads = daemon.directory / "data" / "uploads"
    uploads.mkdir(parents=True)
    (uploads / "old.part").write_bytes(b"half")
    (uploads / "older.raucb").write_bytes(b"whole")
    daemon.start()
    daemon.wait(lambda s: bool(s["daemon"]["ready"]))
    assert list(uploads.iterdir()) == []


def test_after_a_boot_a_cut_transfer_is_judged_without_rauc(daemon: Daemon) -> None:
    record = {
        "id": "u1",
        "stage": "receiving",
        "boot_id": "boot-0",
        "from_slot": "A",
        "from_version": "2.1",
        "target_slot": None,
        "to_version": None,
        "installed_count": 0,
        "activated_count": 0,
        "filename": "good.raucb",
        "size": 1000,
    }
    (daemon.directory / "data").mkdir()
    (daemon.directory / "data" / "journal.json").write_text(json.dumps({"record": record, "last_update": None}))
    daemon.start()
    status = daemon.wait(lambda s: s["last_update"] is not None)
    assert (status["last_update"]["id"], status["last_update"]["result"]) == ("u1", "interrupted")
    daemon.end()  # which waits for the last writes
    kept = json.loads((daemon.directory / "data" / "journal.json").read_text())
    assert kept["record"] is None
    assert kept["last_update"]["result"] == "interrupted"


def test_the_local_socket_is_for_root_only_and_gone_at_the_end(daemon: Daemon) -> None:
    daemon.start()
    daemon.wait(lambda s: bool(s["daemon"]["ready"]))
    path = daemon.directory / "run" / "api.sock"
    assert path.stat().st_mode & 0o777 == 0o600
    daemon.end()
    assert not path.exists()


def test_who_asks_for_no_language_is_answered_in_the_configured_one(daemon: Daemon) -> None:
    daemon.start('[views]\nlanguage = "fr"\n')
    daemon.wait(lambda s: bool(s["daemon"]["ready"] and s["web"]["url"]))
    for headers, language in (({}, "fr"), ({"Accept-Language": "de"}, "de")):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=PATIENCE_S)) as connection:
            connection.request("GET", "/", headers=headers)
            assert f'<html lang="{language}">'.encode() in connection.getresponse().read()
    # What is no HTTP has no language of its own.
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=PATIENCE_S) as raw:
        raw.sendall(b"\x16\x03\x01\x02\x00")
        assert of("fr").text("malformed").encode() in b"".join(iter(lambda: raw.recv(4096), b""))
