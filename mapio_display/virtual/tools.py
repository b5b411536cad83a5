"""Debian's tools, and processes that end with the one that started them."""

import asyncio
import ctypes
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from mapio_display.errors import MapioDisplayError
from mapio_display.words.catalogue import ENGLISH, Words

# Where mkfs.ext4, debugfs and fw_setenv lie, which is not on everybody's PATH.
SEARCH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])
PR_SET_PDEATHSIG = 1  # prctl(2)

_PACKAGES = {
    "dbus-daemon": "dbus",
    "dd": "coreutils",
    "debugfs": "e2fsprogs",
    "fw_printenv": "libubootenv-tool",
    "fw_setenv": "libubootenv-tool",
    "mkfs.ext4": "e2fsprogs",
    "mksquashfs": "squashfs-tools",
    "unshare": "util-linux",
}

_libc = ctypes.CDLL(None, use_errno=True)


class ToolError(MapioDisplayError):
    """A tool is missing, or ended with an error."""


def have(name: str) -> bool:
    """Say whether a tool is installed."""
    return shutil.which(name, path=SEARCH) is not None


def tool(name: str) -> str:
    """The path of a tool. Raises ``ToolError`` with the Debian package that has it."""
    path = shutil.which(name, path=SEARCH)
    if path is None:
        raise _missing([name], ENGLISH)
    return path


def check_tools(names: Iterable[str], words: Words = ENGLISH) -> None:
    """Raise one ``ToolError`` that names all that is not installed."""
    if absent := [name for name in names if not have(name)]:
        raise _missing(absent, words)


def run(*words: str | Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a tool to its end and give what it printed. Raises ``ToolError``."""
    command = [tool(str(words[0])), *map(str, words[1:])]
    done = subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=_environment(environment),
        preexec_fn=_die_with(os.getpid()),
    )
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
            preexec_fn=_die_with(os.getpid()),
            start_new_session=True,  # Ctrl-C in a terminal is for us, and we end it in order
        )


async def end(process: asyncio.subprocess.Process, patience: float) -> None:
    """Ask a process to end, and kill it after ``patience`` seconds; with none, kill it at once."""
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


def _die_with(parent: int) -> Callable[[], None]:
    """What a child does before it becomes the tool: it asks the kernel to be killed when its parent dies."""

    def ask() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent died before it could be asked
            os._exit(1)

    return ask


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, "PATH": SEARCH, **(more or {})}


def _missing(names: Iterable[str], words: Words) -> ToolError:
    packages = " ".join(sorted({_PACKAGES.get(name, name) for name in names}))
    return ToolError(words.text("demo.tools", tools=", ".join(names), packages=packages))
