"""A scripted RAUC for machines where the real one cannot run: same interface, same order of signals, same texts.

It speaks as RAUC 1.8 does, down to its traps: everything is refused while it installs, and a refused second
``InstallBundle`` announces "idle" in mid-install. One test body holds for both.
"""

import asyncio
import contextlib
import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dbus_next.signature import Variant

from mapio_display.virtual.bus import CallRefused, Service
from mapio_display.virtual.scripted_bundle import BadBundle, Manifest, ScriptedBundle, opened
from mapio_display.virtual.scripted_system import System

NAME = "de.pengutronix.rauc"
INTERFACE = "de.pengutronix.rauc.Installer"
PROPERTIES = "org.freedesktop.DBus.Properties"
ERROR = "org.gtk.GDBus.UnmappedGError.Quark._g_2dio_2derror_2dquark.Code30"
BUSY = "already processing a different method"
SIGNATURES = {"installed.count": "u", "activated.count": "u", "size": "t"}
PIECE_S = 0.01  # a piece of a MiB, as on a quick eMMC: long enough to be watched


class ScriptedRauc:
    """Serves one system on the bus at ``address``."""

    def __init__(self, system: System, address: str) -> None:
        self._system = system
        self._properties = {
            "Operation": Variant("s", "idle"),
            "LastError": Variant("s", ""),
            "Progress": Variant("(isi)", [0, "", 0]),
            "Compatible": Variant("s", system.compatible),
            "Variant": Variant("s", ""),
            "BootSlot": Variant("s", system.bootname),
        }
        self._busy = False
        self._percent = self._depth = 0
        self._bundles: asyncio.Queue[Path] = asyncio.Queue()
        self._service = Service(address, NAME, "/")
        self._service.offer(
            INTERFACE,
            {
                "InstallBundle": self._install_bundle,
                "Info": self._info,
                "Mark": self._mark,
                "GetSlotStatus": self._slot_status,
                "GetPrimary": self._primary,
            },
        )
        self._service.offer(
            PROPERTIES,
            {
                "Get": lambda _interface, name: ("v", [self._properties[name]]),
                "GetAll": lambda _interface: ("a{sv}", [self._properties]),
            },
        )

    async def run(self) -> None:
        """Serve, endlessly."""
        await self._service.start()
        while True:
            await self._install(await self._bundles.get())

    # Methods

    def _install_bundle(self, path: str, options: dict[str, Any]) -> tuple[str, list[Any]]:
        if self._busy:
            self._set("Operation", Variant("s", "idle"))
            raise CallRefused(ERROR, BUSY.capitalize())
        for key in options:
            raise CallRefused(ERROR, f"Unsupported key: {key}")
        self._busy = True
        self._bundles.put_nowait(Path(path))
        return "", []

    def _info(self, path: str) -> tuple[str, list[Any]]:
        if self._busy:
            raise CallRefused(ERROR, "rauc info error")
        self._percent = self._depth = 0
        try:
            with self._checked(Path(path), share=100) as bundle:
                manifest = bundle.manifest
            for step in (
                "Bundle payload verification not needed",
                "Uncompressing squashfs",
                "Checking manifest contents",
            ):
                self._percent = 0
                with self._step(step, 100):
                    pass
        except BadBundle as error:
            raise CallRefused(ERROR, "rauc info error") from error
        return "ss", [manifest.compatible, manifest.version]

    def _mark(self, state: str, which: str) -> tuple[str, list[Any]]:
        self._refuse_if_busy()
        marks: dict[str, tuple[Callable[..., None], str]] = {
            "good": (self._system.mark_good, "marked slot {} as good"),
            "bad": (self._system.mark_bad, "marked slot {} as bad"),
            "active": (self._system.activate, "activated slot {}"),
        }
        if state not in marks:
            raise CallRefused(ERROR, f"unknown subcommand {state}")
        slots = {"booted": self._system.booted, "other": self._system.other}
        if which not in slots:
            raise CallRefused(ERROR, f"No slot with class {which} found")
        mark, text = marks[state]
        mark(slots[which])
        return "ss", [slots[which].name, text.format(slots[which].name)]

    def _slot_status(self) -> tuple[str, list[Any]]:
        self._refuse_if_busy()
        rows = [
            [slot.name, {key: Variant(SIGNATURES.get(key, "s"), value) for key, value in status.items()}]
            for slot, status in self._system.status()
        ]
        return "a(sa{sv})", [rows]

    def _primary(self) -> tuple[str, list[Any]]:
        self._refuse_if_busy()
        primary = self._system.primary()
        if primary is None:
            raise CallRefused(ERROR, "Failed getting primary slot: uboot backend: Unable to find primary boot slot\n")
        return "s", [primary.name]

    def _refuse_if_busy(self) -> None:
        if self._busy:
            raise CallRefused(ERROR, BUSY)

    # The install

    async def _install(self, path: Path) -> None:
        self._set("Operation", Variant("s", "installing"))
        self._set("LastError", Variant("s", ""))
        self._percent = self._depth = 0
        result = 0
        try:
            with self._step("Installing", 100):
                with self._step("Determining slot states", 20):
                    target = self._system.other
                with self._checked(path, share=20) as bundle:
                    with self._step("Checking manifest contents", 20):
                        manifest = bundle.manifest
                    with self._step("Determining target install group", 20):
                        pass
                    self._check_compatible(manifest)
                    with self._step("Updating slots", 19):
                        with self._step(f"Checking slot {target.name}", 10):
                            self._system.mark_bad(target)
                        with self._step(f"Copying image to {target.name}", 9):
                            await self._write(bundle)
        except BadBundle as error:
            self._set("LastError", Variant("s", str(error)))
            result = 1
        self._busy = False
        self._service.signal(INTERFACE, "Completed", "i", result)
        self._set("Operation", Variant("s", "idle"))

    async def _write(self, bundle: ScriptedBundle) -> None:
        target = self._system.other
        digest, size = hashlib.sha256(), 0
        with target.device.open("r+b") as device:
            for piece in bundle.rootfs():
                device.write(piece)
                digest.update(piece)
                size += len(piece)
                await asyncio.sleep(PIECE_S)  # calls are refused meanwhile, not left waiting
            device.flush()
            os.fsync(device.fileno())
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        manifest = bundle.manifest
        about = {"bundle.compatible": manifest.compatible, "bundle.version": manifest.version, "status": "ok"}
        self._system.count(target, "installed", now, sha256=digest.hexdigest(), size=size, **about)
        self._system.activate(target)
        self._system.count(target, "activated", now)

    @contextlib.contextmanager
    def _checked(self, path: Path, share: int) -> Iterator[ScriptedBundle]:
        """Open a bundle and verify it, telling of both. Raises ``BadBundle``."""
        with contextlib.ExitStack() as kept:
            with self._step("Checking bundle", share):
                bundle = kept.enter_context(opened(path))
                with self._step("Verifying signature", share):
                    bundle.verify()
            yield bundle

    def _check_compatible(self, manifest: Manifest) -> None:
        expected, has = self._system.compatible, manifest.compatible
        if has != expected:
            raise BadBundle(
                f"Installation error: Compatible mismatch: Expected '{expected}' but bundle manifest has '{has}'"
            )

    # Properties

    @contextlib.contextmanager
    def _step(self, text: str, share: int) -> Iterator[None]:
        """Report when a step begins and how it ended. ``share`` is what it adds to the percent, with its own steps."""
        begin = self._percent
        self._depth += 1
        self._tell(text)
        end = "failed"
        try:
            yield
            end = "done"
        finally:
            self._percent = begin + share
            self._tell(f"{text} {end}.")
            self._depth -= 1

    def _tell(self, text: str) -> None:
        self._set("Progress", Variant("(isi)", [self._percent, text, self._depth]))

    def _set(self, name: str, value: Variant) -> None:
        if self._properties[name] != value:  # GDBus announces changes only
            self._properties[name] = value
            self._service.signal(PROPERTIES, "PropertiesChanged", "sa{sv}as", INTERFACE, {name: value}, [])


if __name__ == "__main__":
    served = System(Path(sys.argv[1]), sys.argv[2])
    asyncio.run(ScriptedRauc(served, os.environ["DBUS_SYSTEM_BUS_ADDRESS"]).run())
