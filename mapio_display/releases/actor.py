"""Looks for newer bundles once a day and when asked, keeps what is known of them, and runs the downloads."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.release import Announcement, CheckDue, CheckFailed, ReleaseAnnounced, ReleaseRestored
from mapio_display.core.protocols import Pause, WholeState, until
from mapio_display.errors import Refused
from mapio_display.releases import announcement
from mapio_display.releases.downloads import Downloads
from mapio_display.releases.fetcher import Fetcher
from mapio_display.releases.kept import Kept, KeptFile
from mapio_display.releases.schedule import is_due, own_minute, own_number

log = logging.getLogger(__name__)

LOOK_S = 60.0  # between two looks at the clock
SETTLE_S = 180.0  # for how long there must have been a network


class Releases:
    """Asks the server at ``url``; with ``daily`` without being asked too."""

    def __init__(
        self,
        state: WholeState,
        fetcher: Fetcher,
        file: KeptFile,
        downloads: Downloads,
        *,
        url: str,
        identity: str,
        clock: Callable[[], Now],
        daily: bool = True,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._state = state
        self._fetcher = fetcher
        self._file = file
        self._downloads = downloads
        self._url = url
        self._identity = identity
        self._clock = clock
        self._daily = daily
        self._pause = pause
        self._kept = Kept(url)

    async def run(self) -> None:
        """Do all of it, without an end."""
        self._kept = kept = await asyncio.to_thread(self._file.load, self._url)
        number = own_number(self._identity)
        self._state.dispatch(ReleaseRestored(number, kept.announced, kept.wanted, kept.quiet, kept.checked_at))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep(), name="releases kept")
            group.create_task(self._checks(), name="release checks")
            group.create_task(self._downloads.run(), name="release downloads")
            if self._daily:
                group.create_task(self._every_day(), name="release check, daily")

    async def _every_day(self) -> None:
        minute, since = own_minute(self._identity), None
        while True:
            await self._pause(LOOK_S)
            now = self._clock()
            if self._state.snapshot.network.primary is None:
                since = None
            elif since is None:
                since = now.mono
            settled = since is not None and now.mono - since >= SETTLE_S
            if settled and is_due(minute, self._kept.asked_at, now.wall):
                self._state.dispatch(CheckDue())

    async def _checks(self) -> None:
        while True:
            await until(self._state, lambda snapshot: snapshot.release.checking)
            self._kept = replace(self._kept, asked_at=self._clock().wall)
            try:
                announced = await self._check()
            except Refused as refused:
                log.warning("No answer on newer bundles from %s: %s", self._url, refused.failure)
                self._state.dispatch(CheckFailed(refused.failure))
            else:
                self._state.dispatch(ReleaseAnnounced(announced))

    async def _check(self) -> Announcement | None:
        """Ask the server; None where nothing has changed. Raises ``Refused``."""
        etag = self._kept.etag if self._kept.announced is not None else None
        answer, content = await self._fetcher.small(self._url, etag, announcement.LARGEST)
        if answer.status == 304 and etag is not None:
            return None
        announced = announcement.read(content, answer.url)
        self._kept = replace(self._kept, etag=answer.headers.get("etag"))
        return announced

    async def _keep(self) -> None:
        """Write what is to be kept whenever it is another."""
        saved, snapshot = self._kept, self._state.snapshot
        while True:
            release = snapshot.release
            self._kept = replace(
                self._kept,
                announced=release.announced,
                wanted=release.wanted,
                quiet=release.quiet,
                checked_at=release.checked_at,
            )
            if self._kept != saved and not release.checking:
                saved = self._kept
                await asyncio.to_thread(self._file.save, saved)
            snapshot = await self._state.after(snapshot)
