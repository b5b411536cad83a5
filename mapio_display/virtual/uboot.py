"""U-Boot: its environment in a file, by its own tools, and the boot script of the board."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mapio_display.virtual.tools import run, tool

DEFAULTS = {"BOOT_ORDER": "A B", "BOOT_A_LEFT": "3", "BOOT_B_LEFT": "3"}
SIZE = 0x4000
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """What the boot script does: boot ``slot``, after it has saved ``changes`` to the environment."""

    slot: str
    changes: Mapping[str, str]


def choose(environment: Mapping[str, str]) -> Choice:
    """Decide as the board's boot script does.

    The first slot of the order with attempts left is tried, and has one less afterwards. If none has any, both get all
    of theirs back and A is booted.
    """
    known = {**DEFAULTS, **environment}
    for slot in known["BOOT_ORDER"].split():
        left = known.get(f"BOOT_{slot}_LEFT", "0")
        if left.isdigit() and int(left) > 0:
            return Choice(slot, {f"BOOT_{slot}_LEFT": str(int(left) - 1)})
    return Choice("A", {"BOOT_A_LEFT": str(ATTEMPTS), "BOOT_B_LEFT": str(ATTEMPTS)})


class UbootEnvironment:
    """The environment in ``directory``, and in ``bin`` wrappers of the tools that find it, for RAUC's PATH."""

    def __init__(self, directory: Path) -> None:
        self.config = directory / "fw_env.config"
        self.bin = directory / "bin"
        self._file = directory / "uboot.env"

    def create(self) -> None:
        """Make the environment as it is on a new gateway."""
        self._file.write_bytes(b"\xff" * SIZE)
        self.config.write_text(f"{self._file} 0x0000 {SIZE:#x}\n")
        self.bin.mkdir(exist_ok=True)
        for name in ("fw_printenv", "fw_setenv"):
            wrapper = self.bin / name
            wrapper.write_text(f'#!/bin/sh\nexec {tool(name)} -c "{self.config}" "$@"\n')
            wrapper.chmod(0o755)
        defaults = self.config.with_name("uboot-defaults.env")
        defaults.write_text("".join(f"{key}={value}\n" for key, value in DEFAULTS.items()))
        # An empty environment can only be written over defaults from a file.
        run("fw_setenv", "-c", self.config, "-f", defaults, "BOOT_ORDER", DEFAULTS["BOOT_ORDER"])

    def read(self) -> dict[str, str]:
        """All variables."""
        lines = run("fw_printenv", "-c", self.config).splitlines()
        return {key: value for key, equals, value in (line.partition("=") for line in lines) if equals}

    def write(self, changes: Mapping[str, str]) -> None:
        """Set variables, all in one write."""
        script = self.config.with_name("uboot-changes.txt")
        script.write_text("".join(f"{key}={value}\n" for key, value in changes.items()))
        run("fw_setenv", "-c", self.config, "-s", script)
