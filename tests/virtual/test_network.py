"""The played network: what its units and its networkd make of the interfaces."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mapio_display.core.facts.network import Address, NetworkChanged
from mapio_display.host.network_file import has_interface, read_network_file
from mapio_display.virtual import network
from mapio_display.virtual.network import ACCESS_POINT, STATION, VirtualNetwork

LOOK_S = 0.005


@dataclass
class Play:
    """The played network and the file to play with."""

    folder: Path
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.file, self.interfaces = self.folder / "network.json", self.folder / "run/interfaces.json"
        self.interfaces.parent.mkdir()
        self.network = VirtualNetwork(self.file, self.interfaces, self.said.append)

    def now(self) -> NetworkChanged:
        return read_network_file(self.interfaces)

    async def until(self, *addresses: Address) -> None:
        async with asyncio.timeout(10):
            while self.now().addresses != addresses:  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(LOOK_S)


@pytest.fixture
async def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Play]:
    """A gateway that has booted from A with a cable in."""
    monkeypatch.setattr(network, "CONFIGURE_S", 0.01)
    play = Play(tmp_path)
    play.file.write_text('{"cable": true}')
    play.network.boot("A", {ACCESS_POINT: "inactive", STATION: "active"})
    async with asyncio.TaskGroup() as group:
        task = group.create_task(play.network.run())
        yield play
        task.cancel()


CABLE = Address("eth0", "192.168.1.20")


async def test_an_interface_is_there_before_its_address(tmp_path: Path) -> None:
    play = Play(tmp_path)
    play.network.boot("A")
    assert play.now() == NetworkChanged(None, (), "mapio")
    assert [has_interface(play.interfaces, name) for name in ("eth0", "wlan0", "wpan0", "wlan0_ap")] == [
        *(True, True, True),
        False,
    ]


async def test_the_cable_brings_an_address_and_takes_it_along(play: Play) -> None:
    await play.until(CABLE)
    assert play.now().default_interface == "eth0"
    play.file.write_text("{}")
    await play.until()
    assert play.now().default_interface is None


async def test_the_access_point_is_made_and_deleted_with_its_unit(play: Play) -> None:
    await play.until(CABLE)
    play.network.switched(STATION, False)
    play.network.switched(ACCESS_POINT, True)
    assert has_interface(play.interfaces, "wlan0_ap")
    await play.until(CABLE, Address("wlan0_ap", "10.50.0.1"))
    play.network.switched(ACCESS_POINT, False)
    assert not has_interface(play.interfaces, "wlan0_ap")
    assert play.now().addresses == (CABLE,)


async def test_a_wi_fi_has_an_address_while_the_station_runs(play: Play) -> None:
    wifi = Address("wlan0", "192.168.1.30")
    play.file.write_text('{"wifi": true}')
    await play.until(wifi)
    play.network.switched(STATION, False)
    await play.until()
    play.network.switched(STATION, True)
    await play.until(wifi)


async def test_a_wi_fi_that_wpa_supplicant_joined_has_an_address_too(play: Play) -> None:
    await play.until(CABLE)
    play.network.associated(True)
    await play.until(CABLE, Address("wlan0", "192.168.1.30"))
    play.network.associated(False)
    await play.until(CABLE)


async def test_a_boot_ends_the_access_point_and_another_slot_has_another_address(play: Play) -> None:
    await play.until(CABLE)
    play.network.switched(ACCESS_POINT, True)
    play.network.boot("B")
    assert not has_interface(play.interfaces, "wlan0_ap")
    play.file.write_text('{"cable": true}')
    await play.until(Address("eth0", "192.168.1.21"))


async def test_a_file_that_makes_no_sense_changes_nothing_and_is_reported(play: Play) -> None:
    await play.until(CABLE)
    play.file.write_text("cable")
    async with asyncio.timeout(10):
        while not play.said:  # noqa: ASYNC110 - a list tells nobody
            await asyncio.sleep(LOOK_S)
    assert play.said[0].startswith(f"The network stays as it is: {play.file} is not valid JSON")
    assert play.now().addresses == (CABLE,)
