"""A gateway that looks for newer bundles, and the server that has them."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest_asyncio

from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.network import Address, NetworkChanged
from mapio_display.core.facts.release import Release
from mapio_display.core.snapshot import Snapshot
from mapio_display.host.clock import now as clocks
from mapio_display.releases.actor import Releases
from mapio_display.releases.downloads import Downloads
from mapio_display.releases.fetcher import PROGRAM, Fetcher
from mapio_display.releases.kept import KeptFile
from mapio_display.transfer.intake import Intake
from tests.releases.server import Page, Server, web_server
from tests.web.client import Answer
from tests.web.gateway import BOOT, PATIENCE_S, Gateway, serving

BUNDLE = b"good " + bytes(range(256)) * 4096  # 1 MiB
SHA256 = hashlib.sha256(BUNDLE).hexdigest()


@dataclass
class Looking:
    """A gateway with what looks for newer bundles."""

    gateway: Gateway
    server: Server
    cookie: dict[str, str]
    intake: Intake

    @property
    def snapshot(self) -> Snapshot:
        return self.gateway.state.snapshot

    @property
    def release(self) -> Release:
        return self.snapshot.release

    async def post(self, what: str, **rest: Any) -> Answer:
        return await self.gateway.ask("POST", f"/api/release/{what}", headers=self.cookie, **rest)

    def connected(self, *, there: bool) -> None:
        """Plug the cable in, or pull it."""
        addresses = (Address("eth0", "192.168.1.20"),) if there else ()
        self.gateway.state.dispatch(NetworkChanged("eth0" if there else None, addresses, "mapio"))

    async def until(self, holds: Callable[[Snapshot], object]) -> Snapshot:
        """Wait until it holds of the snapshot."""
        snapshot = self.snapshot
        async with asyncio.timeout(PATIENCE_S):
            while not holds(snapshot):
                snapshot = await self.gateway.state.after(snapshot)
        return snapshot

    async def offered(self, page: Page | None = None, **announcement: Any) -> None:
        """Announce a version whose bundle is ``page``, and have the gateway look."""
        self.server.pages["/m.raucb"] = page or Page(BUNDLE)
        self.server.announce(**{"version": "1.4.0", "url": "m.raucb", **announcement})
        answer = await self.post("check")
        assert (answer.status, answer.json["version"]) == (200, announcement.get("version", "1.4.0"))


@asynccontextmanager
async def looking(
    folder: Path,
    server: Server,
    *,
    url: str = "",
    clock: Callable[[], Now] = clocks,
    pause: Callable[[float], Any] = asyncio.sleep,
    daily: bool = False,
    stall_s: float = PATIENCE_S,
    max_bytes: int = 1 << 30,
    boot_id: str = BOOT,
    program: Sequence[str] = PROGRAM,
    **started: Any,
) -> AsyncIterator[Looking]:
    """A gateway whose web server is real; it looks where the server announces."""
    async with serving(folder, boot_id=boot_id, started=started) as gateway, asyncio.TaskGroup() as group:
        intake, fetcher = Intake(gateway.state, gateway.store, max_bytes), Fetcher(stall_s, program)
        releases = Releases(
            gateway.state,
            fetcher,
            KeptFile(folder),
            Downloads(gateway.state, intake, fetcher, remove=gateway.store.remove, retry_s=(0.01, 0.05)),
            url=url or f"{server.url}/stable.json",
            identity=gateway.credentials.identity,
            clock=clock,
            daily=daily,
            pause=pause,
        )
        task = group.create_task(releases.run())
        there = Looking(gateway, server, await gateway.sign_in(), intake)
        await there.until(lambda snapshot: snapshot.release.enabled)
        try:
            yield there
        finally:
            task.cancel()


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    async with web_server() as server:
        yield server
