"""The virtual gateway as a whole: it boots by the board's rule, and plays systemd.

A reboot really restarts everything: the daemon and RAUC end, memory (``run/``) is emptied, the boot script chooses a
slot, and both start again in the system that the slot holds. Only the panel's glass lives on.
"""

import asyncio
import json
import shutil
import sys
import uuid
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, Protocol

from mapio_display.durable import write_durably
from mapio_display.errors import MapioDisplayError
from mapio_display.virtual.bundles import Bundles
from mapio_display.virtual.bus import CallRefused, PrivateBus, call_once
from mapio_display.virtual.chip import VirtualPanel
from mapio_display.virtual.configuration import configuration
from mapio_display.virtual.folder import Folder
from mapio_display.virtual.logind import VirtualLogind
from mapio_display.virtual.network import HOTSPOT_FILE, STATION, STATION_FILE, UNITS, VirtualNetwork
from mapio_display.virtual.rauc_service import RaucSetup, detach_loops, real_rauc_runs
from mapio_display.virtual.releases import NEWEST, ReleaseServer
from mapio_display.virtual.services import AT_FIRST, VirtualServices
from mapio_display.virtual.slots import Slots
from mapio_display.virtual.systemd import VirtualSystemd
from mapio_display.virtual.tools import SEARCH, check_tools, end, spawn
from mapio_display.virtual.uboot import UbootEnvironment, choose
from mapio_display.virtual.wpa import VirtualWpa
from mapio_display.words.catalogue import ENGLISH, Words

TOOLS = ("dbus-daemon", "dd", "debugfs", "fw_printenv", "fw_setenv", "mkfs.ext4", "openssl")
RAUC = ("de.pengutronix.rauc", "/", "de.pengutronix.rauc.Installer")
RESTART_S = 1.0
STOP_S = 5.0
PIN_LOOK_S = 0.5


class Wish(IntEnum):
    """How a boot is to end. Of several wishes the highest counts."""

    STAY = 0
    REBOOT = 1
    CUT = 2
    OFF = 3


class Disks(Protocol):
    """What ``data`` and ``boot`` of the folder and the slots lie on."""

    async def down(self) -> None:
        """Do what becomes of them between two boots; nothing runs that uses them."""


class NothingBoots(MapioDisplayError):
    """No slot holds a system that could be booted."""


