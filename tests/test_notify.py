"""systemd's notify protocol against a real socket."""

import os
import socket
from pathlib import Path

import pytest

from mapio_display.notify import SystemdNotifier, watchdog_interval


@pytest.mark.parametrize("abstract", [False, True])
def test_assignments_reach_the_socket_as_one_message(tmp_path: Path, abstract: bool) -> None:
    name = f"@mapio-display-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("\0" + name[1:] if abstract else name)
        SystemdNotifier(name).send("READY=1", "STATUS=all is well")
        assert systemd.recv(4096) == b"READY=1\nSTATUS=all is well"


def test_nothing_happens_without_systemd(tmp_path: Path) -> None:
    SystemdNotifier(None).send("READY=1")
    SystemdNotifier(str(tmp_path / "gone")).send("READY=1")


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({"WATCHDOG_USEC": "60000000"}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_fed_twice_in_its_time(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], seconds: float | None
) -> None:
    for name in ("WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert watchdog_interval() == seconds
