"""The daemon by itself, in a process: what it tells systemd, and what it does without panel, bus or data partition."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mapio_display.client import DaemonClient
from mapio_display.errors import CommandLineError
from tests.gateway.conftest import PATIENCE_S, free_port

pytestmark = pytest.mark.xdist_group("daemon")


class Daemon:
    """One daemon on a machine that has next to nothing: no panel, no D-Bus."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None
        self.notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notified.bind(str(directory / "notify"))
        self.notified.settimeout(PATIENCE_S)
        self.client = DaemonClient(directory / "run" / "api.sock")
        (directory / "os-release").write_text("MAPIO_OS_VERSION=1.3.0\n")
        (directory / "boot_id").write_text("boot-1\n")

    def start(self, more: str = "", data_dir: str = "data") -> None:
        d = self.directory
        (d / "config.toml").write_text(
            f'board = "simulated"\n[paths]\ndata_dir = "{d}/{data_dir}"\nruntime_dir = "{d}/run"\n'
            f'os_release = "{d}/os-release"\nboot_id = "{d}/boot_id"\n[panel]\nspi = "{d}/chip.sock"\n'
            f'[web]\nhost = "127.0.0.1"\nport = {self.port}\n{more}'
        )
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mapio_display", "run", "--config", str(d / "config.toml")],
            stderr=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "NOTIFY_SOCKET": str(d / "notify"),
                "WATCHDOG_USEC": "400000",
                "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={d}/no-bus",
            },
        )

    def told(self) -> list[str]:
        """The assignments of the next message to systemd."""
        return self.notified.recv(4096).decode().splitlines()

    def until_told(self, assignment: str) -> None:
        while assignment not in self.told():
            pass

    def wait(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            with contextlib.suppress(CommandLineError):
                status = self.client.status()
                if holds(status):
                    return status
            time.sleep(0.02)
        pytest.fail("it did not come about")

    def end(self) -> str:
        """Stop it and give what it logged."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        _, log = self.process.communicate(timeout=20)
        return log


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path)
    yield daemon
    if daemon.process is not None and daemon.process.poll() is None:
        daemon.end()
    daemon.notified.close()


def test_systemd_is_told_readiness_life_and_the_end(daemon: Daemon) -> None:
    daemon.start()
    daemon.until_told("READY=1")
    daemon.until_told("WATCHDOG=1")
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGTERM)
    daemon.until_told("STOPPING=1")
    daemon.process.communicate(timeout=20)
    assert daemon.process.returncode == 0


def test_without_panel_and_bus_it_runs_says_so_and_is_ready(daemon: Daemon) -> None:
    daemon.start()
    status = daemon.wait(lambda s: bool(s["daemon"]["ready"]))
    assert status["panel"]["state"] == "not-responding"
    assert status["rauc"]["available"] is False
    assert status["web"]["url"] == f"http://127.0.0.1:{daemon.port}/"
    log = daemon.end()
    assert log.count("panel") <= 2, f"a dead panel is said and not repeated: {log}"
    assert log.count("D-Bus is not reachable") == 1, log


def test_without_a_data_partition_it_runs_with_a_pin_of_its_own(daemon: Daemon) -> None:
    (daemon.directory / "file").write_text("in the way")
    daemon.start(data_dir="file/data")
    daemon.wait(lambda s: bool(s["daemon"]["ready"]))
    assert "cannot be kept" in daemon.end()


def test_an_unreadable_journal_is_kept_aside_and_said(daemon: Daemon) -> None:
    (daemon.directory / "data").mkdir()
    (daemon.directory / "data" / "journal.json").write_text('{"record": {"stage"')
    daemon.start()
    assert daemon.wait(lambda s: bool(s["daemon"]["ready"]))["update"]["phase"] == "idle"
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
        "from_version": "1.3.0",
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
