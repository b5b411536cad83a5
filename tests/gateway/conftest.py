"""The virtual gateway as `make demo` starts it, in a process of its own, and a hand on everything it shows."""

import base64
import contextlib
import errno
import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from mapio_display.config.sections import ViewsConfig
from mapio_display.core.status import from_json
from mapio_display.views.render import render
from mapio_display.virtual.rauc_service import real_rauc_runs
from mapio_display.virtual.slots import Slots
from mapio_display.virtual.tools import run
from mapio_display.words.catalogue import ENGLISH
from tests.samples import sample_bundles
from tests.web.client import Answer

if TYPE_CHECKING:
    from tests.gateway.daemon import Daemon

PATIENCE_S = 60.0
HASTE = 8.0
_FIRST_PORT = 20_000 + 500 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
# Not all test runs of this machine begin with the same one.
_ports = itertools.cycle(_FIRST_PORT + (os.getpid() + number) % 500 for number in range(500))
LOOK_S = 0.05  # between two looks at a process that does not tell when it is done


@dataclass
class Gateway:
    """One running gateway in ``directory``."""

    directory: Path
    port: int

    @property
    def facts(self) -> dict[str, Any]:
        """What ``gateway.json`` says now."""
        facts: dict[str, Any] = json.loads((self.directory / "gateway.json").read_text())
        return facts

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """Send a request with the PIN and take the answer."""
        credentials = base64.b64encode(f"mapio:{self.facts['pin']}".encode()).decode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        try:
            connection.request(method, path, body, {"Authorization": f"Basic {credentials}", **(headers or {})})
            answer = connection.getresponse()
            # Of several with one name the first: of the cookies that is the session's.
            return Answer(answer.status, {k.lower(): v for k, v in reversed(answer.getheaders())}, answer.read())
        finally:
            connection.close()

    def upload(self, bundle: str | Path) -> Answer:
        """Send a sample bundle by its name, or any file."""
        path = Path(self.facts["bundles"].get(str(bundle), bundle))
        head, tail = form_around(path.name)
        body = head + path.read_bytes() + tail
        return self.ask("POST", "/update", body, {"Content-Type": "multipart/form-data; boundary=edge"})

    def status(self) -> dict[str, Any]:
        """The status, or an empty one while nobody answers."""
        try:
            status: dict[str, Any] = self.ask("GET", "/api/status").json
        except (OSError, http.client.HTTPException):
            return {}
        return status

    def wait(self, what: str, holds: Callable[[dict[str, Any]], Any], patience: float = PATIENCE_S) -> dict[str, Any]:
        """Wait until something holds of the status; fails with what was waited for."""
        ends = time.monotonic() + patience
        while True:
            status = self.status()
            if status and holds(status):
                return status
            if time.monotonic() > ends:
                pytest.fail(f"{what} did not come about: {json.dumps(status, indent=1)}\n{self.logs()}")
            time.sleep(LOOK_S)

    def at_rest(self) -> dict[str, Any]:
        """Wait until no update is under way, putting a failure away, and the panel has drawn that."""
        status = self.wait("rest", lambda s: s["daemon"]["ready"] and s["update"]["phase"] in ("idle", "failed"))
        if status["update"]["phase"] == "failed":
            self.ask("POST", "/api/update/acknowledge")
        return self.wait("rest", lambda s: s["update"]["phase"] == "idle" and s["rauc"]["available"] and s["slots"])

    def after_reboot(self, boot_id: str) -> dict[str, Any]:
        """Wait until the gateway has booted again, judged the update, and shows the result."""
        return self.wait(
            "the next boot's verdict",
            lambda s: s["boot_id"] != boot_id and s["update"]["phase"] == "idle" and s["panel"]["view"] == "result",
        )

    def uboot(self) -> dict[str, str]:
        """U-Boot's environment, by its own tool."""
        lines = run("fw_printenv", "-c", self.facts["uboot_env_config"]).splitlines()
        return dict(line.split("=", 1) for line in lines)

    def slot_version(self, name: str) -> str | None:
        """The OS version in a slot's image; None for an empty one."""
        for line in Slots(self.directory).os_release(name).splitlines():
            if line.startswith("MAPIO_OS_VERSION="):
                return line.partition("=")[2]
        return None

    def store_is_emptied(self) -> None:
        """Wait until the upload store is empty: a bundle is removed after the status has reported the outcome."""
        uploads = Path(self.facts["data_dir"]) / "uploads"
        until(lambda: not list(uploads.glob("*")), f"an empty store in {uploads}")

    def port_is_closed(self) -> None:
        """Wait until nobody listens on the web server's port."""

        def refused() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == errno.ECONNREFUSED

        until(refused, f"a closed port {self.port}")

    def glass(self) -> Image.Image:
        """What the panel's glass shows."""
        with Image.open(self.facts["glass"]) as image:
            return image.convert("1")

    def boot_id(self) -> str:
        """What the kernel of the gateway calls this boot, also while the daemon is down."""
        return (self.directory / "boot_id").read_text("ascii").strip()

    def glass_shows(self, view: str) -> None:
        """Wait until the glass shows this view of the present status, pixel by pixel."""
        self.wait(f"the {view} view on the glass", lambda status: self._shows(view, status))

    def glass_shows_what_it_says(self) -> None:
        """Wait until the glass shows the view that the status names."""
        self.wait("the named view", lambda s: s["panel"]["view"] and self._shows(s["panel"]["view"], s))

    def _shows(self, view: str, status: dict[str, Any]) -> bool:
        snapshot = replace(from_json(status), pin=self.facts["pin"], views=ViewsConfig().order, buttons=True)
        return render(view, snapshot, words=ENGLISH).bits == self.glass().tobytes()

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send the daemon or RAUC a signal."""
        os.kill(self.facts["pids"][name], number)

    def logs(self) -> str:
        """The ends of all logs."""
        return "\n".join(f"--- {log.name}\n{log.read_text()[-3000:]}" for log in self.directory.glob("*.log"))

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the command line against the daemon's socket."""
        command = [sys.executable, "-m", "mapio_display", *words, "--socket", self.facts["socket"]]
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


