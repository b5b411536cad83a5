"""The virtual gateway as a whole: it boots by the board's rule, and plays systemd.

A reboot really restarts everything: the daemon and RAUC end, memory (``run/``) is emptied, the boot script chooses a
slot, and both start again in the system that the slot holds. Only the panel's chip lives on, as the glass does.
"""

import asyncio
import json
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mapio_display.durable import write_durably
from mapio_display.virtual.bundles import Bundles
from mapio_display.virtual.bus import CallRefused, PrivateBus, call_once
from mapio_display.virtual.chip import VirtualPanel
from mapio_display.virtual.logind import virtual_logind
from mapio_display.virtual.rauc_service import RaucSetup, real_rauc_runs
from mapio_display.virtual.slots import Slots
from mapio_display.virtual.tools import end, spawn
from mapio_display.virtual.uboot import UbootEnvironment, choose

RESTART_S = 1.0
STOP_S = 5.0
PIN_LOOK_S = 0.5
LONGEST_DIRECTORY = 80  # a Unix socket's path has room for 107 bytes

CONFIGURATION = """# The virtual gateway's; written anew at every start.
board = "simulated"

[paths]
data_dir = "{data}"
runtime_dir = "{run}"
os_release = "{os_release}"
boot_id = "{boot_id}"

[panel]
spi = "{chip}"
trace = "{trace}"

[web]
host = "127.0.0.1"
port = {port}
"""


