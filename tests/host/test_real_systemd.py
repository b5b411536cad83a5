"""The services of the configuration by a real systemd, which manages units of its own on a bus of its own."""

import asyncio
import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
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


# A systemd manages the control group that it is started in. In one group two would end each other's services.
IN_GROUPS = """for group; do mkdir "$group" && echo $$ >"$group/cgroup.procs" || exit 1; done; exec "$0" --user"""


def groups_beside(name: str) -> Iterator[Path]:
    """A group of this name below our own, in each hierarchy of control groups that systemd uses (cgroups(7))."""
    own = dict(line.split(":", 2)[1:] for line in Path("/proc/self/cgroup").read_text().splitlines())
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        (_, _, _, _, where, *_), (kind, _, options) = (half.split() for half in line.split(" - "))
        if kind == "cgroup2" and "" in own:
            yield Path(f"{where}/{own['']}/{name}")
        elif kind == "cgroup" and "name=systemd" in options.split(","):
            yield Path(f"{where}/{own['name=systemd']}/{name}")


@contextmanager
def groups(name: str) -> Iterator[list[Path]]:
    """The groups for a systemd, which makes them; what it leaves of them is removed."""
    tops = list(groups_beside(name))
    try:
        yield tops
    finally:
        for top in tops:
            for folder, _, _ in os.walk(top, topdown=False):
                with contextlib.suppress(FileNotFoundError):
                    Path(folder).rmdir()


@pytest.fixture
async def machine(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Machine]:
    """The one machine of a test."""
    async with starting(monkeypatch) as machine:
        yield machine


@asynccontextmanager
async def starting(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Machine]:
    """``systemd --user`` with a bus, both on their own; the path of their sockets must be short."""
    folder = Path(tempfile.mkdtemp(prefix="systemd-"))
    with groups(folder.name) as tops:
        async with managing(folder, tops, monkeypatch) as machine:
            yield machine


@asynccontextmanager
async def managing(folder: Path, tops: list[Path], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Machine]:
    """A systemd whose units and sockets are in ``folder``, in the groups ``tops``."""
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
    program = shutil.which("systemd") or SYSTEMD
    process = await asyncio.create_subprocess_exec("sh", "-c", IN_GROUPS, program, *map(str, tops), env=environment)
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


@pytest.mark.root
@pytest.mark.tools
@pytest.mark.slow
async def test_two_systemds_do_not_end_each_others_services(monkeypatch: pytest.MonkeyPatch) -> None:
    async with starting(monkeypatch) as first, starting(monkeypatch) as second:
        one, other = Systemd(first.bus), Systemd(second.bus)
        await one.start("docker.service")
        await other.start("docker.service")
        await one.stop("docker.service")
        assert (await one.is_active("docker.service"), await other.is_active("docker.service")) == (False, True)


DROP_IN = re.compile(r"^    (\[Service\]\n    ExecStartPre=.*first_boot_done.*\n    ExecStopPost=.*\n)", re.MULTILINE)
INTEGRATION = Path(__file__).parents[2] / "docs" / "integration.md"


@pytest.mark.root
@pytest.mark.tools
@pytest.mark.slow
@pytest.mark.parametrize("status", [0, 1])
async def test_mapio_init_runs_without_the_daemon_and_has_it_back_whatever_comes_of_it(
    machine: Machine, tmp_path: Path, status: int
) -> None:
    found, systemd = tmp_path / "found", Systemd(machine.bus)
    text = DROP_IN.findall(INTEGRATION.read_text())[0].replace("\n    ", "\n")
    drop_in = machine.units / "mapio-init.service.d" / "mapio-display.conf"
    drop_in.parent.mkdir()
    drop_in.write_text(text.replace("/boot/", f"{tmp_path}/").replace("systemctl ", "systemctl --user "))
    (machine.units / "mapio-display.service").write_text(LASTING)
    command = f"/bin/sh -c 'systemctl --user is-active mapio-display.service >{found}; exit {status}'"
    (machine.units / "mapio-init.service").write_text(f"[Service]\nType=oneshot\nExecStart={command}\n")
    await machine.reload()
    await systemd.start("mapio-display.service")
    assert await systemd.run("mapio-init.service") is (status == 0)
    assert found.read_text() == "inactive\n"
    async with asyncio.timeout(10):
        while not await systemd.is_active("mapio-display.service"):  # noqa: ASYNC110 - as `stop` of ours looks too
            await asyncio.sleep(0.02)
