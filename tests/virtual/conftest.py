"""A machine with RAUC on a bus of its own: the real RAUC, and the scripted one, which must not differ."""

import asyncio
import asyncio.subprocess
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mapio_display.host.bus import CallFailed, CallUnanswered, Connected, Disconnected, Signal, SystemBus
from mapio_display.rauc.rauc import INTERFACE, NAME, PATH, PROPERTIES, RULES
from mapio_display.virtual.bundles import Bundles
from mapio_display.virtual.bus import PrivateBus
from mapio_display.virtual.rauc_service import RaucSetup, real_rauc_runs
from mapio_display.virtual.slots import Slots
from mapio_display.virtual.tools import SEARCH, end, spawn
from mapio_display.virtual.uboot import UbootEnvironment
from tests.samples import sample_bundles

TOLD = ("Operation", "LastError", "Progress")
LOOK_S = 0.02  # between two tries of a service that is only just starting


@dataclass
class Machine:
    """RAUC, slots and U-Boot's environment in ``directory``; booted from slot A."""

    directory: Path
    bundles: Bundles
    real: bool
    dbus: PrivateBus
    bus: SystemBus = field(default_factory=SystemBus)
    process: asyncio.subprocess.Process | None = None

    def __post_init__(self) -> None:
        self.inbox = self.bus.follow(*RULES)
        self.slots = Slots(self.directory)
        self.uboot = UbootEnvironment(self.directory, self.directory / "boot")
        self.setup = RaucSetup(self.directory, self.directory / "boot", self.slots, self.bundles, real=self.real)

    def create(self) -> None:
        self.slots.create(self.bundles.first_rootfs)
        self.uboot.create()
        self.setup.create()

    async def start_rauc(self) -> None:
        """Start RAUC and return when it answers."""
        environment = {"DBUS_SYSTEM_BUS_ADDRESS": self.dbus.address, "PATH": f"{self.uboot.bin}:{SEARCH}"}
        log = self.directory / "rauc.log"
        self.process = await spawn(self.setup.command("A"), log, environment)
        async with asyncio.timeout(10):
            while True:
                try:
                    await self.call("GetPrimary")
                except (CallFailed, CallUnanswered):
                    assert self.process.returncode is None, log.read_text()
                    await asyncio.sleep(LOOK_S)
                else:
                    return

    async def stop_rauc(self) -> None:
        if self.process is not None:
            await end(self.process, 2)

    async def call(self, member: str, signature: str = "", *body: Any) -> tuple[Any, ...]:
        """Call a method of RAUC's."""
        return await self.bus.call(NAME, PATH, INTERFACE, member, signature, *body)

    async def properties(self) -> dict[str, Any]:
        (properties,) = await self.bus.call(NAME, PATH, PROPERTIES, "GetAll", "s", INTERFACE)
        return dict(properties)

    async def install(self, bundle: str | Path) -> None:
        """Ask for the installation of a sample bundle by its name, or of any file."""
        await self.call("InstallBundle", "sa{sv}", str(self.bundles.paths.get(str(bundle), bundle)), {})

    async def heard(self, last: Callable[[tuple[str, Any]], bool]) -> list[tuple[str, Any]]:
        """What RAUC announces, up to and with ``last``: properties by name, and its ``Completed``."""
        announced: list[tuple[str, Any]] = []
        async with asyncio.timeout(20):
            while not announced or not last(announced[-1]):
                item = await self.inbox.get()
                match item:
                    case Signal(member="PropertiesChanged", body=(_, dict() as changed, _)):
                        announced += [item for item in changed.items() if item[0] in TOLD]
                    case Signal(member="Completed", body=(result,)):
                        announced.append(("Completed", result))
                    case Signal() | Connected():
                        continue
                    case Disconnected(reason):
                        pytest.fail(reason)
        return announced

    async def outcome(self) -> list[tuple[str, Any]]:
        """All that RAUC announces in an install."""
        announced = await self.heard(lambda item: item[0] == "Completed")
        if ("Operation", "idle") not in announced:
            announced += await self.heard(lambda item: item == ("Operation", "idle"))
        return announced


@pytest.fixture(params=["real", "scripted"])
def real(request: pytest.FixtureRequest) -> bool:
    """Which RAUC: the same must hold of both."""
    if request.param == "real" and not real_rauc_runs():
        pytest.skip("the real RAUC takes root, loop devices and the rauc package")
    return bool(request.param == "real")


@pytest.fixture
def bundles(tmp_path_factory: pytest.TempPathFactory, real: bool) -> Bundles:
    """The sample bundles for that RAUC."""
    return sample_bundles(tmp_path_factory, real=real)


@contextlib.asynccontextmanager
async def connected(bus: SystemBus) -> AsyncIterator[None]:
    """The bus, connected and followed."""
    inbox = bus.follow()
    async with asyncio.TaskGroup() as group:
        following = group.create_task(bus.run())
        while await inbox.get() != Connected():
            pass  # the bus greets
        yield
        following.cancel()


@pytest.fixture
async def machine(
    tmp_path: Path, bundles: Bundles, real: bool, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Machine]:
    """A machine with RAUC up."""
    dbus = PrivateBus(tmp_path)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", dbus.address)
    machine = Machine(tmp_path, bundles, real, dbus)
    machine.create()
    try:
        await dbus.start()
        async with connected(machine.bus):
            await machine.start_rauc()
            yield machine
    finally:
        await machine.stop_rauc()
        await dbus.stop()
