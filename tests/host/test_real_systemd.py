"""The services of the configuration by a real systemd, which manages units of its own on a bus of its own."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mapio_display.core.facts.services import ServicesObserved, ServiceState
from mapio_display.host import bus as bus_module
from mapio_display.host.bus import SystemBus
from mapio_display.host.services import ServicesSource
from mapio_display.host.systemd import MANAGER, NAME, PATH, Systemd
from tests.host.conftest import Events

SYSTEMD = "/usr/lib/systemd/systemd"
RUNNING, _, _, STOPPED, FAILED, MISSING = ServiceState
LASTING = "[Service]\nExecStart=sleep 600\n"
UNITS = {
    "default.target": "[Unit]\nRequires=dbus.service\n",
    "dbus.socket": "[Socket]\nListenStream=%t/bus\n",
    "dbus.service": "[Unit]\nRequires=dbus.socket\n[Service]\nType=notify\n"
    "ExecStart=dbus-daemon --session --address=systemd: --nofork --nopidfile\n",
    "docker.service": LASTING,
}


@dataclass
class Machine:
    """A systemd, the folder with its units, and a connection to it."""

    units: Path
    bus: SystemBus

    async def reload(self) -> None:
        await self.bus.call(NAME, PATH, MANAGER, "Reload")


@pytest.fixture
async def machine(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Machine]:
    """``systemd --user`` with a bus, both on their own; the path of their sockets must be short."""
    folder = Path(tempfile.mkdtemp(prefix="systemd-"))
    units = folder / "units"
    units.mkdir()
    for name, text in UNITS.items():
        (units / name).write_text(text)
    environment = {
        **{name: str(folder) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR")},
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "SYSTEMD_UNIT_PATH": f"{units}:/usr/lib/systemd/user",  # with the targets by which it ends
    }
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={folder}/bus")
    monkeypatch.setattr(bus_module, "FIRST_PAUSE_S", 0.05)
    process = await asyncio.create_subprocess_exec(shutil.which("systemd") or SYSTEMD, "--user", env=environment)
    try:
        bus = SystemBus()
        inbox = bus.follow(f"type='signal',sender='{NAME}'")
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            connecting = group.create_task(bus.run())
            while not bus.connected or await bus.owner(NAME) is None:
                await inbox.get()
            yield Machine(units, bus)
            connecting.cancel()
    finally:
        process.terminate()  # it stops all that it has started
        await process.wait()
        shutil.rmtree(folder)


@pytest.mark.root
@pytest.mark.tools
@pytest.mark.slow
async def test_a_real_systemds_units_are_followed_through_all_their_states(machine: Machine) -> None:
    services = {"Docker": "docker.service", "Other": r"other@a\x2db.service"}
    reports, bus, systemd = Events(), machine.bus, Systemd(machine.bus)

    async def states(*states: ServiceState | None) -> None:
        await reports.until(ServicesObserved, lambda event: [one.state for one in event.services] == [*states])

    follower = SystemBus()
    source = ServicesSource(follower, reports, services)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part) for part in (source.run(), follower.run())]
        await states(STOPPED, MISSING)
        await systemd.start("docker.service")
        await states(RUNNING, MISSING)
        await bus.call(NAME, PATH, MANAGER, "KillUnit", "ssi", "docker.service", "all", 9)
        await states(FAILED, MISSING)
        (machine.units / "other@.service").write_text(LASTING)
        await machine.reload()
        await states(FAILED, STOPPED)
        await systemd.start(services["Other"])
        await states(FAILED, RUNNING)
        await bus.call(NAME, PATH, MANAGER, "ResetFailed")
        (machine.units / "docker.service").unlink()
        await machine.reload()
        await reports.until(ServicesObserved, lambda event: [one.name for one in event.services] == ["Other"])
        await systemd.stop(services["Other"])
        await states(STOPPED)
        for task in tasks:
            task.cancel()
