"""The actor: commands in their order, and an event for every outcome."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from mapio_display.core.commands import (
    Inspect,
    Install,
    ReadSlots,
    Reboot,
    RemoveBundle,
    Repair,
    UpdateCommand,
    WriteJournal,
)
from mapio_display.core.facts.event import Event
from mapio_display.core.facts.update import (
    BundleInspected,
    BundleRefused,
    InstallBegan,
    JournalFailed,
    JournalWritten,
    RaucUnanswered,
    RebootFailed,
    RepairFailed,
    SlotRepaired,
)
from mapio_display.core.record import LastUpdate, Record, Stage
from mapio_display.errors import RaucError, RaucUnavailable, RebootError, RepairError, StoreError
from mapio_display.rauc.actor import UpdateActor

RECORD = Record("u1", Stage.INSTALLING, "boot", "A", "1.3.0")


class World:
    """RAUC, the journal, the store, logind and the state in one: notes what was asked, and fails on request."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.events: list[Event] = []
        self.fails: dict[str, Exception] = {}

    def note(self, what: str, *details: Any) -> None:
        self.asked.append(" ".join([what, *map(str, details)]))
        if what in self.fails:
            raise self.fails[what]

    def dispatch(self, event: Event) -> None:
        self.events.append(event)

    async def read_slots(self) -> None:
        self.note("read_slots")

    async def inspect(self, bundle: str) -> str | None:
        self.note("inspect", bundle)
        return "1.4.0"

    async def install(self, bundle: str) -> None:
        self.note("install", bundle)

    def save(self, record: Record | None, last_update: LastUpdate | None) -> None:
        self.note("save", record.id if record else None)

    def path(self, upload_id: str) -> Path:
        return Path("/data") / upload_id

    def remove(self, upload_id: str) -> None:
        self.note("remove", upload_id)

    async def reboot(self) -> None:
        self.note("reboot")

    async def repair(self, slot: str) -> None:
        self.note("repair", slot)


@pytest.fixture
def world() -> World:
    return World()


async def play(world: World, *commands: UpdateCommand) -> None:
    """Carry out the commands."""
    actor = UpdateActor(world, world, world, world, world, repairs=world)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        task = group.create_task(actor.run())
        for command in commands:
            actor.take(command)
        await actor.done()
        task.cancel()


async def test_commands_are_carried_out_in_their_order(world: World) -> None:
    await play(world, WriteJournal(RECORD, None), Install("u1"), RemoveBundle("u1"), Reboot(), ReadSlots())
    assert world.asked == ["save u1", "install /data/u1", "remove u1", "reboot", "read_slots"]
    assert world.events == [JournalWritten(RECORD), InstallBegan("u1")]


async def test_an_inspection_ends_with_the_slots_because_the_journal_compares_with_them(world: World) -> None:
    await play(world, Inspect("u1"))
    assert world.asked == ["read_slots", "inspect /data/u1", "read_slots"]
    assert world.events == [BundleInspected("u1", "1.4.0")]


@pytest.mark.parametrize(
    ("command", "call", "error", "event"),
    [
        (WriteJournal(RECORD, None), "save", StoreError("full"), JournalFailed(RECORD, "full")),
        (Inspect("u1"), "inspect", RaucError("bad"), BundleRefused("u1", "bad")),
        (Inspect("u1"), "inspect", RaucUnavailable("gone"), RaucUnanswered("u1", "gone")),
        (Inspect("u1"), "read_slots", RaucUnavailable("gone"), RaucUnanswered("u1", "gone")),
        (Install("u1"), "install", RaucError("no"), BundleRefused("u1", "no")),
        (Install("u1"), "install", RaucUnavailable("gone"), RaucUnanswered("u1", "gone")),
        (Repair("u1", "rootfs.1"), "repair", RepairError("mounted"), RepairFailed("u1", "mounted")),
        (Reboot(), "reboot", RebootError("denied"), RebootFailed("denied")),
    ],
)
async def test_a_failure_becomes_an_event_and_ends_nothing(
    world: World, command: UpdateCommand, call: str, error: Exception, event: Event
) -> None:
    world.fails[call] = error
    await play(world, command, RemoveBundle("still alive"))
    assert world.events == [event]
    assert world.asked[-1] == "remove still alive"


async def test_a_slot_that_was_repaired_is_an_event(world: World) -> None:
    await play(world, Repair("u1", "rootfs.1"))
    assert (world.asked, world.events) == (["repair rootfs.1"], [SlotRepaired("u1")])


async def test_a_verdict_that_cannot_be_written_is_no_event(world: World) -> None:
    world.fails["save"] = StoreError("read-only")
    await play(world, WriteJournal(None, None), ReadSlots())
    assert world.events == []
    assert world.asked[-1] == "read_slots"


async def test_a_bundle_that_cannot_be_removed_ends_nothing(world: World) -> None:
    world.fails["remove"] = StoreError("u1.raucb: Read-only file system")
    await play(world, RemoveBundle("u1"), ReadSlots())
    assert world.asked == ["remove u1", "read_slots"]


async def test_slots_that_cannot_be_read_end_nothing(world: World) -> None:
    world.fails["read_slots"] = RaucUnavailable("gone")
    await play(world, ReadSlots(), RemoveBundle("u1"))
    assert world.asked == ["read_slots", "remove u1"]
