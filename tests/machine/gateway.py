"""One gateway in QEMU: its power, console, network, panel, buttons and LEDs, and what is on its disk."""

import base64
import contextlib
import http.client
import json
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from types import TracebackType
from typing import IO, Any, Self

from mapio_display.config.sections import ViewsConfig
from mapio_display.core.status import from_json
from mapio_display.views.render import render
from mapio_display.words.catalogue import ENGLISH
from tests.machine import disk
from tests.machine.board import Board
from tests.machine.console import Console, Late
from tests.machine.disk import Slots
from tests.machine.flash import Lost, bring
from tests.machine.image.make import FIRST, Delivered
from tests.machine.qemu import Sockets, command, make_overlay, with_words
from tests.machine.record import Moment, Recording, copy
from tests.soak.facts import Facts

ADDRESS = "10.0.2.15"  # QEMU's DHCP server gives it to the machine
BOOT_S = 900  # a boot takes 40 s on a quiet host, and minutes on a loaded one
LOOK_S = 0.5
ANSWER_S = 600
LINE = 2000  # characters of base64 in a line that is typed; a multiple of four

Status = dict[str, Any]


class Gateway:
    """A gateway as it is delivered, in ``folder``; off at first, and off after its ``with`` block."""

    def __init__(self, delivered: Delivered, folder: Path, *, port: int = 0) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.delivered = delivered
        self.disk = folder / "disk.raw"
        self.board = Board(folder)
        self.console = Console(folder / "serial.log")
        self.cuts: list[Lost] = []
        self.boots: list[float] = []  # how long each took, in seconds, from the power or the restart to the shell
        self.verdicts: Counter[str] = Counter()  # what the daemon said of updates
        self.pin = ""
        self.recording: Recording | None = None
        self.slots = Slots({"A": FIRST})
        self._qemu: subprocess.Popen[bytes] | None = None
        self._threads: list[threading.Thread] = []
        ends = Path(tempfile.mkdtemp(prefix="mapio-machine-"))  # a socket's name has to be short
        self._sockets = Sockets(ends / "console", ends / "board", ends / "control", port or _free_port())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._qemu is not None:
            self._qemu.kill()
            self._end(None)
        self.console.close()
        shutil.rmtree(self._sockets.console.parent)
        self.disk.unlink(missing_ok=True)
        (self.folder / "writes.log").unlink(missing_ok=True)

    # Power

    @property
    def on(self) -> bool:
        """Whether it has power, and has not switched itself off."""
        return self._qemu is not None and self._qemu.poll() is None

    def switch_on(self, *, clock: str = "utc", words: str = "", record: bool = False) -> int:
        """Give it power; returns a mark of the console.

        ``clock`` is its RTC's, ``words`` are added to the kernel's arguments, and ``record`` makes its ``recording``.
        """
        overlay, log = self.folder / "overlay.qcow2", self.folder / "writes.log"
        log.write_bytes(b"")
        self.insert_disk()
        if record:
            self.recording = Recording(self.folder, self.disk, log, self.moment)
        make_overlay(self.disk, overlay)
        device_tree = self.delivered.device_tree
        if words:
            device_tree = with_words(device_tree, self.folder / "machine.dtb", words)
        self.board.power(on=True)
        here = self.console.here
        with contextlib.ExitStack() as stack:
            listeners = []
            for path in (self._sockets.console, self._sockets.board):
                path.unlink(missing_ok=True)
                listener = stack.enter_context(socket.socket(socket.AF_UNIX))
                listener.bind(str(path))
                listener.listen()
                listeners.append(listener)
            made, ends = self.delivered, self._sockets
            starts = command(made.u_boot, made.flash, device_tree, self.folder, ends, clock=clock)
            said = stack.enter_context((self.folder / "qemu.log").open("ab"))
            self._qemu = subprocess.Popen(starts, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
            for listener, serve in zip(listeners, (self.console.listen, self.board.serve), strict=True):
                listener.settimeout(60)
                peer, _ = listener.accept()
                thread = threading.Thread(target=_serve, args=(serve, peer), daemon=True)
                thread.start()
                self._threads.append(thread)
            if record and self.recording is not None:
                self.recording.start()
        return here

    def insert_disk(self) -> None:
        """Give it the disk as it is delivered, unless it has one."""
        if not self.disk.exists():
            copy(self.delivered.disk, self.disk)

    def boot(self, *, clock: str = "utc", words: str = "", record: bool = False) -> None:
        """Give it power, and wait until it is ready; see ``switch_on``."""
        self.comes_up(self.switch_on(clock=clock, words=words, record=record))

    def comes_up(self, since: int) -> None:
        """Wait until it is ready after a start, and log in."""
        began = time.monotonic()
        self.console.log_in(since, BOOT_S)
        self.boots.append(time.monotonic() - began)
        self.console.sh("mapio-display wait-ready --timeout 600", BOOT_S)
        self.console.sh("systemctl is-system-running --wait || true", BOOT_S)
        self.pin = self.console.sh("cat /usr/local/mapio-display/pin")

    def cut(self, seed: str) -> Lost:
        """Take the power away; of what was not flushed ``seed`` decides what is left."""
        assert self._qemu is not None
        self._qemu.kill()
        self._end(Random(seed))
        return self.cuts[-1]

    def switch_off(self) -> None:
        """Take the power away after all has been written."""
        assert self._qemu is not None
        self.console.sh("sync")
        self._qemu.kill()
        self._end(None)

    def goes_off(self, within_s: float = BOOT_S) -> None:
        """Wait until it has switched itself off."""
        assert self._qemu is not None
        try:
            self._qemu.wait(within_s)
        except subprocess.TimeoutExpired:
            raise Late(f"The machine did not go off in {within_s:.0f} s") from None
        self._end(None)

    def _end(self, cut: Random | None) -> None:
        assert self._qemu is not None
        self._qemu.wait()
        self._qemu = None
        self.board.power(on=False)
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        log = self.folder / "writes.log"
        lost = bring(log, self.disk, cut)
        if self.recording is not None and not self.recording.ended:
            self.recording.end()
        if cut is not None:
            self.cuts.append(lost)
        (self.folder / "overlay.qcow2").unlink()

    # What is on its disk

    def moment(self) -> Moment:
        """This moment, of a gateway that is on."""
        written = (self.folder / "writes.log").stat().st_size
        return Moment(time.monotonic(), written, self.console.here, self.board.without_power())

    def facts(self) -> Facts:
        """What lies on the disk: as it is while the gateway is off, or with all that was written until now."""
        slots = self.slots.after(self.console.said(0))
        if not self.on:
            return disk.read(self.disk, self.delivered.rootfs, slots)
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            now = Path(folder) / "disk.raw"
            copy(self.disk, now)
            bring(self.folder / "writes.log", now, None)
            return disk.read(now, self.delivered.rootfs, slots)

    def writes(self, slot: str, version: str) -> None:
        """From now on this version is written into a slot."""
        self.slots.write(self.console.here, slot, version)

    def put(self, file: str, content: str) -> None:
        """Write a file of a gateway that is on, with its folder."""
        self.console.sh(f"mkdir -p {Path(file).parent}; rm -f {file}")
        words = base64.b64encode(content.encode()).decode()
        for at in range(0, len(words), LINE):
            self.console.sh(f"echo {words[at : at + LINE]} | base64 -d >>{file}")

    # What a person does

    def line(self, name: str, level: int) -> None:
        """Pull a line to a level."""
        self.board.set_line(name, level)

    def press(self, button: str, seconds: float = 0.3) -> None:
        """Hold a button that long, by the gateway's own time: on a loaded host it may stand still for a second."""
        for level in (0, 1):
            self.line(button, level)
            self.console.sh(f"sleep {seconds}")

    def led(self, name: str) -> str:
        """How an LED is: ``off``, ``on`` or ``blinking``."""
        if self.board.blinks(name, 4) >= 3:
            return "blinking"
        return "on" if self.board.lit(name) else "off"

    # What a browser does

    def http(self, method: str, path: str, body: bytes | IO[bytes] = b"", **headers: str) -> tuple[int, bytes]:
        """Send a request with the PIN; gives the status and the body, or 0 without an answer."""
        credentials = base64.b64encode(f"mapio:{self.pin}".encode()).decode()
        sent = {"Host": ADDRESS, "Authorization": f"Basic {credentials}"}
        sent |= {key.replace("_", "-"): text for key, text in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self._sockets.port, timeout=ANSWER_S)
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused before all was sent
                connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def status(self) -> Status | None:
        """The status; None without an answer."""
        code, body = self.http("GET", "/api/status")
        status: Status = json.loads(body) if code == 200 else {}
        return status or None

    def shows(self, status: Status) -> bool:
        """Whether the glass shows the view that the status names, pixel by pixel."""
        snapshot = replace(from_json(status), pin=self.pin, views=ViewsConfig().order, buttons=True)
        return render(status["panel"]["view"], snapshot, words=ENGLISH).bits == self.board.glass().tobytes()

    def wait(self, what: str, holds: Callable[[Status], object], within_s: float = BOOT_S) -> Status:
        """Wait until something holds of the status; raises ``Late``."""
        ends_at = time.monotonic() + within_s
        status = None
        while time.monotonic() < ends_at:
            status = self.status()
            if status is not None and holds(status):
                return status
            time.sleep(LOOK_S)
        raise Late(f"In {within_s:.0f} s this did not come about: {what}. The status is {json.dumps(status)[:3000]}")

    def upload(self, bundle: Path) -> tuple[int, bytes]:
        """Send a bundle as the page's form does; it goes into the slot that does not run."""
        boundary = secrets.token_hex(16)
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="bundle"; filename="{bundle.name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        tail = f"\r\n--{boundary}--\r\n".encode()
        form = self.folder / "form"
        with form.open("wb") as file, bundle.open("rb") as content:
            file.write(head)
            shutil.copyfileobj(content, file)
            file.write(tail)
        length = str(form.stat().st_size)
        with form.open("rb") as file:
            kind = f"multipart/form-data; boundary={boundary}"
            return self.http("POST", "/update", file, Content_Type=kind, Content_Length=length)


def _serve(serve: Callable[[socket.socket], None], peer: socket.socket) -> None:
    with peer:
        serve(peer)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
