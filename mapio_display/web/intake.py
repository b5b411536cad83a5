"""Takes a bundle in, whatever way it comes: may it come, is it all there, what did RAUC say.

What the core decides (one update at a time) is decided when an upload is opened: the snapshot is the lock.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Sequence

from mapio_display.core import failures
from mapio_display.core.events import (
    UploadCutOff,
    UploadFailed,
    UploadFinished,
    UploadLost,
    UploadOpened,
    UploadProgress,
    UploadResumed,
)
from mapio_display.core.failures import Failure
from mapio_display.core.snapshot import Phase, Snapshot, Step, Update
from mapio_display.core.update.table import admission
from mapio_display.errors import MapioDisplayError, Refused, StorageFull, StoreError
from mapio_display.web.limits import Limits
from mapio_display.web.ports import StatePort, StorePort

PROGRESS_S = 0.25
SPARE_BYTES = 8 * 1024 * 1024  # left free for the journal and for whoever else writes to the data partition

Read = Callable[[], Awaitable[Sequence[bytes | memoryview]]]
"""Gives the bundle's next bytes, in pieces, none at its end; raises ``SenderLost``, or ``Refused`` for no bundle."""


class SenderLost(MapioDisplayError):
    """Who sent the bundle went away, or sent nothing for too long."""


