"""Carries out the core's commands about the update, one after another, and reports back with events."""

import asyncio
import logging
from pathlib import Path
from typing import Protocol, assert_never

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
from mapio_display.core.protocols import StatePort
from mapio_display.core.record import LastUpdate, Record
from mapio_display.errors import RaucError, RaucUnavailable, RebootError, RepairError, StoreError
from mapio_display.progress import Progress
from mapio_display.rauc.texts import why

log = logging.getLogger(__name__)

LONGEST_S = 300.0  # looking into a bundle: RAUC reads its slots, may be busy, hashes it all, and reads them again


class RaucPort(Protocol):
    """What the actor asks of RAUC (see ``rauc.Rauc``)."""

    async def read_slots(self) -> None:
        """Dispatch the slots."""

    async def inspect(self, bundle: str) -> str | None:
        """Verify a bundle and give its version."""

    async def install(self, bundle: str) -> None:
        """Begin to install a bundle."""


class JournalPort(Protocol):
    """What the actor asks of the journal (see ``journal.Journal``)."""

    def save(self, record: Record | None, last_update: LastUpdate | None) -> None:
        """Replace the journal."""


class StorePort(Protocol):
    """What the actor asks of the upload store (see ``store.BundleStore``)."""

    def path(self, upload_id: str) -> Path:
        """Where a complete bundle lies."""

    def remove(self, upload_id: str) -> None:
        """Delete a bundle, whole or in part; raises ``StoreError``."""


class LogindPort(Protocol):
    """What the actor asks of logind (see ``logind.Logind``)."""

    async def reboot(self) -> None:
        """Ask for a reboot."""


class RepairPort(Protocol):
    """What empties a slot (see ``repair.RepairUnit``)."""

    async def repair(self, slot: str) -> None:
        """Write an empty file system into a slot that cannot be mounted; raises ``RepairError``."""


class UpdateActor:
    """Takes commands at once and carries them out in their order."""

    def __init__(
        self,
        state: StatePort,
        rauc: RaucPort,
        journal: JournalPort,
        store: StorePort,
        logind: LogindPort,
        *,
        repairs: RepairPort,
    ) -> None:
        self._state = state
        self._rauc = rauc
        self._journal = journal
        self._store = store
        self._logind = logind
        self._repairs = repairs
        self._commands: asyncio.Queue[UpdateCommand] = asyncio.Queue()
        self.progress = Progress("update")

    def take(self, command: UpdateCommand) -> None:
        """Put a command at the end of the queue."""
        self._commands.put_nowait(command)

    async def run(self) -> None:
        """Carry out commands, endlessly."""
        while True:
            command = await self._commands.get()
            with self.progress.working(LONGEST_S):
                await self._carry_out(command)
            self._commands.task_done()

    async def done(self) -> None:
        """Wait until every command taken so far is carried out: at shutdown, so that the journal is written."""
        await self._commands.join()

    async def _carry_out(self, command: UpdateCommand) -> None:
        match command:
            case WriteJournal(record, last_update):
                await self._write_journal(record, last_update)
            case Inspect(upload_id):
                await self._inspect(upload_id)
            case Install(upload_id):
                await self._install(upload_id)
            case Repair(upload_id, slot):
                await self._repair(upload_id, slot)
            case RemoveBundle(upload_id):
                await self._remove_bundle(upload_id)
            case ReadSlots():
                await self._read_slots()
            case Reboot():
                await self._reboot()
            case _:
                assert_never(command)

    async def _write_journal(self, record: Record | None, last_update: LastUpdate | None) -> None:
        try:
            await asyncio.to_thread(self._journal.save, record, last_update)
        except StoreError as error:
            log.error("The journal cannot be written: %s", error)
            if record is not None:
                self._state.dispatch(JournalFailed(record, str(error)))
        else:
            if record is not None:
                self._state.dispatch(JournalWritten(record))

    async def _inspect(self, upload_id: str) -> None:
        try:
            await self._rauc.read_slots()  # or it is busy with another program's bundle, and reports that
            version = await self._rauc.inspect(str(self._store.path(upload_id)))
            # The slots' counters must be fresh, from after whatever was waited for: the journal compares with them.
            await self._rauc.read_slots()
        except RaucError as error:
            self._state.dispatch(BundleRefused(upload_id, str(error), why(str(error))))
        except RaucUnavailable as error:
            self._state.dispatch(RaucUnanswered(upload_id, str(error)))
        else:
            self._state.dispatch(BundleInspected(upload_id, version))

    async def _install(self, upload_id: str) -> None:
        try:
            await self._rauc.install(str(self._store.path(upload_id)))
        except RaucError as error:
            self._state.dispatch(BundleRefused(upload_id, str(error), why(str(error))))
        except RaucUnavailable as error:
            self._state.dispatch(RaucUnanswered(upload_id, str(error)))
        else:
            self._state.dispatch(InstallBegan(upload_id))

    async def _repair(self, upload_id: str, slot: str) -> None:
        try:
            await self._repairs.repair(slot)
        except RepairError as error:
            log.error("Slot %s is not repaired: %s", slot, error)
            self._state.dispatch(RepairFailed(upload_id, str(error)))
        else:
            log.warning("An empty file system was written into slot %s, which could not be mounted", slot)
            self._state.dispatch(SlotRepaired(upload_id))

    async def _remove_bundle(self, upload_id: str) -> None:
        try:
            # Freeing the blocks of a large file takes a moment on eMMC.
            await asyncio.to_thread(self._store.remove, upload_id)
        except StoreError as error:
            log.warning("A bundle stays until the next start: %s", error)

    async def _read_slots(self) -> None:
        try:
            await self._rauc.read_slots()
        except RaucUnavailable as error:
            log.warning("%s", error)

    async def _reboot(self) -> None:
        try:
            await self._logind.reboot()
        except RebootError as error:
            log.error("%s", error)
            self._state.dispatch(RebootFailed(str(error)))
