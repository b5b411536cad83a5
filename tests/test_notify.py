"""systemd's notify protocol against a real socket."""

import contextlib
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


def test_a_status_of_several_lines_is_one_and_assigns_nothing_else(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        SystemdNotifier(str(tmp_path / "notify")).send("STATUS=RAUC says: no\nREADY=1")
        assert systemd.recv(4096) == rb"STATUS=RAUC says: no\nREADY=1"


def test_nothing_happens_without_systemd(tmp_path: Path) -> None:
    SystemdNotifier(None).send("READY=1")
    SystemdNotifier(str(tmp_path / "gone")).send("READY=1")


def test_a_systemd_that_is_too_busy_is_not_waited_for_and_reported_later(tmp_path: Path) -> None:
    name = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name)
        notifier = SystemdNotifier(name)
        for number in range(2000):  # more than any kernel keeps of datagrams nobody takes
            notifier.send("READY=1" if number == 0 else "WATCHDOG=1", f"STATUS={number}")
        systemd.setblocking(False)
        taken = []
        with contextlib.suppress(BlockingIOError):
            while True:
                taken.append(systemd.recv(4096).decode())
        assert taken[0] == "READY=1\nSTATUS=0"
        assert len(taken) < 2000
        notifier.send("STOPPING=1")
        assert sorted(systemd.recv(4096).decode().splitlines()) == ["STATUS=1999", "STOPPING=1", "WATCHDOG=1"]


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
