"""A whole update with the RAUC of each version that a gateway may have: what it can do is tried, its number unknown."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from dbus_next.signature import Variant

from mapio_display.core.commands import Command
from mapio_display.core.facts.daemon import Daemon, Started
from mapio_display.core.facts.system import OsRelease
from mapio_display.core.facts.update import Phase, UploadFinished, UploadOpened
from mapio_display.core.facts.web import WebListening
from mapio_display.core.record import LastUpdate, Record, Result, Stage
from mapio_display.core.snapshot import Snapshot
from mapio_display.host.bus import SystemBus
from mapio_display.rauc.actor import UpdateActor
from mapio_display.rauc.journal import Journal
from mapio_display.rauc.rauc import Rauc
from mapio_display.state import State
from mapio_display.transfer.store import BundleStore
from tests.core.plays import RESTARTING
from tests.rauc.conftest import PlayedRauc, row


@dataclass
class Version:
    """What sets a version apart; for a dot in a slot's key write two underscores."""

    inspects: bool
    percents: tuple[int, ...] = (0, 10, 20, 30, 40, 46, *range(47, 101))
    metadata: dict[str, Variant] = field(default_factory=dict)
    keys: dict[str, Variant] = field(default_factory=dict)
    inspection_tells_progress: bool = True
    properties: dict[str, Variant] = field(default_factory=dict)


TRANSACTION = {"bundle__hash": Variant("s", "ab" * 32), "installed__transaction": Variant("s", "6fdd2a")}
VERSIONS = {
    "1.8": Version(inspects=False, percents=(0, 20, 40, 60, 80, 90, 99, 100)),
    "1.9": Version(inspects=True, percents=(0, 20, 40, 60, 80, 90, 99, 100)),
    "1.10": Version(inspects=True, metadata={"meta": Variant("a{sv}", {})}),
    "1.11": Version(inspects=True, keys=TRANSACTION),
    "1.13": Version(inspects=True, keys=TRANSACTION),
    "1.15": Version(inspects=True, keys={**TRANSACTION, "boot-status": Variant("s", "unknown")}),
    "1.16": Version(
        inspects=True,
        keys=TRANSACTION,
        inspection_tells_progress=False,
        properties={"SystemVersion": Variant("s", "1.3.0")},
    ),
}


class NoLogind:
    """Only keeps that it was asked."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def reboot(self) -> None:
        self.asked.set()


class NoRepairs:
    """Is never asked."""

    async def repair(self, slot: str) -> None:
        raise AssertionError(slot)


class Gateway:
    """Core, actor, journal and RAUC's follower, on a real bus; web server and panel are not there."""

    def __init__(self, data: Any) -> None:
        self.logind = NoLogind()
        self.bus = SystemBus()
        self.store = BundleStore(data / "uploads")
        self.state = State(Snapshot(Daemon("0")), self._take)
        self.rauc = Rauc(self.bus, self.state, call_s=5.0)
        self.actor = UpdateActor(self.state, self.rauc, Journal(data), self.store, self.logind, repairs=NoRepairs())

    def _take(self, command: Command) -> None:
        self.actor.take(command)  # type: ignore[arg-type]

    async def phase(self, wanted: Phase) -> Snapshot:
        """Wait for a phase."""
        while (snapshot := self.state.snapshot).update.phase is not wanted:
            await self.state.after(snapshot)
        return snapshot


def slots(version: Version, *, installed: int, booted: str = "A") -> tuple[str, list[Any]]:
    counts = {
        "installed__count": Variant("u", installed),
        "activated__count": Variant("u", installed),
        "status": Variant("s", "ok"),
    }
    return "a(sa{sv})", [
        [
            row("rootfs.0", "A", "booted" if booted == "A" else "inactive", **version.keys),
            row("rootfs.1", "B", "booted" if booted == "B" else "inactive", **version.keys, **counts),
        ]
    ]


def started(boot_id: str, running: str, record: Record | None, last: LastUpdate | None) -> Started:
    return Started(
        boot_id=boot_id,
        os=OsRelease("mapio", running, running),
        hostname="mapio",
        pin="012345",
        web_enabled=True,
        web_port=80,
        record=record,
        last_update=last,
    )


@pytest.mark.parametrize("name", VERSIONS)
async def test_an_update_goes_through_and_ends_in_a_true_verdict(played: PlayedRauc, tmp_path: Any, name: str) -> None:
    version = VERSIONS[name]
    played.answers["GetSlotStatus"] = slots(version, installed=4)
    played.properties |= version.properties
    if version.inspects:
        about = {"update": Variant("a{sv}", {"version": Variant("s", "1.4.0")}), **version.metadata}
        played.answers["InspectBundle"] = ("a{sv}", [about])
    await played.start()

    gateway = Gateway(tmp_path)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        tasks = [group.create_task(part.run()) for part in (gateway.bus, gateway.rauc, gateway.actor)]
        gateway.state.dispatch(started("boot-1", "1.3.0", None, None))
        gateway.state.dispatch(WebListening(80))
        while not gateway.state.snapshot.slots:
            await gateway.state.after(gateway.state.snapshot)
        gateway.state.dispatch(UploadOpened("u1", "good.raucb", 1000))
        if version.inspection_tells_progress:
            played.progress(100, "Checking bundle done.")
        gateway.state.dispatch(UploadFinished("u1", 1000))
        while "InstallBundle" not in played.asked:
            played.called.clear()
            await played.called.wait()
        played.answers["GetSlotStatus"] = played.answers["GetPrimary"] = "already processing a different method"
        played.announce(Operation=Variant("s", "installing"), LastError=Variant("s", ""))
        for percent in version.percents:
            played.progress(percent, "Updating slots")
        played.answers["GetSlotStatus"] = slots(version, installed=5)
        played.answers["GetPrimary"] = ("s", ["rootfs.1"])
        played.complete(0)
        played.announce(Operation=Variant("s", "idle"))
        told = await gateway.phase(Phase.REBOOTING)
        assert told.update.bundle is not None
        assert told.update.bundle.version == "1.4.0"
        gateway.state.dispatch(RESTARTING)
        await gateway.logind.asked.wait()
        for task in tasks:
            task.cancel()

    record, last = Journal(tmp_path).load()
    assert record is not None
    assert (record.stage, record.target_slot, record.installed_count) == (Stage.INSTALLED, "B", 4)
    after = Gateway(tmp_path)
    played.answers["GetSlotStatus"] = slots(version, installed=5, booted="B")
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        tasks = [group.create_task(part.run()) for part in (after.bus, after.rauc, after.actor)]
        after.state.dispatch(started("boot-2", "1.4.0", record, last))
        verdict = (await after.phase(Phase.IDLE)).last_update
        assert verdict is not None
        assert (verdict.result, verdict.from_version, verdict.to_version) == (Result.SUCCEEDED, "1.3.0", "1.4.0")
        for task in tasks:
            task.cancel()
