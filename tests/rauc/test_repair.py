"""A slot is repaired by a unit of its own."""

import pytest

from mapio_display.errors import RepairError, UnitError
from mapio_display.rauc.repair import RepairUnit, escaped
from mapio_display.virtual.tools import run


class Asked:
    """A systemd that runs whatever unit it is asked for, or fails."""

    def __init__(self, outcome: bool | UnitError) -> None:
        self.outcome = outcome
        self.units: list[str] = []

    async def run(self, unit: str) -> bool:
        self.units.append(unit)
        if isinstance(self.outcome, UnitError):
            raise self.outcome
        return self.outcome


async def test_a_slot_is_repaired_by_a_unit_of_its_name() -> None:
    asked = Asked(True)
    await RepairUnit(asked).repair("rootfs-a.1")
    assert asked.units == [r"mapio-display-repair@rootfs\x2da.1.service"]


@pytest.mark.parametrize(("outcome", "says"), [(False, "journalctl -u"), (UnitError("no such unit"), "no such unit")])
async def test_a_repair_that_does_not_come_about_says_why(outcome: bool | UnitError, says: str) -> None:
    with pytest.raises(RepairError, match=says):
        await RepairUnit(Asked(outcome)).repair("rootfs.1")


@pytest.mark.tools
def test_a_name_is_escaped_as_systemd_does_it() -> None:
    for name in ("rootfs.1", ".rootfs", "a-b", "ä b"):
        assert escaped(name) == run("systemd-escape", name).strip()
