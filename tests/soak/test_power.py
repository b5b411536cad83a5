"""The disk whose power is cut, in namespaces of its own; and that no process hangs, whichever is killed."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mapio_display.virtual.rauc_service import namespace, real_rauc_runs
from tests.soak.loop import backed_by

PATIENCE_S = 30.0
LOOK_S = 0.02
pytestmark = [
    pytest.mark.rauc,
    pytest.mark.xdist_group("soak"),
    pytest.mark.skipif(
        not (real_rauc_runs() and Path("/dev/fuse").exists()), reason="takes root, loop devices and /dev/fuse"
    ),
]

# Leaves unwritten pages of a file on such a disk, in the folder it is given, and tells the disk's process.
WRITER = """
import asyncio, sys
from pathlib import Path
from tests.soak.mounting import disk

async def write():
    async with disk(Path(sys.argv[1])) as (emmc, folder):
        (folder / "file").write_bytes(bytes(8 << 20))
        print(emmc.pid, flush=True)
        while True:
            await emmc.disarm()
            await asyncio.sleep(0.05)

asyncio.run(write())
"""


def inside(*words: str) -> list[str]:
    """Python, where its mounts are nobody else's: RAUC of another test would keep what it saw mounted."""
    return [*(namespace() or ()), sys.executable, *words]


def test_the_disk() -> None:
    tests = Path(__file__).with_name("mounting.py")
    done = subprocess.run(
        inside("-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests)),
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("killed", ["who uses it", "the disk", "both"])
def test_no_thread_hangs_when_another_is_killed(killed: str, tmp_path: Path) -> None:
    command = inside("-c", WRITER, str(tmp_path))
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as writer,
        contextlib.ExitStack() as at_the_end,
    ):
        at_the_end.callback(writer.kill)  # the disk and its loop device end with it, whatever fails here
        assert writer.stdout is not None
        disk = int(writer.stdout.readline())
        assert backed_by(tmp_path)
        if killed != "the disk":
            writer.kill()
        if killed != "who uses it":
            os.kill(disk, signal.SIGKILL)
        assert writer.wait(PATIENCE_S) != 0
    ends = time.monotonic() + PATIENCE_S
    while Path(f"/proc/{disk}").exists() or backed_by(tmp_path):
        assert time.monotonic() < ends
        time.sleep(LOOK_S)
