"""The real wpa_supplicant on the loopback interface, and the scripted one beside it."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from mapio_display.host.wpa.control import Control, control
from mapio_display.virtual.wpa import VirtualWpa

INTERFACE = "lo"


class RealWpa:
    """wpa_supplicant with a driver that knows no radio: its control interface and its file are the real ones."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "station.conf"
        self.sockets = folder / "wpa"
        self.path = self.sockets / INTERFACE
        self.log = folder / "wpa.log"
        self.head = f"ctrl_interface={self.sockets}\nupdate_config=1\n"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, text: bytes = b"") -> None:
        """Start it with this behind its head, and return when it can be reached."""
        self.file.write_bytes(self.head.encode() + text)
        command = [str(shutil.which("wpa_supplicant")), "-Dnone", f"-i{INTERFACE}", f"-c{self.file}"]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + 10
        while not self.path.exists():
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < until
            time.sleep(0.005)

    def ask(self, *requests: str) -> list[str]:
        """What it answers."""

        async def each() -> list[str]:
            async with control(self.path) as link:
                return [await link.ask(request) for request in requests]

        return asyncio.run(each())

    def end(self, number: int = signal.SIGTERM) -> None:
        """Signal it to end, and wait until it has."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(10)
            self._process = None


def can_be_started() -> bool:
    return os.geteuid() == 0 and shutil.which("wpa_supplicant") is not None


needs_root = pytest.mark.skipif(
    not can_be_started(), reason="it opens a packet socket, which takes root, and Debian's package wpasupplicant"
)


@pytest.fixture
def real_wpa(tmp_path: Path) -> Iterator[RealWpa]:
    """The real one, yet to be started."""
    wpa = RealWpa(tmp_path)
    yield wpa
    wpa.end()


@pytest.fixture(params=[pytest.param("real", marks=[needs_root, pytest.mark.tools]), "scripted"])
async def either(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Control]:
    """A connection to the one or the other, which has a file without networks."""
    with contextlib.ExitStack() as stack:
        if request.param == "real":
            wpa = RealWpa(tmp_path)
            stack.callback(wpa.end)
            await asyncio.to_thread(wpa.start)
            path = wpa.path
        else:
            path = tmp_path / "wpa" / INTERFACE
            scripted = VirtualWpa(path, tmp_path / "none.conf", haste=20)
            scripted.start()
            stack.callback(scripted.stop)
        async with control(path) as link:
            yield link
