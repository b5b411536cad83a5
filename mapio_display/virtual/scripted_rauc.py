"""A scripted RAUC for machines where the real one cannot run: same interface, same order of signals, same texts.

It speaks as RAUC 1.8 does, installs bundles of a format of its own (``bundles.write_scripted``) into the slots' images,
and keeps U-Boot's environment through fw_setenv, in the order RAUC does: target off, write, target on, target first.
"""

import asyncio
import configparser
import json
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dbus_next.signature import Variant

from mapio_display.virtual.bus import CallRefused, Service
from mapio_display.virtual.tools import run

NAME = "de.pengutronix.rauc"
INTERFACE = "de.pengutronix.rauc.Installer"
PROPERTIES = "org.freedesktop.DBus.Properties"
ERROR = "org.gtk.GDBus.UnmappedGError.Quark._g_2dio_2derror_2dquark.Code30"
PIECE = 1024 * 1024

# What 1.8 says on its way through an install, before and after it writes the slot.
BEFORE = (
    (0, "Installing"),
    (0, "Determining slot states"),
    (20, "Determining slot states done."),
    (20, "Checking bundle"),
    (20, "Verifying signature"),
)
ACCEPTED = (
    (40, "Verifying signature done."),
    (40, "Checking bundle done."),
    (40, "Checking manifest contents"),
    (60, "Checking manifest contents done."),
    (60, "Determining target install group"),
    (80, "Determining target install group done."),
    (80, "Updating slots"),
    (80, "Checking slot rootfs.1"),
    (90, "Copying image to rootfs.1"),
)
AFTER = ((99, "Copying image to rootfs.1 done."), (99, "Updating slots done."), (100, "Installing done."))


class BadBundle(Exception):
    """The bundle is refused; the text is RAUC's."""


