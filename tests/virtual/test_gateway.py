"""The gateway in this process, with the scripted RAUC: it updates as with the real one, and goes down on request."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mapio_display.virtual.folder import Folder
from mapio_display.virtual.gateway import NothingBoots, VirtualGateway
from tests.gateway.conftest import Gateway, free_port
from tests.samples import sample_bundles

pytestmark = [pytest.mark.rauc, pytest.mark.timeout(150)]


@dataclass
class Said:
    """What the gateway says; a test may act on it at once."""

    lines: list[str] = field(default_factory=list)
    reactions: dict[str, Callable[[], None]] = field(default_factory=dict)

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        self.reactions.get(line, lambda: None)()

    def boots(self) -> int:
        return sum(line.endswith(" boots") for line in self.lines)


@pytest.fixture
def folder(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo's folder, with the scripted RAUC's bundles made already."""
    (tmp_path / "bundles").symlink_to(sample_bundles(tmp_path_factory, real=False).directory)
    return tmp_path


@asynccontextmanager
async def running(folder: Path, said: Said) -> AsyncIterator[tuple[VirtualGateway, Gateway]]:
    """A gateway that is up, and the hand of the end-to-end tests on it."""
    port = free_port()
    with Folder(folder) as claimed:
        gateway = VirtualGateway(claimed, port, said, real=False, panel_haste=8.0)
        gateway.create()
        async with asyncio.TaskGroup() as group:
            group.create_task(gateway.run())
            await gateway.ready.wait()
            yield gateway, Gateway(folder, port)
            gateway.power_off()


async def test_an_update_with_the_scripted_rauc_goes_as_with_the_real_one(folder: Path) -> None:
    said = Said()
    async with running(folder, said) as (_, hand):
        before = await asyncio.to_thread(hand.at_rest)
        refused = await asyncio.to_thread(hand.upload, "untrusted")
        assert (refused.status, refused.json["error"]["code"]) == (422, "untrusted")
        taken = await asyncio.to_thread(hand.upload, "good")
        assert taken.status == 202
        after = await asyncio.to_thread(hand.after_reboot, before["boot_id"])
        assert (after["last_update"]["result"], after["os"]["version"]) == ("succeeded", "2.2")
        assert hand.slot_version("B") == "2.2"
        assert hand.uboot()["BOOT_ORDER"] == "B A"
    assert any("a scripted one takes its place" in line for line in said.lines)


async def test_asked_twice_to_reboot_it_reboots_once(folder: Path) -> None:
    said = Said()
    async with running(folder, said) as (gateway, hand):
        boot_id = hand.status()["boot_id"]
        said.reactions["Rebooting"] = gateway.reboot
        gateway.reboot()
        gateway.reboot()
        await asyncio.to_thread(hand.wait, "the next boot", lambda s: s["boot_id"] != boot_id and s["daemon"]["ready"])
    assert said.boots() == 2


async def test_switched_off_while_it_reboots_it_stays_off(folder: Path) -> None:
    said = Said()
    async with running(folder, said) as (gateway, _):
        said.reactions["Rebooting"] = gateway.power_off
        gateway.reboot()
    assert said.boots() == 1


async def test_with_no_system_in_either_slot_it_says_so_and_ends(folder: Path) -> None:
    with Folder(folder) as claimed:
        gateway = VirtualGateway(claimed, free_port(), Said(), real=False, panel_haste=8.0)
        gateway.create()
        (folder / "slotA.img").write_bytes((folder / "slotB.img").read_bytes())
        with pytest.RaisesGroup(pytest.RaisesExc(NothingBoots, match="Neither slot has /sbin/init")):
            async with asyncio.timeout(10):
                await gateway.run()