class Intake:
    """Lets a bundle of at most ``max_bytes`` in, one at a time."""

    def __init__(self, state: StatePort, store: StorePort, max_bytes: int, limits: Limits) -> None:
        self._state = state
        self._store = store
        self._max_bytes = max_bytes
        self._limits = limits

    def check_state(self) -> None:
        """Raise ``Refused`` if no bundle could be taken in now."""
        if failure := admission(self._state.snapshot):
            raise Refused(failure)

    def check_size(self, size: int, overhead: int = 0) -> None:
        """Raise ``Refused`` if a bundle of ``size`` bytes, ``overhead`` of which may not be its own, does not fit."""
        if size - overhead > self._max_bytes:
            raise Refused(failures.too_large(size, self._max_bytes))
        try:
            free = self._store.free() + self._displaceable()
        except StoreError as error:
            raise Refused(failures.storage(str(error))) from error
        if size + SPARE_BYTES > free:
            raise Refused(failures.no_space(size + SPARE_BYTES, free))

    def open(self, filename: str, size: int | None) -> str:
        """Begin an update and give its id; raises ``Refused``. ``receive`` must follow."""
        upload_id = secrets.token_hex(8)
        self._state.dispatch(UploadOpened(upload_id, filename, size))
        return upload_id

    async def reserve(self, filename: str, size: int, fingerprint: str, metadata: str) -> str:
        """Begin an update whose bundle may come in pieces, and give its id; raises ``Refused``."""
        self.check_state()
        self.check_size(size)
        update = self._state.snapshot.update
        upload_id = secrets.token_hex(8)
        begun = UploadOpened(upload_id, filename, size, resumable=True, fingerprint=fingerprint, metadata=metadata)
        self._state.dispatch(begun)
        try:
            if update.step is Step.PAUSED and update.id:
                await asyncio.to_thread(self._store.remove, update.id)
            await asyncio.to_thread(self._store.reserve, upload_id, size)
            snapshot = self._state.snapshot
            if snapshot.update.id != upload_id or snapshot.update.phase is Phase.FAILED:
                # It ended meanwhile, and what that removed was not there yet.
                await asyncio.to_thread(self._store.remove, upload_id)
                raise Refused(_why_ended(snapshot, upload_id))
        except StorageFull as error:
            raise self._failed(upload_id, self._no_space()) from error
        except StoreError as error:
            raise self._failed(upload_id, failures.storage(str(error))) from error
        return upload_id

    async def go_on(self, upload_id: str, size: int, read: Read) -> int:
        """Store more of a bundle of ``size`` bytes and give the new offset; raises ``Refused``.

        A sender that is lost is no end: what came is kept. With the last byte the bundle is given to be installed.
        """
        self._state.dispatch(UploadResumed(upload_id))
        try:
            offset = await self._unless_ended(upload_id, self._store_more(upload_id, size, read))
        except StorageFull as error:
            raise self._failed(upload_id, self._no_space()) from error
        except StoreError as error:
            raise self._failed(upload_id, failures.storage(str(error))) from error
        self._state.dispatch(UploadProgress(upload_id, offset))
        if offset == size:
            self._state.dispatch(UploadFinished(upload_id, size))
        return offset

    async def receive(self, upload_id: str, read: Read) -> None:
        """Store what ``read`` gives, and begin to have it installed; raises ``Refused``.

        However this ends, the state has been told, and there is either a whole bundle or no file.
        """
        try:
            size = await self._unless_ended(upload_id, self._store_all(upload_id, read))
        except SenderLost as error:
            bundle = self._state.snapshot.update.bundle
            failure = failures.connection_lost(bundle.received if bundle else 0, bundle.size if bundle else None)
            self._state.dispatch(UploadLost(upload_id))
            raise Refused(failure) from error
        except StorageFull as error:
            raise self._failed(upload_id, self._no_space()) from error
        except StoreError as error:
            raise self._failed(upload_id, failures.storage(str(error))) from error
        except Refused as refusal:
            raise self._failed(upload_id, refusal.failure) from refusal
        except asyncio.CancelledError:
            self._state.dispatch(UploadLost(upload_id))
            raise
        self._state.dispatch(UploadFinished(upload_id, size))

    async def decision(self, upload_id: str) -> Snapshot:
        """Wait until RAUC has decided on the bundle, for a minute at the most; raises ``Refused`` if it refused."""
        snapshot = self._state.snapshot
        try:
            async with asyncio.timeout(self._limits.decision_s):
                while not _decided(snapshot, upload_id):
                    snapshot = await self._state.after(snapshot)
        except TimeoutError:
            return self._state.snapshot
        return snapshot

    async def _unless_ended(self, upload_id: str, storing: Coroutine[None, None, int]) -> int:
        try:
            async with asyncio.TaskGroup() as group:
                watch = group.create_task(self._raise_when_ended(upload_id))
                size = await storing
                watch.cancel()
        except BaseExceptionGroup as errors:
            raise _first(errors) from errors
        return size

    async def _store_all(self, upload_id: str, read: Read) -> int:
        loop = asyncio.get_running_loop()
        received = 0
        told = loop.time()
        with self._store.writer(upload_id) as writer:
            while pieces := await read():
                received += sum(map(len, pieces))
                if received > self._max_bytes:
                    raise Refused(failures.too_large(received, self._max_bytes))
                for piece in pieces:
                    await writer.write(piece)
                if loop.time() - told >= PROGRESS_S:
                    told = loop.time()
                    self._state.dispatch(UploadProgress(upload_id, received))
            self._state.dispatch(UploadProgress(upload_id, received))
            return await writer.finish()

    async def _store_more(self, upload_id: str, size: int, read: Read) -> int:
        loop = asyncio.get_running_loop()
        told = loop.time()
        with self._store.resumed(upload_id) as writer:
            try:
                while writer.offset < size and (pieces := await read()):
                    for piece in pieces:
                        await writer.write(piece[: size - writer.offset])
                    if loop.time() - told >= PROGRESS_S:
                        told = loop.time()
                        self._state.dispatch(UploadProgress(upload_id, writer.offset))
            except SenderLost:
                offset = await writer.pause()
                self._state.dispatch(UploadCutOff(upload_id, offset))
                return offset
            return await (writer.finish() if writer.offset == size else writer.pause())

    def _displaceable(self) -> int:
        """Bytes that a paused upload holds and would give up for another."""
        update: Update = self._state.snapshot.update
        return self._store.reserved(update.id) if update.step is Step.PAUSED and update.id else 0

    async def _raise_when_ended(self, upload_id: str) -> None:
        """Raise ``Refused`` when the update ends while its bundle is still coming in: cancelled, or not journalled."""
        snapshot = self._state.snapshot
        while snapshot.update.id == upload_id and snapshot.update.phase is Phase.RECEIVING:
            snapshot = await self._state.after(snapshot)
        raise Refused(_why_ended(snapshot, upload_id))

    def _failed(self, upload_id: str, failure: Failure) -> Refused:
        # Where the update has ended already, the core passes this over.
        self._state.dispatch(UploadFailed(upload_id, failure.message))
        return Refused(failure)

    def _no_space(self) -> Failure:
        bundle = self._state.snapshot.update.bundle
        try:
            free = self._store.free()
        except StoreError:
            free = 0
        return failures.no_space((bundle.size if bundle else None) or 0, free)


def _decided(snapshot: Snapshot, upload_id: str) -> bool:
    """Say whether RAUC took the bundle; raises ``Refused`` if the update ended otherwise."""
    update = snapshot.update
    if update.id != upload_id or update.phase is Phase.FAILED:
        raise Refused(_why_ended(snapshot, upload_id))
    return update.accepted or update.phase in (Phase.INSTALLED, Phase.REBOOTING)


def _why_ended(snapshot: Snapshot, upload_id: str) -> Failure:
    """Why the update of this id is no longer under way."""
    update, last = snapshot.update, snapshot.last_update
    if update.id == upload_id and update.error is not None:
        return update.error
    if last is not None and last.id == upload_id:
        return Failure("interrupted", last.reason or "The update was interrupted. Send the bundle again.")
    return failures.CANCELLED


def _first(error: BaseException) -> BaseException:
    """The first exception in a group of groups."""
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error
