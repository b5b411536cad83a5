"""The repair of a slot, asked of systemd: the daemon itself may not write to any block device."""

from typing import Protocol

from mapio_display.errors import RepairError, UnitError

UNIT = "mapio-display-repair@{}.service"


class SystemdPort(Protocol):
    """What is asked of systemd (see ``systemd.Systemd``)."""

    async def run(self, unit: str) -> bool:
        """Start a oneshot unit, wait for its end, and say whether it succeeded; raises ``UnitError``."""


class RepairUnit:
    """Has ``mapio-display-repair@SLOT.service`` write an empty file system into a slot (see ``empty_slot.py``)."""

    def __init__(self, systemd: SystemdPort) -> None:
        self._systemd = systemd

    async def repair(self, slot: str) -> None:
        """Return when the slot can be mounted. Raises ``RepairError``; then it is as it was, or can be repaired."""
        unit = UNIT.format(escaped(slot))
        try:
            succeeded = await self._systemd.run(unit)
        except UnitError as error:
            raise RepairError(str(error)) from error
        if not succeeded:
            raise RepairError(f"its log says why: journalctl -u '{unit}'")


def escaped(text: str) -> str:
    """``text`` as a unit's instance (systemd-escape(1)): in hex what is no letter, digit, colon, dot or underscore."""
    coded = enumerate(text.encode())
    return "".join(chr(byte) if _is_plain(byte, first=not at) else f"\\x{byte:02x}" for at, byte in coded)


def _is_plain(byte: int, *, first: bool) -> bool:
    return chr(byte) in ":_" or (byte < 128 and chr(byte).isalnum()) or (chr(byte) == "." and not first)
