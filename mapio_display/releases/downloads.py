"""Downloads the bundle that the owner wants, through lost connections and restarts, until it is there or given up.

What is to be done stands in the snapshot: a download is to begin, or a journalled one waits for its rest. So a restart
of the daemon, or of the machine, resumes a download.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from mapio_display.core.facts.release import Announcement, DownloadFailed
from mapio_display.core.facts.update import CancelRequested, Step, Update, UploadFailed
from mapio_display.core.failures import NO_OFFER, Failure, failure
from mapio_display.core.protocols import WholeState, until
from mapio_display.core.record import Origin
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update.obstacles import why_no_update
from mapio_display.errors import Refused, StoreError
from mapio_display.releases import announcement
from mapio_display.releases.fetcher import Download, Fetcher, digest, validator
from mapio_display.transfer.intake import Intake

log = logging.getLogger(__name__)

RETRY_S = (2.0, 300.0)  # the first pause after a lost connection, which doubles, and the longest
ANEW = 3  # how often a download begins anew because its file has changed
_BUSY = (408, 425, 429)  # HTTP statuses that are over after a while, as all from 500 on


class Downloads:
    """Downloads what the core asks for; ``remove`` removes the bundle of an update from the disk.

    ``retry_s`` are the shortest and the longest pause after a lost connection, in seconds.
    """

    def __init__(
        self,
        state: WholeState,
        intake: Intake,
        fetcher: Fetcher,
        *,
        remove: Callable[[str], None],
        retry_s: tuple[float, float] = RETRY_S,
    ) -> None:
        self._state = state
        self._intake = intake
        self._fetcher = fetcher
        self._remove = remove
        self._retry_s = retry_s
        self._anew = 0

    async def run(self) -> None:
        """Download what is wanted, one bundle after another, without end."""
        while True:
            snapshot = await until(self._state, lambda snapshot: snapshot.release.opening or _waits(snapshot.update))
            if _waits(snapshot.update) and not _is_another(snapshot):
                assert snapshot.update.id is not None
                await self._fill(snapshot.update.id, None)
            else:
                await self._begin(snapshot.release.announced)

    async def _begin(self, announced: Announcement | None) -> None:
        """Begin to download what is announced, and go on until it is there or given up."""
        self._anew = 0
        download: Download | None = None
        if announced is None:
            self._state.dispatch(DownloadFailed(NO_OFFER))
            return
        try:
            self._intake.check_state()
            download = await self._fetcher.open(announced.url)
            upload_id = self._open(announced, download)
        except Refused as refused:
            if download is not None:
                download.close()
            log.warning("The download does not begin: %s", refused.failure)
            self._state.dispatch(DownloadFailed(refused.failure))
            return
        await self._reserved(upload_id, download)

    def _open(self, announced: Announcement, download: Download) -> str:
        """Let the update begin; raises ``Refused``."""
        if announced.size not in (None, download.size):
            known = announced.size or 0
            raise Refused(failure("bad-answer.size", download.answer.url, size=download.size, announced=known))
        self._intake.check_size(download.size)
        origin = Origin(announced.url, validator(download.answer), announced.sha256)
        name = announcement.filename(announced.url)
        return self._intake.begin(name, download.size, resumable=True, origin=origin)

    async def _reserved(self, upload_id: str, download: Download) -> None:
        try:
            await self._intake.reserve(upload_id, download.size)
        except Refused:  # the update says why
            download.close()
        except asyncio.CancelledError:
            download.close()
            raise
        else:
            await self._fill(upload_id, download)

    async def _fill(self, upload_id: str, download: Download | None) -> None:
        """Go on with a download until it is there, given up, or has to begin anew."""
        shortest, longest = self._retry_s
        pause = shortest
        while True:
            update = self._state.snapshot.update
            origin = _origin(update)
            if origin is None or not _is_under_way(update, upload_id):  # it was cancelled meanwhile
                if download is not None:
                    download.close()
                return
            before = update.bundle.received if update.bundle else 0
            try:
                if download is None:
                    download = await self._resumed(update, origin)
                if download is None:
                    return
                await self._pour(upload_id, download, origin)
            except Refused as refused:
                if not _is_under_way(self._state.snapshot.update, upload_id):
                    return
                if not _passes(refused.failure):
                    self._state.dispatch(UploadFailed(upload_id, refused.failure.message))
                    return
                log.info("The download waits: %s", refused.failure)
                if self._state.snapshot.release.opening:  # the owner waits for an answer
                    self._state.dispatch(DownloadFailed(refused.failure))
            download = None
            update = self._state.snapshot.update
            if not _is_under_way(update, upload_id):
                return
            pause = shortest if update.bundle and update.bundle.received > before else min(2 * pause, longest)
            await self._wait(pause, upload_id)
            if _is_another(self._state.snapshot):
                return

    async def _pour(self, upload_id: str, download: Download, origin: Origin) -> None:
        """Bring what comes onto the disk; raises ``Refused``."""
        opened = False

        def opens() -> Download:
            nonlocal opened
            opened = True
            return download

        check = partial(_check_digest, origin.sha256) if origin.sha256 else None
        try:
            await self._intake.take(upload_id, opens, check=check)
        finally:
            if not opened:
                download.close()

    async def _resumed(self, update: Update, origin: Origin) -> Download | None:
        """Ask for the rest; None where the download was cancelled meanwhile, or began anew. Raises ``Refused``."""
        assert update.id is not None
        received = update.bundle.received if update.bundle else 0
        if (why := why_no_update(self._state.snapshot)) is not None:
            raise Refused(why)
        # Without a way to know the same file again, the rest of another one would be put behind it.
        known = origin.validator is not None or origin.sha256 is not None
        download = await self._fetcher.open(origin.url, received if known else 0, origin.validator)
        if not _is_under_way(self._state.snapshot.update, update.id):
            download.close()
            return None
        if download.offset == received and update.bundle is not None and download.size == update.bundle.size:
            return download
        self._anew += 1
        if self._anew > ANEW:
            download.close()
            raise Refused(failure("bad-answer.changing"))
        log.warning("Update %s: the server sends the bundle from its beginning, so the download begins anew", update.id)
        try:
            upload_id = await self._begun_anew(update.id, origin, download)
        except Refused as refused:
            download.close()
            self._state.dispatch(DownloadFailed(refused.failure))
        except BaseException:
            download.close()
            raise
        else:
            await self._reserved(upload_id, download)
        return None

    async def _begun_anew(self, before: str, origin: Origin, download: Download) -> str:
        """Drop the download ``before``, whose file is another by now, and begin one; raises ``Refused``."""
        announced = self._state.snapshot.release.announced
        if announced is None or announced.url != origin.url:
            announced = Announcement("", origin.url, sha256=origin.sha256)
        self._state.dispatch(CancelRequested())
        with suppress(StoreError):  # it is removed once more
            await asyncio.to_thread(self._remove, before)  # its space is needed
        return self._open(announced, download)

    async def _wait(self, seconds: float, upload_id: str) -> None:
        """Wait before the next try, or until the owner wants it now or not at all."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await until(
                    self._state,
                    lambda snapshot: snapshot.release.opening or not _is_under_way(snapshot.update, upload_id),
                )


