"""A loop that is late is stuck, one that waits for work is not; systemd and /healthz go by that."""

import asyncio
import socket
from pathlib import Path

import pytest

from mapio_display.core.facts.daemon import Daemon
from mapio_display.core.snapshot import Snapshot
from mapio_display.notify import SystemdNotifier, notify
from mapio_display.progress import Progress, stuck_loop
from mapio_display.state import State
from mapio_display.words.catalogue import ENGLISH


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_a_loop_that_waits_for_work_is_not_stuck_however_long() -> None:
    clock = Clock()
    loop = Progress("update", clock)
    clock.seconds += 1e6
    assert not loop.stuck


def test_a_loop_at_work_is_stuck_when_its_time_is_over_and_not_before() -> None:
    clock = Clock()
    idle, loop = Progress("panel", clock), Progress("update", clock)
    with loop.working(30):
        clock.seconds += 30
        assert stuck_loop((idle, loop)) is None
        clock.seconds += 0.1
        assert stuck_loop((idle, loop)) == "update"
    assert stuck_loop((idle, loop)) is None


def test_a_loop_that_fails_is_not_at_work_any_more() -> None:
    clock = Clock()
    loop = Progress("update", clock)
    with pytest.raises(ZeroDivisionError), loop.working(1):
        raise ZeroDivisionError
    clock.seconds += 10
    assert not loop.stuck


@pytest.mark.parametrize(("stuck", "told"), [(None, "WATCHDOG=1\nSTATUS=Starting"), ("update", "STATUS=Starting")])
async def test_systemds_watchdog_is_fed_only_while_no_loop_is_stuck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stuck: str | None, told: str
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "60000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        state = State(Snapshot(Daemon("0")), print)
        async with asyncio.TaskGroup() as group:
            notifier = SystemdNotifier(str(tmp_path / "notify"))
            telling = group.create_task(notify(state, notifier, lambda: stuck, 180.0, ENGLISH))
            await asyncio.sleep(0)
            telling.cancel()
        assert systemd.recv(4096).decode() == "EXTEND_TIMEOUT_USEC=180000000"
        assert systemd.recv(4096).decode() == told
