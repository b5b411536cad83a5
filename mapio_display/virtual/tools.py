"""Debian's tools, and processes that end with the one that started them."""

import asyncio
import ctypes
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from mapio_display.errors import MapioDisplayError

# Where mkfs.ext4, debugfs and fw_setenv lie, which is not on everybody's PATH.
SEARCH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


class ToolError(MapioDisplayError):
    """A tool is missing, or ended with an error."""


def tool(name: str) -> str:
    """The path of a tool. Raises ``ToolError`` with the Debian package that has it."""
    path = shutil.which(name, path=SEARCH)
    if path is None:
        packages = {
            "debugfs": "e2fsprogs",
            "mkfs.ext4": "e2fsprogs",
            "fw_setenv": "libubootenv-tool",
            "fw_printenv": "libubootenv-tool",
            "dbus-daemon": "dbus",
        }
        raise ToolError(f"{name} is not installed; it is in Debian's package {packages.get(name, name)}")
    return path


def have(name: str) -> bool:
    """Say whether a tool is installed."""
    return shutil.which(name, path=SEARCH) is not None


def run(*words: str | Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a tool to its end and give what it printed. Raises ``ToolError``."""
    command = [tool(str(words[0])), *map(str, words[1:])]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=_environment(environment))
    if done.returncode:
        raise ToolError(f"{words[0]} ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


async def spawn(
    command: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None
) -> asyncio.subprocess.Process:
    """Start a process that is killed when this one ends, whatever way; its output goes to the end of ``log``."""
    with log.open("ab") as out:
        return await asyncio.create_subprocess_exec(
            *map(str, command),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=_environment(environment),
            preexec_fn=_die_with_parent,
            start_new_session=True,
        )


async def end(process: asyncio.subprocess.Process, patience: float) -> None:
    """Ask a process to end, and kill it after ``patience`` seconds."""
    if process.returncode is not None:
        return
    if patience > 0:
        _signal(process, signal.SIGTERM)
        try:
            async with asyncio.timeout(patience):
                await process.wait()
        except TimeoutError:
            pass
        else:
            return
    _signal(process, signal.SIGKILL)
    await process.wait()


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except ProcessLookupError:
        return  # it has just ended by itself


def _die_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, "PATH": SEARCH, **(more or {})}