@dataclass
class Demo(Gateway):
    """A gateway that runs as a demo; ``said`` is its output up to the line that it is ready."""

    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)


def until(holds: Callable[[], object], what: str) -> None:
    """Wait until something holds that no status tells."""
    ends = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends, f"{what} did not come about"
        time.sleep(LOOK_S)


def form_around(filename: str, boundary: str = "edge") -> tuple[bytes, bytes]:
    """What stands before and after a file in a form."""
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="bundle"; filename="{filename}"\r\n\r\n'
    return head.encode(), f"\r\n--{boundary}--\r\n".encode()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses, from a range that the kernel and other workers choose none from."""
    for port in _ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise AssertionError("a cycle has no end")


def start(directory: Path, port: int) -> Demo:
    """Start a demo as `make demo` does and return when it has said that it is ready."""
    command = [sys.executable, "-m", "mapio_display", "demo", "--dir", str(directory), "--port", str(port)]
    return _started(command, directory, port)


def start_in_haste(directory: Path, port: int, *, cable: bool = True, releases: str = "") -> Demo:
    """Start a demo whose panel is so fast that tests need not wait for it; without a ``cable`` it has no network.

    It looks for newer versions at ``releases``, where the demo's own server is not to be asked.
    """
    program = "import pathlib, sys; from mapio_display.virtual.demo import run_demo; "
    program += f"sys.exit(run_demo(pathlib.Path({str(directory)!r}), {port}, panel_haste={HASTE}, cable={cable}, "
    program += f"releases={releases!r}))"
    return _started([sys.executable, "-c", program], directory, port)


def _started(command: list[str], directory: Path, port: int) -> Demo:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    gateway = Demo(directory, port, process)
    assert process.stdout is not None
    with contextlib.ExitStack() as unless_ready:
        unless_ready.callback(process.kill)  # which takes along what it has started
        for line in process.stdout:
            gateway.said.append(line.rstrip("\n"))
            if line.startswith("ready "):
                unless_ready.pop_all()
                return gateway
            if "ended with" in line:
                break
    process.communicate()
    pytest.fail(f"the demo ended: {gateway.said}\n{gateway.logs()}")


def stop(gateway: Demo) -> None:
    """End the demo as `kill` does."""
    gateway.process.send_signal(signal.SIGTERM)
    try:
        gateway.process.communicate(timeout=30)
    finally:
        gateway.process.kill()  # which takes along what it has started


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sample bundles."""
    return sample_bundles(tmp_path_factory, real=real_rauc_runs()).directory


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, bundles: Path) -> Iterator[Demo]:
    """A demo for all tests of a module."""
    directory = tmp_path_factory.mktemp("demo")
    (directory / "bundles").symlink_to(bundles)
    gateway = start_in_haste(directory, free_port())
    yield gateway
    stop(gateway)


@pytest.fixture
def gateway(running: Demo) -> Demo:
    """The demo, at rest."""
    running.at_rest()
    return running


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator["Daemon"]:
    """A daemon by itself, which the test starts."""
    from tests.gateway.daemon import Daemon  # noqa: PLC0415 - it uses what is above

    daemon = Daemon(tmp_path)
    yield daemon
    if daemon.process is not None and daemon.process.poll() is None:
        daemon.end()
    daemon.notified.close()
