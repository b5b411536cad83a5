"""``POST /update``: a bundle as multipart, streamed once to the data partition.

Everything that its headers give away is checked before the first byte of the body. What the core decides (one update at
a time) is decided when the upload is opened: the snapshot is the lock.
"""

import asyncio
import secrets

from aiohttp import BodyPartReader, web

from mapio_display.core import failures
from mapio_display.core.events import UploadFailed, UploadFinished, UploadLost, UploadOpened, UploadProgress
from mapio_display.core.failures import Failure
from mapio_display.core.record import Result
from mapio_display.core.snapshot import Phase, Snapshot
from mapio_display.core.update import admission
from mapio_display.errors import Refused, StorageFull, StoreError
from mapio_display.web.errors import LENGTH_REQUIRED, NO_BUNDLE, malformed
from mapio_display.web.ports import StatePort, StorePort

CHUNK = 1024 * 1024
STALL_S = 30.0  # without a byte
DECISION_S = 60.0
PROGRESS_S = 0.25
FORM_BYTES = 64 * 1024  # what a form has around its file, and other fields in it, at the most
SPARE_BYTES = 8 * 1024 * 1024  # left free for the journal and for whoever else writes to the data partition


class Uploads:
    """Takes in bundles. ``max_bytes`` is the largest bundle's size."""

    def __init__(self, state: StatePort, store: StorePort, max_bytes: int) -> None:
        self._state = state
        self._store = store
        self._max_bytes = max_bytes

    def admit(self, request: web.Request) -> None:
        """Refuse by the headers alone what can be refused so; raises ``Refused``."""
        if failure := admission(self._state.snapshot):
            raise Refused(failure)
        if request.content_type != "multipart/form-data":
            raise Refused(malformed(f"the content type is {request.content_type}, not multipart/form-data"))
        size = request.content_length
        if size is None:
            raise Refused(LENGTH_REQUIRED)
        if size > self._max_bytes + FORM_BYTES:
            raise Refused(failures.too_large(size, self._max_bytes))
        try:
            free = self._store.free()
        except StoreError as error:
            raise Refused(failures.storage(str(error))) from error
        if size + SPARE_BYTES > free:
            raise Refused(failures.no_space(size + SPARE_BYTES, free))

    async def receive(self, request: web.Request) -> str:
        """Take the bundle in and give the update's id; raises ``Refused`` with what went wrong.

        ``admit`` has let the request through.
        """
        try:
            part = await self._bundle_part(request)
        except (ConnectionError, TimeoutError) as error:
            raise Refused(failures.connection_lost(0, request.content_length)) from error
        upload_id = secrets.token_hex(8)
        self._state.dispatch(UploadOpened(upload_id, display_name(part.filename), request.content_length))
        try:
            size = await self._transfer(part, upload_id)
        except (ConnectionError, TimeoutError, web.RequestPayloadError) as error:
            snapshot = self._state.dispatch(UploadLost(upload_id))
            raise Refused(_reason(snapshot, upload_id)) from error
        except StorageFull as error:
            failure = failures.no_space(request.content_length or 0, self._free_now())
            raise self._failed(upload_id, failure) from error
        except StoreError as error:
            raise self._failed(upload_id, failures.storage(str(error))) from error
        except (ValueError, AssertionError) as error:
            # aiohttp's multipart reader words what is wrong with a form in these two.
            raise self._failed(upload_id, malformed(str(error))) from error
        except asyncio.CancelledError:
            self._state.dispatch(UploadLost(upload_id))
            raise
        self._state.dispatch(UploadFinished(upload_id, size))
        return upload_id

    def _failed(self, upload_id: str, failure: Failure) -> Refused:
        self._state.dispatch(UploadFailed(upload_id, failure.message))
        return Refused(failure)

    async def decision(self, upload_id: str) -> Snapshot:
        """Wait until RAUC has decided on the bundle, for a minute at the most; raises ``Refused`` if it refused."""
        snapshot = self._state.snapshot
        try:
            async with asyncio.timeout(DECISION_S):
                while not _decided(snapshot, upload_id):
                    snapshot = await self._state.after(snapshot)
        except TimeoutError:
            return self._state.snapshot
        return snapshot

    async def _bundle_part(self, request: web.Request) -> BodyPartReader:
        try:
            form = await request.multipart()
            async with asyncio.timeout(STALL_S):
                while (part := await form.next()) is not None:
                    if isinstance(part, BodyPartReader) and part.name == "bundle":
                        return part
        except (ValueError, AssertionError) as error:
            raise Refused(malformed(str(error))) from error
        raise Refused(NO_BUNDLE)

    async def _transfer(self, part: BodyPartReader, upload_id: str) -> int:
        """Stream the bundle to the disk, unless the update ends meanwhile; gives its size."""
        try:
            async with asyncio.TaskGroup() as group:
                watch = group.create_task(self._raise_when_ended(upload_id))
                size = await self._stream(part, upload_id)
                watch.cancel()
        except BaseExceptionGroup as errors:
            raise _first(errors) from None
        return size

    async def _stream(self, part: BodyPartReader, upload_id: str) -> int:
        loop = asyncio.get_running_loop()
        told = loop.time()
        with self._store.writer(upload_id) as writer:
            received = 0
            async with asyncio.timeout(STALL_S) as stall:
                while chunk := await part.read_chunk(CHUNK):
                    received += len(chunk)
                    if received > self._max_bytes:
                        raise self._failed(upload_id, failures.too_large(received, self._max_bytes))
                    await writer.write(chunk)
                    now = loop.time()
                    stall.reschedule(now + STALL_S)
                    if now - told >= PROGRESS_S:
                        told = now
                        self._state.dispatch(UploadProgress(upload_id, received))
                # Syncing hundreds of megabytes to eMMC takes its time; it is no stall of the sender's.
                stall.reschedule(None)
                return await writer.finish()

    async def _raise_when_ended(self, upload_id: str) -> None:
        """Raise ``Refused`` when the update ends while its bundle is still coming in: cancelled, or not journalled."""
        snapshot = self._state.snapshot
        while snapshot.update.id == upload_id and snapshot.update.phase is Phase.RECEIVING:
            snapshot = await self._state.after(snapshot)
        raise Refused(_reason(snapshot, upload_id))

    def _free_now(self) -> int:
        try:
            return self._store.free()
        except StoreError:
            return 0


def _decided(snapshot: Snapshot, upload_id: str) -> bool:
    """Say whether RAUC took the bundle; raises ``Refused`` if the update ended otherwise."""
    update = snapshot.update
    if update.id != upload_id or update.phase is Phase.FAILED:
        raise Refused(_reason(snapshot, upload_id))
    return update.accepted or update.phase in (Phase.INSTALLED, Phase.REBOOTING)


def _reason(snapshot: Snapshot, upload_id: str) -> Failure:
    """Why the update of this id is no longer under way."""
    update, last = snapshot.update, snapshot.last_update
    if update.id == upload_id and update.error is not None:
        return update.error
    if last is not None and last.id == upload_id and last.result is Result.INTERRUPTED:
        return Failure("interrupted", last.reason or failures.CANCELLED.message)
    return failures.CANCELLED


def _first(error: BaseException) -> BaseException:
    """The first exception of a group of groups."""
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


def display_name(filename: str | None) -> str:
    """The file's name as it may be shown: without folders and control characters, 100 characters at the most."""
    name = (filename or "").replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in name if c.isprintable())[:100] or "bundle"