class VirtualGateway:
    """One gateway in ``directory``, its web server on ``port`` of 127.0.0.1; ``say`` hears what it does."""

    def __init__(self, directory: Path, port: int, say: Callable[[str], None]) -> None:
        self._directory = directory.absolute()
        self._port = port
        self._say = say
        self._real = real_rauc_runs()
        self._data = self._directory / "data"
        self._os_release = self._directory / "os-release"
        self._boot_id = self._directory / "boot_id"
        self._trace = self._directory / "trace.jsonl"
        self._glass = self._directory / "glass.png"
        self._config = self._directory / "config.toml"
        # Where the folder's name is too long for sockets, they are kept elsewhere.
        self._own_sockets = len(str(self._directory)) > LONGEST_DIRECTORY
        self._sockets = Path(tempfile.mkdtemp(prefix="mapio-")) if self._own_sockets else self._directory
        self._run = self._sockets / "run"
        self._bus = PrivateBus(self._sockets)
        self._uboot = UbootEnvironment(self._directory)
        self._slots = Slots(self._directory)
        self._bundles = Bundles(self._directory / "bundles", real=self._real)
        self._rauc = RaucSetup(self._directory, self._slots, self._bundles, real=self._real)
        self._pids: dict[str, int] = {}
        self._asked: asyncio.Queue[bool] = asyncio.Queue()  # to go down, and whether to come up again
        self._up = False
        self.ready = asyncio.Event()

    @property
    def url(self) -> str:
        """The web server's address."""
        return f"http://127.0.0.1:{self._port}/"

    @property
    def pin(self) -> str:
        """The PIN, as the daemon keeps it."""
        return (self._data / "pin").read_text().strip()

    def create(self) -> None:
        """Make a gateway as it is delivered; the bundles are kept from the start before."""
        self._directory.mkdir(parents=True, exist_ok=True)
        if not self._real:
            self._say("The real RAUC takes root and Debian's package rauc; a scripted one takes its place.")
        self._say("Bundles, slots and U-Boot's environment …")
        self._bundles.create()
        self._slots.create(self._bundles.first_rootfs)
        self._uboot.create()
        self._rauc.create()
        shutil.rmtree(self._data, ignore_errors=True)
        for stale in (self._trace, self._directory / "gateway.json", *self._directory.glob("*.log")):
            stale.unlink(missing_ok=True)
        self._data.mkdir()
        self._config.write_text(
            CONFIGURATION.format(
                data=self._data,
                run=self._run,
                os_release=self._os_release,
                boot_id=self._boot_id,
                chip=self._sockets / "chip.sock",
                trace=self._trace,
                port=self._port,
            )
        )

    def reboot(self) -> None:
        """Go down in order, and boot again."""
        self._asked.put_nowait(True)

    def power_off(self) -> None:
        """Go down in order; ``run`` returns then."""
        self._asked.put_nowait(False)

    async def run(self) -> None:
        """Run the gateway, one boot after another, until it is switched off."""
        panel = VirtualPanel(self._sockets / "chip.sock", self._glass)
        panel.listen()
        try:
            await self._bus.start()
            logind = virtual_logind(self._bus.address, self.reboot)
            await logind.start()
            async with asyncio.TaskGroup() as group:
                watching = [group.create_task(panel.run()), group.create_task(self._watch_pin())]
                while await self._one_boot():
                    self._say("Rebooting")
                for task in watching:
                    task.cancel()
            logind.stop()
        finally:
            await self._bus.stop()
            if self._own_sockets:
                shutil.rmtree(self._sockets, ignore_errors=True)

    async def _one_boot(self) -> bool:
        """Boot, run until asked to go down, and go down; say whether to boot again."""
        booted = self._boot()
        environment = {
            "DBUS_SYSTEM_BUS_ADDRESS": self._bus.address,
            "PATH": f"{self._uboot.bin}:{os.environ.get('PATH', '')}:/usr/sbin:/sbin",
        }
        daemon_command = [sys.executable, "-m", "mapio_display", "run", "--config", str(self._config)]
        async with asyncio.TaskGroup() as group:
            rauc = group.create_task(self._keep("rauc", self._rauc.command(booted), environment))
            daemon = group.create_task(self._keep("daemon", daemon_command, environment))
            good = group.create_task(self._mark_good())
            again = await self._asked.get()
            while not self._asked.empty():
                again = again and self._asked.get_nowait()
            for task in (good, daemon, rauc):  # the daemon says its last on the panel while RAUC is still there
                task.cancel()
                await asyncio.wait([task])
        return again

    def _boot(self) -> str:
        """Do what the boot loader and the kernel do, and give the slot whose system is up."""
        while True:
            choice = choose(self._uboot.read())
            self._uboot.write(choice.changes)
            if self._slots.boots(choice.slot):
                break
            self._say(f"Slot {choice.slot} has no /sbin/init: the kernel panics, and the board resets")
        self._boot_id.write_text(f"{uuid.uuid4()}\n")
        self._os_release.write_text(self._slots.os_release(choice.slot))
        shutil.rmtree(self._run, ignore_errors=True)
        self._run.mkdir()
        self._say(f"Slot {choice.slot} boots")
        return choice.slot

    async def _keep(self, name: str, command: Sequence[str], environment: dict[str, str]) -> None:
        """Run a service; one that dies is started again after a second."""
        while True:
            process = await spawn(command, self._directory / f"{name}.log", environment)
            self._pids[name] = process.pid
            self._describe()
            try:
                status = await process.wait()
            finally:
                await end(process, STOP_S)
            self._say(f"{name} ended with {status}; starting it again")
            await asyncio.sleep(RESTART_S)

    async def _mark_good(self) -> None:
        """What rauc-mark-good.service does, once the daemon is ready."""
        command = [sys.executable, "-m", "mapio_display", "wait-ready", "--socket", str(self._run / "api.sock")]
        process = await spawn(command, self._directory / "wait-ready.log")
        try:
            status = await process.wait()
        finally:
            await end(process, 0)
        if status:
            self._say("The daemon did not get ready; the slot is not marked good")
            return
        await self._mark_booted_good()
        self._up = True
        self._describe()
        self.ready.set()

    async def _mark_booted_good(self) -> None:
        rauc = ("de.pengutronix.rauc", "/", "de.pengutronix.rauc.Installer")
        while True:
            try:
                await call_once(self._bus.address, rauc, "Mark", "ss", "good", "booted")
            except CallRefused as refusal:  # busy, or just being started again
                self._say(f"RAUC does not mark the slot good yet: {refusal}")
                await asyncio.sleep(RESTART_S)
            else:
                return

    async def _watch_pin(self) -> None:
        known: str | None = None
        while True:
            await asyncio.sleep(PIN_LOOK_S)
            if self._up and self.pin != known:
                known = self.pin
                self._describe()

    def _describe(self) -> None:
        """Write ``gateway.json``, once all has been up."""
        if not self._up:
            return
        described: dict[str, Any] = {
            "url": self.url,
            "pin": self.pin,
            "bus": self._bus.address,
            "socket": str(self._run / "api.sock"),
            "glass": str(self._glass),
            "trace": str(self._trace),
            "slots": {name: str(image) for name, image in self._slots.images.items()},
            "uboot_env_config": str(self._uboot.config),
            "data_dir": str(self._data),
            "bundles": {name: str(path) for name, path in self._bundles.paths.items()},
            "pids": self._pids,
        }
        write_durably(self._directory / "gateway.json", json.dumps(described, indent=2).encode() + b"\n")