def _origin(update: Update) -> Origin | None:
    return update.record.origin if update.record is not None else None


def _waits(update: Update) -> bool:
    """Whether there is a download that is not complete."""
    return update.downloads and update.step in (Step.RECEIVING, Step.PAUSED)


def _is_under_way(update: Update, upload_id: str) -> bool:
    return update.id == upload_id and _waits(update)


def _is_another(snapshot: Snapshot) -> bool:
    """Whether the owner wants another bundle than the one that is half there."""
    origin, announced = _origin(snapshot.update), snapshot.release.announced
    return snapshot.release.opening and (origin is None or announced is None or origin.url != announced.url)


def _passes(why: Failure) -> bool:
    """Whether what stopped a download may be over after a while."""
    match why.message.code:
        case "bad-answer.status":
            status = dict(why.message.facts).get("status")
            return isinstance(status, int) and (status >= 500 or status in _BUSY)
        case "bad-answer.page":
            return True
        case _:
            return why.code not in ("bad-answer", "damaged", "storage", "no-space", "too-large")


def _check_digest(sha256: str, path: Path) -> None:
    """In a thread: raise ``Refused`` for another file than the announced one."""
    if (found := digest(path)) != sha256:
        raise Refused(failure("damaged.download", f"announced={sha256} received={found}"))
