"""What the scripted RAUC knows of its machine: ``system.conf``, U-Boot's variables, and what was installed where."""

import configparser
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mapio_display.durable import write_durably
from mapio_display.frozen import Frozen
from mapio_display.virtual.tools import run
from mapio_display.virtual.uboot import ATTEMPTS, parse


class RaucSlot(Frozen):
    """One ``[slot.…]`` of ``system.conf``."""

    name: str
    device: Path
    type: str
    bootname: str


class System:
    """The machine that ``system.conf`` describes, booted from the slot with the boot name ``booted``."""

    def __init__(self, conf: Path, booted: str) -> None:
        parser = configparser.ConfigParser(interpolation=None)
        parser.read(conf)
        self.compatible = parser["system"]["compatible"]
        self.bootname = booted
        self._status_file = Path(parser["system"]["statusfile"])
        self._slots = [
            RaucSlot(name.removeprefix("slot."), Path(slot["device"]), slot["type"], slot["bootname"])
            for name, slot in parser.items()
            if name.startswith("slot.")
        ]

    @property
    def booted(self) -> RaucSlot:
        """The slot that the system runs from."""
        return next(slot for slot in self._slots if slot.bootname == self.bootname)

    @property
    def other(self) -> RaucSlot:
        """The slot that an update goes to."""
        return next(slot for slot in self._slots if slot.bootname != self.bootname)

    # The boot loader, as RAUC's U-Boot back end keeps it: order of writes included

    def primary(self) -> RaucSlot | None:
        """The slot that the next boot tries first; None if there is none with attempts left."""
        variables = parse(run("fw_printenv"))
        good = [name for name in _order(variables) if _good(variables, name)]
        return next((slot for name in good for slot in self._slots if slot.bootname == name), None)

    def mark_good(self, slot: RaucSlot) -> None:
        """Give a slot all its attempts."""
        _set(f"BOOT_{slot.bootname}_LEFT", ATTEMPTS)

    def mark_bad(self, slot: RaucSlot) -> None:
        """Take a slot out of the boot order, and its attempts away."""
        order = [name for name in _order(parse(run("fw_printenv"))) if name != slot.bootname]
        _set("BOOT_ORDER", " ".join(order))
        _set(f"BOOT_{slot.bootname}_LEFT", "0")

    def activate(self, slot: RaucSlot) -> None:
        """Make a slot the next one to boot."""
        self.mark_good(slot)
        order = [name for name in _order(parse(run("fw_printenv"))) if name != slot.bootname]
        _set("BOOT_ORDER", " ".join([slot.bootname, *order]))

    # The slots' status

    def status(self) -> Iterable[tuple[RaucSlot, dict[str, Any]]]:
        """Every slot with what ``GetSlotStatus`` reports of it; a slot never installed to has only the first six."""
        variables = parse(run("fw_printenv"))
        kept = self._kept()
        for slot in self._slots:
            yield (
                slot,
                {
                    "class": slot.name.partition(".")[0],
                    "device": str(slot.device),
                    "type": slot.type,
                    "bootname": slot.bootname,
                    "state": "booted" if slot == self.booted else "inactive",
                    "boot-status": "good" if _good(variables, slot.bootname) else "bad",
                    **kept.get(slot.name, {}),
                },
            )

    def count(self, slot: RaucSlot, what: str, now: str, **more: Any) -> None:
        """Note in the status file that a slot was ``installed`` or ``activated`` once more."""
        kept = self._kept()
        status = kept.setdefault(slot.name, {})
        status |= {f"{what}.timestamp": now, f"{what}.count": status.get(f"{what}.count", 0) + 1, **more}
        write_durably(self._status_file, json.dumps(kept).encode())

    def _kept(self) -> dict[str, dict[str, Any]]:
        try:
            kept: dict[str, dict[str, Any]] = json.loads(self._status_file.read_text())
        except FileNotFoundError:
            return {}
        return kept


def _order(variables: dict[str, str]) -> list[str]:
    return variables.get("BOOT_ORDER", "").split()


def _good(variables: dict[str, str], bootname: str) -> bool:
    return bootname in _order(variables) and variables.get(f"BOOT_{bootname}_LEFT", "0") != "0"


def _set(key: str, value: str) -> None:
    run("fw_setenv", key, value)