class VirtualGateway:
    """One gateway in ``folder``, its web server on ``port`` of 127.0.0.1; ``say`` receives what it does.

    ``real`` chooses between the real RAUC and the scripted one; by default it is the real one wherever that runs. The
    panel is ``panel_haste`` times as fast as a real one. U-Boot's environment is kept in ``environments`` copies; on
    the board it is one. ``disks`` are notified of each restart. A service that died is restarted after ``restart_s``.
    Without ``cable`` there is no network at the first boot. It looks for the newer version, which a server on loopback
    announces, ``daily`` or when it is asked; or at ``releases``.
    """

    def __init__(
        self,
        folder: Folder,
        port: int,
        say: Callable[[str], None],
        words: Words = ENGLISH,
        *,
        real: bool | None = None,
        panel_haste: float = 1.0,
        environments: int = 1,
        disks: Disks | None = None,
        restart_s: float = RESTART_S,
        cable: bool = True,
        daily: bool = False,
        releases: str = "",
    ) -> None:
        self._folder = folder
        self._daily = daily
        self._looks_at = releases
        self._port = port
        self._say = say
        self._words = words
        self._real = real_rauc_runs() if real is None else real
        self._bus = PrivateBus(folder.plain)
        self._uboot = UbootEnvironment(folder.plain, folder.boot, copies=environments)
        self._slots = Slots(folder.path)
        self._bundles = Bundles(folder.bundles, real=self._real)
        self._releases = ReleaseServer(self._bundles.paths[NEWEST])
        self._rauc = RaucSetup(folder.path, folder.boot, self._slots, self._bundles, real=self._real)
        self._panel = VirtualPanel(folder.chip, folder.glass, haste=panel_haste)
        down = {"reboot": lambda: self._go_down(Wish.REBOOT), "poweroff": lambda: self._go_down(Wish.OFF)}
        self._logind = VirtualLogind(self._bus.address, down)
        self._cable = cable
        self._network = VirtualNetwork(folder.network, folder.interfaces, say, words)
        self._wpa = VirtualWpa(folder.wpa / "wlan0", folder.station, self._network.associated)
        self._systemd = VirtualSystemd(
            self._bus.address, UNITS, self._switched, templates={"mapio-display-repair": self._repair}
        )
        self._services = VirtualServices(folder.services, self._systemd, say, words)
        self._disks = disks
        self._restart_s = restart_s
        self._running: dict[str, int] = {}
        self._wish = Wish.STAY
        self._asked = asyncio.Event()
        self.ready = asyncio.Event()

    @property
    def url(self) -> str:
        """The web server's address."""
        return f"http://127.0.0.1:{self._port}/"

    @property
    def pin(self) -> str | None:
        """The PIN as the daemon keeps it; None while there is none."""
        try:
            return (self._folder.data / "pin").read_text().strip()
        except FileNotFoundError:
            return None

    @property
    def pids(self) -> dict[str, int]:
        """The processes that run now, ``daemon`` and ``rauc``, each the leader of its group."""
        return dict(self._running)

    def create(self) -> None:
        """Make a gateway as it is delivered; only the bundles are kept from the start before."""
        check_tools((*TOOLS, "rauc", "mksquashfs", "unshare") if self._real else TOOLS, words=self._words)
        if not self._real:
            self._say(self._words.text("demo.scripted-rauc"))
        self._say(self._words.text("demo.making"))
        folder = self._folder
        self._bundles.create()
        self._slots.create(self._bundles.first_rootfs)
        self._uboot.create()
        detach_loops(folder.path)  # of a demo that was killed
        self._rauc.create()
        shutil.rmtree(folder.data, ignore_errors=True)
        shutil.rmtree(folder.authorized_keys.parent, ignore_errors=True)
        folder.data.mkdir()
        folder.make_leds()
        folder.make_power()
        folder.make_network(cable=self._cable)
        folder.services.write_text(AT_FIRST)
        folder.hotspot.write_text(HOTSPOT_FILE)
        folder.station.write_text(STATION_FILE.format(sockets=folder.wpa))
        for stale in (folder.trace, folder.description, *map(folder.log, ("bus", "daemon", "rauc", "wait-ready"))):
            stale.unlink(missing_ok=True)
        text = configuration(folder, self._port, self._looks_at or self._releases.url, daily=self._daily)
        folder.config.write_text(text)

    def reboot(self) -> None:
        """Go down in order, and boot again."""
        self._logind.ask("reboot")

    def cut_power(self) -> None:
        """Take the power away from one moment to the next, and give it back."""
        self._go_down(Wish.CUT)

    def power_off(self) -> None:
        """Go down in order; ``run`` returns then."""
        self._logind.ask("poweroff")

    def _switched(self, unit: str, runs: bool) -> None:
        """Do what a unit does when it starts or stops."""
        self._network.switched(unit, runs)
        if unit == STATION:
            self._wpa.start() if runs else self._wpa.stop()

    def _go_down(self, wish: Wish) -> None:
        self._wish = max(self._wish, wish)
        self._asked.set()

    async def run(self) -> None:
        """Run the gateway, one boot after another, until it is switched off. Raises ``NothingBoots``."""
        try:
            await self._bus.start()
            await self._logind.start()
            await self._systemd.start()
            self._panel.listen()
            async with asyncio.TaskGroup() as group:
                parts = (
                    self._panel.run(),
                    self._logind.run(),
                    self._systemd.run(),
                    self._watch_pin(),
                    self._releases.run(),
                )
                watching = [group.create_task(part) for part in parts]
                while self._wish is not Wish.OFF:
                    await self._one_boot()
                for task in watching:
                    task.cancel()
        finally:
            self._logind.stop()
            self._wpa.kill()
            self._systemd.stop()
            await self._bus.stop()

    async def _one_boot(self) -> None:
        """Boot, run until asked to go down, and go down."""
        self._logind.booted()
        self._systemd.booted()
        self._services.boot()
        self._panel.chip.power_on()
        self._wpa.kill()
        booted = await asyncio.to_thread(self._boot)
        if self._systemd.units[STATION] == "active":
            self._wpa.start()
        environment = {"DBUS_SYSTEM_BUS_ADDRESS": self._bus.address, "PATH": f"{self._uboot.bin}:{SEARCH}"}
        daemon_command = [sys.executable, "-m", "mapio_display", "run", "--config", str(self._folder.config)]
        async with asyncio.TaskGroup() as group:
            network = group.create_task(self._network.run())
            services = group.create_task(self._services.run())
            rauc = group.create_task(self._keep("rauc", self._rauc.command(booted), environment))
            daemon = group.create_task(self._keep("daemon", daemon_command, environment))
            good = group.create_task(self._mark_good())
            await self._asked.wait()
            self._say(self._words.text(f"demo-end.{self._wish.name.lower()}"))
            for task in (good, daemon, rauc, network, services):  # the daemon's last frame comes while RAUC is there
                task.cancel()
                await asyncio.wait([task])
        if self._wish is Wish.CUT:
            self._panel.chip.power_off()
        if self._wish is Wish.OFF:
            return
        self._wish = Wish.STAY  # a request from here on asks for the next boot to end
        self._asked.clear()
        if self._disks is not None:
            await self._disks.down()

    def _boot(self) -> str:
        """Do what the boot loader and the kernel do, and give the slot whose system is up."""
        bootable = [slot for slot in self._slots.images if self._slots.boots(slot)]
        if not bootable:
            raise NothingBoots(self._words.text("demo.nothing-boots"))
        while True:
            choice = choose(self._uboot.read())
            self._uboot.write(choice.changes)
            if choice.slot in bootable:
                break
            self._say(self._words.text("demo.panics", slot=choice.slot))
        self._folder.boot_id.write_text(f"{uuid.uuid4()}\n")
        self._folder.os_release.write_text(self._slots.os_release(choice.slot))
        shutil.rmtree(self._folder.run, ignore_errors=True)
        self._folder.run.mkdir()
        self._network.boot(choice.slot, self._systemd.units)
        self._say(self._words.text("demo.boots", slot=choice.slot))
        return choice.slot

    async def _keep(self, name: str, command: Sequence[str], environment: dict[str, str]) -> None:
        """Run a service; one that dies is started again."""
        log = self._folder.log(name)
        while True:
            process = await spawn(command, log, environment)
            self._running[name] = process.pid
            self._describe()
            try:
                status = await process.wait()
            finally:
                del self._running[name]
                await end(process, 0 if self._wish is Wish.CUT else STOP_S)
                if name == "rauc":
                    detach_loops(self._folder.path)
            self._say(self._words.text("demo.ended", name=name, status=status, log=str(log)))
            await asyncio.sleep(self._restart_s)

    async def _repair(self, slot: str) -> int:
        """What mapio-display-repair@.service does."""
        environment = {"DBUS_SYSTEM_BUS_ADDRESS": self._bus.address}
        command = [sys.executable, "-m", "mapio_display", "repair-slot", slot]
        process = await spawn(command, self._folder.log("repair"), environment)
        try:
            return await process.wait()
        finally:
            await end(process, 0)

    async def _mark_good(self) -> None:
        """What rauc-mark-good.service does, once the daemon is ready."""
        command = [sys.executable, "-m", "mapio_display", "wait-ready", "--socket", str(self._folder.socket)]
        process = await spawn(command, self._folder.log("wait-ready"))
        try:
            status = await process.wait()
        finally:
            await end(process, 0)
        if status:
            self._say(self._words.text("demo.not-ready"))
            return
        await self._mark_booted_good()
        self.ready.set()
        self._describe()

    async def _mark_booted_good(self) -> None:
        while True:
            try:
                await call_once(self._bus.address, RAUC, "Mark", "ss", "good", "booted")
            except CallRefused as refusal:  # busy, or just being started again
                self._say(self._words.text("demo.not-good", reason=str(refusal)))
                await asyncio.sleep(self._restart_s)
            else:
                return

    async def _watch_pin(self) -> None:
        known: str | None = None
        while True:
            await asyncio.sleep(PIN_LOOK_S)
            if self.pin not in (None, known):
                known = self.pin
                self._describe()

    def _describe(self) -> None:
        """Write ``gateway.json``: not before all has been up once, and never with a process that has ended."""
        if not self.ready.is_set() or len(self._running) < 2 or self.pin is None:
            return
        folder = self._folder
        described: dict[str, Any] = {
            "url": self.url,
            "pin": self.pin,
            "bus": self._bus.address,
            "socket": str(folder.socket),
            "glass": str(folder.glass),
            "trace": str(folder.trace),
            "slots": {name: str(image) for name, image in self._slots.images.items()},
            "uboot_env_config": str(self._uboot.config),
            "data_dir": str(folder.data),
            "bundles": {name: str(path) for name, path in self._bundles.paths.items()},
            "pids": self._running,
        }
        write_durably(folder.description, json.dumps(described, indent=2).encode() + b"\n")
