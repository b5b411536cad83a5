"""U-Boot: its environment in a file, by its own tools, and the boot script of the board."""

from collections.abc import Mapping
from pathlib import Path

from mapio_display.frozen import Frozen
from mapio_display.virtual.tools import run, tool

DEFAULTS = {"BOOT_ORDER": "A B", "BOOT_A_LEFT": "3", "BOOT_B_LEFT": "3"}
SIZE = 0x4000
ATTEMPTS = "3"


class Choice(Frozen):
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
        if left.isdecimal() and int(left) > 0:
            return Choice(slot, {f"BOOT_{slot}_LEFT": str(int(left) - 1)})
    return Choice("A", {"BOOT_A_LEFT": ATTEMPTS, "BOOT_B_LEFT": ATTEMPTS})


class UbootEnvironment:
    """The environment in ``boot``, and wrappers of its tools that find it in ``directory/bin``; both names are plain.

    With two ``copies`` each write goes to the older one, so that a write that is cut off leaves the other.
    """

    def __init__(self, directory: Path, boot: Path, *, copies: int = 1) -> None:
        self.config = directory / "fw_env.config"
        self.bin = directory / "bin"
        self._files = [boot / name for name in ("uboot.env", "uboot-redund.env")[:copies]]
        self._script = directory / "uboot-changes.txt"

    def create(self) -> None:
        """Make the environment as it is on a new gateway."""
        for file in self._files:
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(b"\xff" * SIZE)
        self.config.write_text("".join(f"{file} 0x0000 {SIZE:#x}\n" for file in self._files))
        self.bin.mkdir(exist_ok=True)
        for name in ("fw_printenv", "fw_setenv"):
            wrapper = self.bin / name
            wrapper.write_text(f'#!/bin/sh\nexec {tool(name)} -c "{self.config}" "$@"\n')
            wrapper.chmod(0o755)
        # An erased environment can only be written to over defaults from a file.
        self._script.write_text(_lines(DEFAULTS))
        run("fw_setenv", "-c", self.config, "-f", self._script, "BOOT_ORDER", DEFAULTS["BOOT_ORDER"])

    def read(self) -> dict[str, str]:
        """All variables."""
        return parse(run("fw_printenv", "-c", self.config))

    def write(self, changes: Mapping[str, str]) -> None:
        """Set variables, all in one write."""
        self._script.write_text(_lines(changes))
        run("fw_setenv", "-c", self.config, "-s", self._script)


def parse(printed: str) -> dict[str, str]:
    """Read what fw_printenv prints."""
    return {key: value for key, equals, value in (line.partition("=") for line in printed.splitlines()) if equals}


def _lines(variables: Mapping[str, str]) -> str:
    return "".join(f"{key}={value}\n" for key, value in variables.items())