class ScriptedRauc:
    """Serves one system, as ``system.conf`` describes it, booted from the slot with this boot name."""

    def __init__(self, conf: Path, booted: str, address: str) -> None:
        parser = configparser.ConfigParser()
        parser.read(conf)
        self._system = parser["system"]
        self._slots = {
            section.removeprefix("slot."): parser[section] for section in parser if section.startswith("slot.")
        }
        self._booted = booted
        self._status_file = Path(self._system["statusfile"])
        self._properties: dict[str, Variant] = {
            "Operation": Variant("s", "idle"),
            "LastError": Variant("s", ""),
            "Progress": Variant("(isi)", [0, "", 0]),
            "Compatible": Variant("s", self._system["compatible"]),
            "Variant": Variant("s", ""),
            "BootSlot": Variant("s", booted),
        }
        self._busy = False
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
        self._service.offer(PROPERTIES, {"Get": lambda _interface, name: ("v", [self._properties[name]])})

    async def run(self) -> None:
        """Serve for ever."""
        await self._service.start()
        while True:
            await self._install(await self._bundles.get())

    # Methods

    def _install_bundle(self, path: str, options: dict[str, Any]) -> tuple[str, list[Any]]:
        self._refuse_if_busy()
        for key in options:
            raise CallRefused(ERROR, f"Unsupported key: {key}")
        self._busy = True
        self._bundles.put_nowait(Path(path))
        return "", []

    def _info(self, path: str) -> tuple[str, list[Any]]:
        self._refuse_if_busy()
        try:
            head = self._verified(Path(path))
        except BadBundle as error:
            raise CallRefused(ERROR, "rauc info error") from error
        return "ss", [head["compatible"], head["version"]]

    def _mark(self, state: str, which: str) -> tuple[str, list[Any]]:
        self._refuse_if_busy()
        if (state, which) != ("good", "booted"):
            raise CallRefused(ERROR, f"the scripted RAUC only marks the booted slot good, not {which} {state}")
        self._setenv(f"BOOT_{self._booted}_LEFT", "3")
        name = self._name_of(self._booted)
        return "ss", [name, f"marked slot {name} as good"]

    def _slot_status(self) -> tuple[str, list[Any]]:
        self._refuse_if_busy()
        environment = self._environment()
        kept = self._kept()
        rows = []
        for name, slot in self._slots.items():
            bootname = slot["bootname"]
            left = environment.get(f"BOOT_{bootname}_LEFT", "0")
            row = {
                "class": Variant("s", "rootfs"),
                "device": Variant("s", slot["device"]),
                "type": Variant("s", slot["type"]),
                "bootname": Variant("s", bootname),
                "state": Variant("s", "booted" if bootname == self._booted else "inactive"),
                "boot-status": Variant("s", "bad" if left == "0" else "good"),
            }
            row |= {
                key: Variant("u" if key.endswith("count") else "s", value) for key, value in kept.get(name, {}).items()
            }
            rows.append([name, row])
        return "a(sa{sv})", [rows]

    def _primary(self) -> tuple[str, list[Any]]:
        self._refuse_if_busy()
        environment = self._environment()
        for bootname in environment.get("BOOT_ORDER", "").split():
            if environment.get(f"BOOT_{bootname}_LEFT", "0") != "0":
                return "s", [self._name_of(bootname)]
        raise CallRefused(ERROR, "Failed getting primary slot")

    def _refuse_if_busy(self) -> None:
        if self._busy:
            raise CallRefused(ERROR, "Already processing a different method")

    # The install

    async def _install(self, bundle: Path) -> None:
        self._set(Operation=Variant("s", "installing"), LastError=Variant("s", ""))
        result = 0
        try:
            for percent, text in BEFORE:
                self._progress(percent, text)
            head = self._verified(bundle)
            self._check_compatible(head["compatible"])
            for percent, text in ACCEPTED:
                self._progress(percent, text)
            await self._write(bundle, head)
            for percent, text in AFTER:
                self._progress(percent, text)
        except BadBundle as error:
            self._progress(100, "Installing failed.")
            self._set(LastError=Variant("s", str(error)))
            result = 1
        self._busy = False
        self._service.signal(INTERFACE, "Completed", "i", result)
        self._set(Operation=Variant("s", "idle"))

    async def _write(self, bundle: Path, head: dict[str, Any]) -> None:
        name, slot = next((name, slot) for name, slot in self._slots.items() if slot["bootname"] != self._booted)
        target = slot["bootname"]
        self._setenv("BOOT_ORDER", self._booted)
        self._setenv(f"BOOT_{target}_LEFT", "0")
        with bundle.open("rb") as source, Path(slot["device"]).open("r+b") as device:
            source.readline()
            while piece := source.read(PIECE):
                device.write(piece)
                await asyncio.sleep(0)  # calls are refused meanwhile, not left waiting
            device.flush()
            os.fsync(device.fileno())
        kept = self._kept()
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        status = kept.setdefault(name, {})
        status |= {"bundle.compatible": head["compatible"], "bundle.version": head["version"], "status": "ok"}
        status |= {"installed.timestamp": now, "installed.count": status.get("installed.count", 0) + 1}
        self._keep(kept)
        self._setenv(f"BOOT_{target}_LEFT", "3")
        self._setenv("BOOT_ORDER", f"{target} {self._booted}")
        status |= {"activated.timestamp": now, "activated.count": status.get("activated.count", 0) + 1}
        self._keep(kept)

    def _check_compatible(self, has: str) -> None:
        expected = self._system["compatible"]
        if has != expected:
            raise BadBundle(
                f"Installation error: Compatible mismatch: Expected '{expected}' but bundle manifest has '{has}'"
            )

    def _verified(self, bundle: Path) -> dict[str, Any]:
        size = bundle.stat().st_size
        if size == 0:
            raise BadBundle("Invalid bundle format: Failed to seek to end of bundle: Invalid argument")
        with bundle.open("rb") as file:
            line = file.readline(4096)
        try:
            head = json.loads(line)
            complete = size == len(line) + head["size"]
            signer = head["signed-by"]
        except (ValueError, KeyError, TypeError) as error:
            raise BadBundle("Invalid bundle format: Signature data is no valid CMS") from error
        if not complete:
            raise BadBundle(f"Invalid bundle format: Signature size ({head['size']}) exceeds bundle size")
        if signer != "maker":
            raise BadBundle("signature verification failed: Verify error: self-signed certificate")
        return dict(head)

    def _set(self, **changes: Variant) -> None:
        self._properties |= changes
        self._service.signal(PROPERTIES, "PropertiesChanged", "sa{sv}as", INTERFACE, changes, [])

    def _progress(self, percent: int, text: str) -> None:
        self._set(Progress=Variant("(isi)", [percent, text, 1]))

    # U-Boot's environment and the status file

    def _environment(self) -> dict[str, str]:
        lines = run("fw_printenv").splitlines()
        return {key: value for key, equals, value in (line.partition("=") for line in lines) if equals}

    @staticmethod
    def _setenv(key: str, value: str) -> None:
        run("fw_setenv", key, value)

    def _kept(self) -> dict[str, dict[str, Any]]:
        return json.loads(self._status_file.read_text()) if self._status_file.exists() else {}

    def _keep(self, kept: dict[str, dict[str, Any]]) -> None:
        beside = self._status_file.with_suffix(".new")
        beside.write_text(json.dumps(kept))
        shutil.move(beside, self._status_file)

    def _name_of(self, bootname: str) -> str:
        return next(name for name, slot in self._slots.items() if slot["bootname"] == bootname)


if __name__ == "__main__":
    asyncio.run(ScriptedRauc(Path(sys.argv[1]), sys.argv[2], os.environ["DBUS_SYSTEM_BUS_ADDRESS"]).run())
