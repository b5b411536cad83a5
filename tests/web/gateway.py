"""A gateway whose web server is real and whose RAUC is played: what a bundle begins with decides what becomes of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiohttp import web

from mapio_display.core.commands import (
    Command,
    ForgetTries,
    Inspect,
    Install,
    RemoveBundle,
    SaveWebEnabled,
    WriteJournal,
)
from mapio_display.core.facts.daemon import Daemon, Started
from mapio_display.core.facts.network import Address, NetworkChanged
from mapio_display.core.facts.panel import PanelShown
from mapio_display.core.facts.rauc import RaucCompleted, RaucFound, RaucProgress, Slot, SlotsRead
from mapio_display.core.facts.system import OsRelease
from mapio_display.core.facts.update import BundleInspected, BundleRefused, InstallBegan, JournalWritten, Phase
from mapio_display.core.snapshot import Snapshot
from mapio_display.durable import BootFile
from mapio_display.rauc.texts import why
from mapio_display.state import State
from mapio_display.transfer.store import BundleStore
from mapio_display.web.app import build_app
from mapio_display.web.auth.credentials import Credentials
from mapio_display.web.auth.gate import Rules
from mapio_display.web.auth.session import Sessions
from mapio_display.web.auth.tries import Tries
from mapio_display.web.http.language import Languages
from mapio_display.web.http.server import LANGUAGES, WebServer
from mapio_display.web.limits import Limits
from mapio_display.web.ports import KeysPort
from tests.web.client import Answer, ask

BOOT = "11111111-aaaa"
SLOTS = (
    Slot("rootfs.0", "A", "booted", "good", "1.3.0", "2026-01-01T00:00:00Z", 1, 1),
    Slot("rootfs.1", "B", "inactive", "good", "1.2.0", "2025-06-01T00:00:00Z", 4, 4),
)
PATIENCE_S = 20.0  # longer than anything takes; a test that waits this long has failed

# What a bundle begins with: the version it has, or what RAUC says of it.
VERSIONS = {b"good": "1.4.0", b"older": "1.2.0"}
REFUSALS = {
    b"untrusted": "signature verification failed: Verify error: unable to get local issuer certificate",
    b"expired": "signature verification failed: Verify error: certificate has expired",
    b"foreign": "Compatible mismatch: Expected 'mapio-image' but bundle manifest has 'other'",
    b"damaged": "Invalid bundle format",
    b"strange": "Failed to mount the moon",
}


class Clock:
    """A clock that stands still until it is moved; it is right when it is made."""

    def __init__(self) -> None:
        self.now = time.monotonic()

    def __call__(self) -> float:
        return self.now


@dataclass
class Gateway:
    """All that a test of the web server holds in its hand."""

    data_dir: Path
    state: State
    store: BundleStore
    credentials: Credentials
    sessions: Sessions
    rauc: "PlayedRauc"
    clock: Clock
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pin(self) -> str:
        return self.credentials.pin

    @property
    def phase(self) -> Phase:
        return self.state.snapshot.update.phase

    async def ask(self, method: str, path: str, **rest: Any) -> Answer:
        """Send one request over a connection of its own."""
        return await ask(self.port, method, path, **rest)

    async def sign_in(self, headers: dict[str, str] | None = None) -> dict[str, str]:
        """Sign in; gives the header for what follows."""
        answer = await self.ask("POST", "/api/session", json={"pin": self.pin}, headers=headers)
        assert answer.status == 200
        return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}

    async def browser_cookie(self) -> dict[str, str]:
        """The header of a browser that has signed in and whose session is over."""
        answer = await self.ask("POST", "/api/session", json={"pin": self.pin})
        return {"Cookie": answer.headers["set-cookie"].split("\n")[1].partition(";")[0]}

    async def until(self, *phases: Phase) -> Snapshot:
        """Wait for a phase of the update."""
        snapshot = self.state.snapshot
        async with asyncio.timeout(PATIENCE_S):
            while snapshot.update.phase not in phases:
                snapshot = await self.state.after(snapshot)
        return snapshot

    def files(self) -> list[str]:
        """The names of what lies in the upload store."""
        folder = self.data_dir / "uploads"
        return sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []

    async def until_no_file(self) -> None:
        """Wait until the upload store is empty."""
        async with asyncio.timeout(PATIENCE_S):
            while self.files():  # noqa: ASYNC110 - the thread that removes a file tells nobody
                await asyncio.sleep(0.005)


@dataclass
class PlayedRauc:
    """Carries out the core's commands as RAUC, the journal, logind and the web server's files would.

    ``go`` holds up what follows the verification until it is set; ``installs`` what follows "Updating slots".
    """

    data_dir: Path
    credentials: Credentials
    commands: list[Command] = field(default_factory=list)
    queue: asyncio.Queue[Command] = field(default_factory=asyncio.Queue)
    verifies: asyncio.Event = field(default_factory=asyncio.Event)
    installs: asyncio.Event = field(default_factory=asyncio.Event)
    journals: bool = True
    tries: Tries | None = None

    def take(self, command: Command) -> None:
        self.commands.append(command)
        if isinstance(command, SaveWebEnabled):
            self.credentials.take(command)
        elif isinstance(command, ForgetTries) and self.tries is not None:
            self.tries.forget()
        else:
            self.queue.put_nowait(command)

    async def run(self, state: State, store: BundleStore) -> None:
        """Play without end."""
        while True:
            match await self.queue.get():
                case WriteJournal(record, _) if record is not None and self.journals:
                    state.dispatch(JournalWritten(record))
                case Inspect(upload_id):
                    await self.verifies.wait()
                    self._inspect(state, upload_id, store.path(upload_id))
                case Install(upload_id):
                    state.dispatch(InstallBegan(upload_id))
                    state.dispatch(RaucProgress(20, "Checking bundle done."))
                    state.dispatch(RaucProgress(40, "Updating slots", writing=True))
                    await self.installs.wait()
                    state.dispatch(RaucCompleted(0, ""))
                    state.dispatch(SlotsRead((SLOTS[0], replace(SLOTS[1], installed_count=5, status="ok")), "rootfs.1"))
                case RemoveBundle(upload_id):
                    store.remove(upload_id)
                case _:
                    pass

    @staticmethod
    def _inspect(state: State, upload_id: str, bundle: Path) -> None:
        with bundle.open("rb") as file:
            kind = file.read(16).split(b" ")[0]
        if version := VERSIONS.get(kind):
            state.dispatch(BundleInspected(upload_id, version))
        else:
            text = REFUSALS.get(kind, "Invalid bundle format")
            state.dispatch(BundleRefused(upload_id, text, why(text)))


def png(masked: bool) -> bytes:
    """A picture that says whether it is masked."""
    return b"\x89PNG masked" if masked else b"\x89PNG with the PIN on it"


def start(
    state: State, credentials: Credentials, boot_id: str, *, version: str = "1.3.0", slots: bool = True, **rest: Any
) -> None:
    """Bring the state to a gateway at rest; without ``slots``, RAUC has not reported them yet."""
    state.dispatch(
        Started(
            boot_id=boot_id,
            os=OsRelease("mapio", version, f"Mapio OS distribution {version} (Yocto scarthgap)"),
            hostname="mapio",
            pin=credentials.pin,
            web_enabled=credentials.web_enabled,
            web_port=0,
            views=("home", "webserver"),
            **rest,
        )
    )
    state.dispatch(NetworkChanged("eth0", (Address("eth0", "192.168.1.20"),), "mapio"))
    if slots:
        state.dispatch(SlotsRead(SLOTS, "rootfs.0"))
    state.dispatch(RaucFound("1.11"))
    state.dispatch(PanelShown("home", full=True))


@asynccontextmanager
async def serving(
    data_dir: Path,
    rules: Rules = Rules(),  # noqa: B008 - frozen
    *,
    store: BundleStore | None = None,
    picture: Any = png,
    boot_id: str = BOOT,
    started: dict[str, Any] | None = None,
    keys: KeysPort | None = None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    languages: Languages = LANGUAGES,
    stuck: Callable[[], str | None] = lambda: None,
    shutdown_s: float = 0.05,  # a page that is still open when a test is over has nothing more to hear
    **server: Any,
) -> AsyncIterator[Gateway]:
    """A gateway with its web server open on a free port of 127.0.0.1."""
    credentials = Credentials(data_dir)
    rauc = PlayedRauc(data_dir, credentials)
    rauc.verifies.set()
    state = State(Snapshot(Daemon("0")), rauc.take)
    bundles = BundleStore(data_dir / "uploads")
    clock = Clock()
    rauc.tries = tries = Tries(data_dir / "run" / "tries.json", boot_id, clock)
    ended = BootFile(data_dir / "run" / "signed-out.json", boot_id)
    sessions = Sessions(credentials, lambda: state.snapshot.boot_id, tries, ended, state.dispatch)
    gateway = Gateway(data_dir, state, bundles, credentials, sessions, rauc, clock)
    start(state, credentials, boot_id, wrong_pins=tries.marked, **(started or {}))
    app: web.Application = build_app(
        state,
        store or bundles,
        picture,
        credentials,
        rules,
        sessions=gateway.sessions,
        keys=keys,
        limits=limits,
        languages=languages,
        stuck=stuck,
    )
    web_server = WebServer(
        state,
        app,
        "127.0.0.1",
        server.pop("port", 0),
        shutdown_s=shutdown_s,
        limits=limits,
        languages=languages,
        **server,
    )
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(state.run()),
            group.create_task(rauc.run(state, bundles)),
            group.create_task(credentials.run()),
            group.create_task(web_server.run()),
        ]
        snapshot = state.snapshot
        async with asyncio.timeout(PATIENCE_S):
            while not snapshot.web.listening and snapshot.web.enabled and not snapshot.web.error:
                snapshot = await state.after(snapshot)
        gateway.port = snapshot.web.port
        try:
            yield gateway
        finally:
            await credentials.done()
            for task in tasks:
                task.cancel()
