"""Debian's tools, and processes that leave nothing behind."""

import asyncio
import contextlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mapio_display.virtual.tools import ToolError, check_tools, end, have, run, spawn, tool

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]
PARENT = """
import asyncio, sys
from pathlib import Path
from mapio_display.virtual.tools import spawn
async def main():
    child = await spawn([sys.executable, "-c", "import time; time.sleep(60)"], Path(sys.argv[1]))
    print(child.pid, flush=True)
    await child.wait()
asyncio.run(main())
"""


async def up(log: Path) -> None:
    """Wait for a process to say that it is up."""
    async with asyncio.timeout(10):
        while log.read_text() != "up\n":  # noqa: ASYNC110 - a file does not notify when it changes
            await asyncio.sleep(0.01)


def test_what_is_not_installed_is_named_with_its_debian_package() -> None:
    assert not have("mapio-no-such-tool")
    with pytest.raises(ToolError, match="mapio-no-such-tool: not installed"):
        tool("mapio-no-such-tool")
    with pytest.raises(
        ToolError, match="no-such, nor-such: not installed; as root, run: apt-get install no-such nor-such"
    ):
        check_tools(["sh", "no-such", "nor-such"])


def test_tools_for_administrators_are_found_whatever_the_path() -> None:
    assert tool("mkfs.ext4").endswith("sbin/mkfs.ext4")


@pytest.mark.tools
def test_a_tool_that_fails_is_quoted() -> None:
    with pytest.raises(ToolError, match=r"(?s)e2fsck ended with 8: .*No such file"):
        run("e2fsck", "-n", "/no/such/image")


async def test_a_process_is_asked_to_end_and_its_output_kept(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = await spawn(SLEEPER, log)
    await up(log)
    await end(process, 10)
    assert process.returncode == -signal.SIGTERM
    await end(process, 10)  # once more does no harm


@pytest.mark.parametrize("patience", [0, 0.1])
async def test_a_process_that_does_not_listen_is_killed(tmp_path: Path, patience: float) -> None:
    log = tmp_path / "log"
    process = await spawn(STUBBORN, log)
    await up(log)
    await end(process, patience)
    assert process.returncode == -signal.SIGKILL


def test_a_killed_parent_takes_its_children_with_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, tmp_path / "log"], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        descriptor = os.pidfd_open(child)
        parent.kill()
    with contextlib.closing(os.fdopen(descriptor)):
        # A process descriptor becomes readable when its process has ended (pidfd_open(2)).
        assert select.select([descriptor], [], [], 10)[0]
