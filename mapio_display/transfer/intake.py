"""Takes a bundle in, whatever way it comes: may it come, is it all there, what did RAUC say.

What the core decides (one update at a time) is decided when an upload is opened: the snapshot is the lock. A form is a
transfer of one piece that cannot be resumed.
"""

import asyncio
import secrets
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from mapio_display.core import failures
from mapio_display.core.facts.update import (
    Phase,
    Step,
    Update,
    UploadCutOff,
    UploadFailed,
    UploadFinished,
    UploadLost,
    UploadOpened,
    UploadProgress,
    UploadResumed,
)
from mapio_display.core.failures import Failure
from mapio_display.core.protocols import WholeState, until
from mapio_display.core.record import Origin
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update.table import admission
from mapio_display.errors import Refused, StorageFull, StoreError
from mapio_display.transfer.part import Part
from mapio_display.transfer.store import BundleStore
from mapio_display.transfer.stream import SenderLost

PROGRESS_S = 0.25
SPARE_BYTES = 8 * 1024 * 1024  # left free for the journal and for other programs that write to the data partition
END_BYTES = 128 * 1024  # of these at the end of a form some are not the bundle's

T = TypeVar("T")


class Source(Protocol):
    """Where a bundle, or a piece of one, comes from. It belongs to the thread that pours it."""

    @property
    def left(self) -> int:
        """How many of its bytes have yet to come."""

    def pour(self, part: Part) -> None:
        """Write all of it, which may block; raises ``SenderLost``."""

    def interrupt(self) -> None:
        """Have ``pour`` raise ``SenderLost`` soon; from another thread."""

    def close(self) -> None:
        """Give back what it holds."""


