"""The played services: what the file makes of systemd's units."""

import asyncio
from pathlib import Path

from mapio_display.virtual.services import AT_FIRST, VirtualServices
from mapio_display.virtual.systemd import VirtualSystemd

OTHER = {"wpa_supplicant@wlan0.service": "active"}


async def test_the_units_are_those_of_the_file_beside_the_gateways_own(tmp_path: Path) -> None:
    file, said = tmp_path / "services.json", list[str]()
    systemd = VirtualSystemd("", OTHER)
    services = VirtualServices(file, systemd, said.append)
    file.write_text(AT_FIRST)
    services.boot()
    assert systemd.units == {**OTHER, "docker.service": "active"}

    async def until(units: dict[str, str]) -> None:
        async with asyncio.timeout(10):
            while systemd.units != {**OTHER, **units}:  # noqa: ASYNC110 - the stand-in reports nothing
                await asyncio.sleep(0.005)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(services.run())
        for text, units in (
            ('{"docker.service": "failed"}', {"docker.service": "failed"}),
            ('{"docker.service": "failed", "mqtt.service": 1}', {"docker.service": "failed", "mqtt.service": "1"}),
            ("{}", {}),
        ):
            file.write_text(text)
            await until(units)
        file.write_text("{")
        async with asyncio.timeout(10):
            while not said:  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(0.005)
        task.cancel()
    assert said[0].startswith("The services stay as they are: ")
