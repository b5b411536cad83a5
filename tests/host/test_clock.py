"""The time of day."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from mapio_display.core.facts.clock import ClockTicked
from mapio_display.host import clock
from mapio_display.host.clock import ClockSource, time_of_day
from tests.listener import Listener, running


def test_no_time_is_reported_while_the_clock_cannot_be_believed() -> None:
    assert time_of_day(lambda: False) is None


def test_the_local_time_is_reported_in_hours_and_minutes() -> None:
    before, told, after = time.strftime("%H:%M"), time_of_day(lambda: True), time.strftime("%H:%M")
    assert told in (before, after)


def test_a_clock_is_believed_where_the_kernel_or_timesyncd_calls_it_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernels = clock.is_synchronised() if not clock.TIMESYNCD.exists() else None
    monkeypatch.setattr(clock, "TIMESYNCD", tmp_path / "synchronized")
    assert kernels in (None, clock.is_synchronised())
    (tmp_path / "synchronized").touch()
    assert clock.is_synchronised()
    assert clock.now().iso is not None
    assert clock.now(lambda: False).iso is None


async def test_the_clock_ticks_at_the_full_minute() -> None:
    listener = Listener()
    async with running(ClockSource(listener, pause=listener.pause).run):
        for events in (await listener.told(), await listener.later()):
            assert [type(event) for event in events] == [ClockTicked]
            assert 0 < listener.paused_for <= 60


# A folder of our own in the place of /etc, where nobody else sees it.
ZONES = r"""
import asyncio, json, os, struct, subprocess, time
from pathlib import Path
from mapio_display.host.clock import ClockSource, time_of_day

def zone(name, seconds):  # tzfile(5), with one type and no change
    path = Path("/etc", name)
    counts = struct.pack(">6L", 0, 0, 0, 0, 1, 4)
    path.write_bytes(b"TZif" + bytes(16) + counts + struct.pack(">lBB", seconds, 0, 0) + b"XYZ\0")
    return path

subprocess.run(["mount", "-t", "tmpfs", "none", "/etc"], check=True)
os.environ.pop("TZ", None)
first, second, third = zone("first", 0), zone("second", 7200), zone("third", -3600)
os.symlink(first, "/etc/localtime")
offsets = asyncio.Queue()

def read():
    time_of_day(lambda: True)
    return str(time.localtime().tm_gmtoff)

async def never(_seconds):
    await asyncio.Event().wait()

class Heard:
    def dispatch(self, event):
        offsets.put_nowait(event.time)

async def until(offset):
    async with asyncio.timeout(10):
        while await offsets.get() != offset:
            pass

async def main():
    async with asyncio.TaskGroup() as group:
        task = group.create_task(ClockSource(Heard(), read=read, pause=never).run())
        await until("0")
        os.symlink(second, "/etc/.new")
        os.replace("/etc/.new", "/etc/localtime")  # as systemd-timedated does
        await until("7200")
        os.remove("/etc/localtime")
        os.symlink(third, "/etc/localtime")  # as ln -sf does
        await until("-3600")
        task.cancel()

asyncio.run(main())
"""


@pytest.mark.root
def test_a_time_zone_that_is_set_at_run_time_is_noticed_at_once() -> None:
    done = subprocess.run(
        ["unshare", "--mount", sys.executable, "-c", ZONES], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


async def test_where_files_cannot_be_watched_the_clock_ticks_by_the_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoMore:
        @staticmethod
        def inotify_init1(_flags: int) -> int:
            return -1

    monkeypatch.setattr("mapio_display.host.folder_watch._libc", NoMore)
    listener = Listener()
    async with running(ClockSource(listener, read=lambda: "14:05", pause=listener.pause).run):
        assert await listener.told() == await listener.later() == [ClockTicked("14:05")]