class Intake:
    """Lets a bundle of at most ``max_bytes`` in, one at a time."""

    def __init__(self, state: WholeState, store: BundleStore, max_bytes: int) -> None:
        self._state = state
        self._store = store
        self._max_bytes = max_bytes
        self._displaced: str | None = None
        self._part: Part | None = None  # what is filled at present
        self._disk = asyncio.Lock()  # one thread at a time waits for the disk, however long it takes

    def check_state(self) -> None:
        """Raise ``Refused`` if no bundle could be taken in now."""
        if failure := admission(self._state.snapshot):
            raise Refused(failure)

    def check_size(self, size: int, overhead: int = 0) -> None:
        """Raise ``Refused`` if a bundle of ``size`` bytes, ``overhead`` of which may not be its own, does not fit."""
        if size - overhead > self._max_bytes:
            raise Refused(failures.too_large(size, self._max_bytes))
        update: Update = self._state.snapshot.update
        try:
            # A paused upload gives up what it holds for another.
            paused = self._store.reserved(update.id) if update.step is Step.PAUSED and update.id else 0
            free = self._store.free() + paused
        except StoreError as error:
            raise Refused(failures.storage(str(error))) from error
        if size + SPARE_BYTES > free:
            raise Refused(failures.no_space(size + SPARE_BYTES, free))

    def begin(
        self,
        filename: str,
        size: int,
        *,
        resumable: bool = False,
        fingerprint: str = "",
        metadata: str = "",
        origin: Origin | None = None,
    ) -> str:
        """Begin an update and give its id; raises ``Refused``. ``reserve`` must follow, or ``take`` with an ``end``."""
        before = self._state.snapshot.update
        upload_id = secrets.token_hex(8)
        self._state.dispatch(UploadOpened(upload_id, filename, size, resumable, fingerprint, metadata, origin))
        self._displaced = before.id if before.step is Step.PAUSED else None
        return upload_id

    async def reserve(self, upload_id: str, size: int) -> None:
        """Make room for a resumable bundle; raises ``Refused``."""
        async with self._disk:
            await self._work(upload_id, partial(self._make_room, upload_id, size))

    async def take(
        self,
        upload_id: str,
        opens: Callable[[], Source],
        end: Callable[[bytes], int] | None = None,
        *,
        check: Callable[[Path], None] | None = None,
    ) -> int:
        """Store what a source gives, and give how many bytes of the bundle are there by now; raises ``Refused``.

        Of a resumable bundle, which has no ``end``, what came is kept; with its last byte it is given to be installed.
        Any other comes in one piece; ``end`` says how many of its last bytes are the bundle's, or raises ``Refused``.
        ``opens`` gives the source when it is its turn. ``check`` looks at the complete file, in a thread, and raises
        ``Refused`` or ``StoreError``.
        """
        if end is None:
            self._state.dispatch(UploadResumed(upload_id))
        bundle = self._state.snapshot.update.bundle
        received, size = (bundle.received, bundle.size) if bundle else (0, None)
        async with self._disk:
            source = opens()
            try:
                fill = partial(self._fill, upload_id, source, received, size, end, check=check)
                offset = await self._work(upload_id, fill, source)
            except SenderLost as error:
                bundle = self._state.snapshot.update.bundle
                self._state.dispatch(UploadLost(upload_id))
                raise Refused(failures.connection_lost(bundle.received if bundle else 0, size)) from error
            except asyncio.CancelledError:
                source.interrupt()
                if end is not None:
                    self._state.dispatch(UploadLost(upload_id))
                raise
        if not _receives(self._state.snapshot, upload_id):  # the disk stood still for so long that it paused
            raise Refused(failures.connection_lost(offset, size))
        if source.left:
            self._state.dispatch(UploadCutOff(upload_id, offset))
        elif end is not None or offset == size:
            self._state.dispatch(UploadFinished(upload_id, offset))
        return offset

    async def decision(self, upload_id: str, within_s: float) -> Snapshot:
        """Wait until RAUC has decided on the bundle, so many seconds at the most; raises ``Refused`` if it refused."""
        try:
            async with asyncio.timeout(within_s):
                return await until(self._state, lambda snapshot: _decided(snapshot, upload_id))
        except TimeoutError:
            return self._state.snapshot

    async def _work(self, upload_id: str, job: Callable[[], T], source: Source | None = None) -> T:
        """Do it in a thread, with its progress reported, and stop when the update has ended; raises ``Refused``."""
        begun = threading.Lock()  # who holds it closes the source: the thread, or the one that gave up waiting for it

        def work() -> T:
            if not begun.acquire(blocking=False):
                raise SenderLost("it was given up before a thread was free")
            try:
                return job()
            finally:
                if _is_over(self._state.snapshot, upload_id):  # what ended it may have removed it too early
                    with suppress(StoreError):
                        self._store.remove(upload_id)

        self._part = None
        done = asyncio.get_running_loop().run_in_executor(None, work)
        try:
            while not done.done():
                await asyncio.wait((done,), timeout=PROGRESS_S)
                self._report_progress(upload_id)
                if source and not _receives(self._state.snapshot, upload_id):
                    source.interrupt()
        except asyncio.CancelledError:
            done.cancel()
            if source and begun.acquire(blocking=False):  # all threads were busy
                source.close()
            raise
        error = done.exception()
        if _is_over(snapshot := self._state.snapshot, upload_id):
            raise Refused(_why_ended(snapshot, upload_id)) from error
        if isinstance(error, StoreError | Refused):
            failure = error.failure if isinstance(error, Refused) else self._failure(error)
            self._state.dispatch(UploadFailed(upload_id, failure.message))
            raise Refused(failure) from error
        return done.result()

    def _make_room(self, upload_id: str, size: int) -> None:
        if self._displaced is not None:
            self._store.remove(self._displaced)
        self._store.reserve(upload_id, size)

    def _fill(
        self,
        upload_id: str,
        source: Source,
        received: int,
        size: int | None,
        end: Callable[[bytes], int] | None,
        *,
        check: Callable[[Path], None] | None,
    ) -> int:
        """In the thread: bring what the source gives onto the disk."""
        with closing(source):
            if end is not None:
                self._make_room(upload_id, source.left)
            with self._store.open(upload_id, received if end is None else None) as part:
                self._part = part
                try:
                    source.pour(part)
                except SenderLost:
                    if end is not None or _is_over(self._state.snapshot, upload_id):
                        raise
                if end is not None:
                    part.cut(END_BYTES, end)
                if part.offset > self._max_bytes:
                    raise Refused(failures.too_large(part.offset, self._max_bytes))
                if end is not None or part.offset == size:
                    if check is not None:
                        check(part.path)
                    part.finish()
                else:
                    part.pause()
                return part.offset

    def _report_progress(self, upload_id: str) -> None:
        if self._part is not None:
            self._state.dispatch(UploadProgress(upload_id, self._part.offset))

    def _failure(self, error: StoreError) -> Failure:
        if not isinstance(error, StorageFull):
            return failures.storage(str(error))
        bundle = self._state.snapshot.update.bundle
        try:
            free = self._store.free()
        except StoreError:
            free = 0
        return failures.no_space((bundle.size if bundle else None) or 0, free)


def _receives(snapshot: Snapshot, upload_id: str) -> bool:
    """Whether the update still takes in its bundle; another one may do so by now."""
    return snapshot.update.id == upload_id and snapshot.update.phase is Phase.RECEIVING


def _is_over(snapshot: Snapshot, upload_id: str) -> bool:
    """Whether the update ended: cancelled, or not journalled."""
    return snapshot.update.id != upload_id or snapshot.update.phase is Phase.FAILED


def _decided(snapshot: Snapshot, upload_id: str) -> bool:
    """Say whether RAUC took the bundle; raises ``Refused`` if the update ended otherwise."""
    if _is_over(snapshot, upload_id):
        raise Refused(_why_ended(snapshot, upload_id))
    return snapshot.update.accepted or snapshot.update.phase in (Phase.INSTALLED, Phase.REBOOTING)


def _why_ended(snapshot: Snapshot, upload_id: str) -> Failure:
    """Why the update of this id is no longer under way."""
    update, last = snapshot.update, snapshot.last_update
    if update.id == upload_id and update.error is not None:
        return update.error
    if last is not None and last.id == upload_id:
        return replace(failures.INTERRUPTED, message=last.reason) if last.reason else failures.INTERRUPTED
    return failures.CANCELLED
