"""The daemon by itself, in a process, on a machine that has next to nothing."""

import base64
import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mapio_display.client import DaemonClient
from mapio_display.errors import CommandLineError
from mapio_display.words.catalogue import ENGLISH
from tests.gateway.conftest import PATIENCE_S, form_around, free_port
from tests.web.client import Answer


class Daemon:
    """One daemon on a machine that has next to nothing: no panel, no D-Bus."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None
        self.notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notified.bind(str(directory / "notify"))
        self.notified.settimeout(PATIENCE_S)
        self.client = DaemonClient(directory / "run" / "api.sock", ENGLISH)
        (directory / "os-release").write_text("MAPIO_OS_VERSION=2.1\n")
        (directory / "boot_id").write_text("boot-1\n")

    def start(self, more: str = "", data_dir: str = "data", paths: str = "") -> None:
        d = self.directory
        (d / "config.toml").write_text(
            f'board = "simulated"\n[paths]\ndata_dir = "{d}/{data_dir}"\nruntime_dir = "{d}/run"\n'
            f'os_release = "{d}/os-release"\nboot_id = "{d}/boot_id"\n{paths}\n[panel]\nspi = "{d}/chip.sock"\n'
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

    def until_notified(self, assignment: str) -> None:
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

    def upload(self, bundle: bytes, pin: str | None = None) -> Answer:
        """Send a form with a bundle."""
        pin = pin or (self.directory / "run" / "volatile" / "pin").read_text().strip()
        head, tail = form_around("good.raucb")
        credentials = base64.b64encode(f"mapio:{pin}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}", "Content-Type": "multipart/form-data; boundary=edge"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request("POST", "/update", head + bundle + tail, headers)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def end(self) -> str:
        """Stop it and give what it logged."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            _, log = self.process.communicate(timeout=20)
        finally:
            self.process.kill()
        return log
