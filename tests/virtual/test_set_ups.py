"""The core with the real RAUC, set up otherwise than MAPIO does it: what an install did, and what follows."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mapio_display.core.facts.update import Phase, UploadFinished, UploadOpened
from mapio_display.core.facts.web import WebListening
from mapio_display.core.failures import Why
from mapio_display.core.record import Result
from mapio_display.core.snapshot import Snapshot
from mapio_display.rauc import texts
from mapio_display.virtual.bus import PrivateBus
from mapio_display.virtual.rauc_service import real_rauc_runs
from mapio_display.virtual.tools import SEARCH, run, spawn, tool
from tests.rauc.test_rauc_versions import Gateway, started
from tests.samples import sample_bundles
from tests.virtual.conftest import Machine

pytestmark = [
    pytest.mark.skipif(not real_rauc_runs(), reason="the real RAUC takes root, loop devices and the rauc package"),
    pytest.mark.timeout(150),
]

PATIENCE_S = 30.0  # RAUC writes and syncs 48 MB, on a disk that other tests write to as well
RESCUE = "\n[slot.arescue.0]\ndevice={directory}/rescue.img\ntype=ext4\nbootname=R\n"


class SetUp(Machine):
    """A machine whose RAUC is configured otherwise, or lacks something."""

    booted = "A"
    path = ""

    def configure(self, old: str, new: str) -> None:
        """Put something else into RAUC's configuration."""
        configuration = self.directory / "system.conf"
        text = configuration.read_text()
        assert old in text
        configuration.write_text(text.replace(old, new))

    async def start_rauc(self) -> None:
        path = self.path or f"{self.uboot.bin}:{SEARCH}"
        environment = {"DBUS_SYSTEM_BUS_ADDRESS": self.dbus.address, "PATH": path}
        self.process = await spawn(self.setup.command(self.booted), self.directory / "rauc.log", environment)

    async def update(self, bundle: str | Path = "good") -> Snapshot:
        """Send a bundle, and give what is known when that has come to rest, or to the restart."""
        await self.start_rauc()
        gateway = Gateway(self.directory)
        uploads = self.directory / "uploads"
        uploads.mkdir()
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._followed(gateway, bundle)
        except TimeoutError:
            log = (self.directory / "rauc.log").read_text()
            pytest.fail(f"{gateway.state.snapshot.update}\n{log}")

    async def _followed(self, gateway: Gateway, bundle: str | Path) -> Snapshot:
        async with asyncio.TaskGroup() as group:
            parts = (gateway.state, gateway.bus, gateway.rauc, gateway.actor)
            tasks = [group.create_task(part.run()) for part in parts]
            gateway.state.dispatch(started("boot-1", "1.3.0", None, None))
            gateway.state.dispatch(WebListening(80))
            while not gateway.state.snapshot.rauc.available:
                await gateway.state.after(gateway.state.snapshot)
            gateway.state.dispatch(UploadOpened("u1", "good.raucb", 1000))
            run("cp", self.bundles.paths.get(str(bundle), bundle), gateway.store.path("u1"))  # holes and all
            gateway.state.dispatch(UploadFinished("u1", 1000))
            while (told := gateway.state.snapshot).update.phase not in (Phase.IDLE, Phase.FAILED, Phase.REBOOTING):
                await gateway.state.after(told)
            for task in tasks:
                task.cancel()
        return told


@pytest.fixture
async def machine(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SetUp]:
    """A machine whose RAUC has yet to be started."""
    dbus = PrivateBus(tmp_path)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", dbus.address)
    machine = SetUp(tmp_path, sample_bundles(tmp_path_factory, real=True), True, dbus)
    machine.create()
    await dbus.start()
    try:
        yield machine
    finally:
        await machine.stop_rauc()
        await dbus.stop()


async def test_a_usual_system_is_restarted(machine: SetUp) -> None:
    told = await machine.update()
    assert told.update.phase is Phase.REBOOTING
    assert told.update.record is not None
    assert (told.update.record.target_slot, told.update.record.to_start) == ("B", True)


async def test_a_rescue_slot_beside_is_not_taken_for_the_target(machine: SetUp) -> None:
    with (machine.directory / "rescue.img").open("wb") as image:
        image.truncate(1024 * 1024)
    machine.configure("[slot.rootfs.0]", RESCUE.format(directory=machine.directory) + "\n[slot.rootfs.0]")
    told = await machine.update()
    assert told.update.phase is Phase.REBOOTING
    assert told.update.record is not None
    assert told.update.record.target_slot == "B"


@pytest.mark.parametrize(
    ("old", "new"),
    [("[system]", "[system]\nactivate-installed=false"), ("bootloader=uboot", "bootloader=noop")],
)
async def test_what_rauc_does_not_activate_is_installed_and_not_restarted(machine: SetUp, old: str, new: str) -> None:
    machine.configure(old, new)
    told = await machine.update()
    assert told.last_update is not None
    assert (told.update.phase, told.last_update.result) == (Phase.IDLE, Result.INSTALLED)
    assert told.last_update.slot == "B"


async def test_where_rauc_does_not_know_what_is_booted_nothing_is_restarted(machine: SetUp) -> None:
    machine.booted = "_external_"
    told = await machine.update()
    assert told.last_update is not None
    assert (told.update.phase, told.last_update.result) == (Phase.IDLE, Result.INSTALLED)


def why(told: Snapshot) -> Why:
    assert told.update.error is not None, told
    return texts.why(told.update.error.detail or "")


async def test_without_unsquashfs_that_is_what_is_reported(machine: SetUp) -> None:
    tools = machine.directory / "tools"
    tools.mkdir()
    for program in ("sh", "mount", "umount", "dd"):
        (tools / program).symlink_to(tool(program))
    machine.path = f"{machine.uboot.bin}:{tools}"
    told = await machine.update()
    if told.update.phase is Phase.REBOOTING:  # RAUC 1.8 does without, and tells no version
        assert told.update.record is not None
        assert told.update.record.to_version is None
    else:
        assert why(told) is Why.NO_UNSQUASHFS


async def test_a_boot_partition_that_is_mounted_read_only_is_reported(machine: SetUp) -> None:
    boot = machine.directory / "boot"
    run("mount", "--bind", boot, boot)
    try:
        run("mount", "-o", "remount,bind,ro", boot)
        told = await machine.update()
        await machine.stop_rauc()
    finally:
        run("umount", "--lazy", boot)
    assert why(told) is Why.BOOT_READ_ONLY


def larger_than_plain_may_be(machine: SetUp) -> Path:
    """A bundle of 2 GiB and a page, nearly all of it a hole; RAUC looks at the size before the signature."""
    content = machine.bundles.paths["good"].read_bytes()
    signed = 8 + int.from_bytes(content[-8:], "big")
    large = machine.directory / "large.raucb"
    with large.open("wb") as file:
        file.write(content[:-signed])
        file.seek(2**31 + 4096)
        file.write(content[-signed:])
    return large


async def test_a_bundle_too_large_for_the_plain_format_is_reported(machine: SetUp) -> None:
    found = why(await machine.update(larger_than_plain_may_be(machine)))
    # RAUC 1.8 has no such bound, and finds that something else was signed.
    assert found is (Why.UNTRUSTED if run("rauc", "--version").startswith("rauc 1.8") else Why.TOO_LARGE_FOR_PLAIN)


async def test_a_keyring_that_is_not_there_is_reported(machine: SetUp) -> None:
    machine.configure(str(machine.bundles.certificate), str(machine.directory / "nowhere.pem"))
    assert why(await machine.update()) is Why.NO_KEYRING
