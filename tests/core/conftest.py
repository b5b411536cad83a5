"""A transcript: events go in at a held clock, commands come out."""

from typing import Any

import pytest

from mapio_display.core.commands import Command
from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.daemon import Daemon, Started
from mapio_display.core.facts.event import Event
from mapio_display.core.facts.rauc import RaucFound, Slot, SlotsRead
from mapio_display.core.facts.system import OsRelease
from mapio_display.core.facts.update import Phase
from mapio_display.core.facts.web import WebListening
from mapio_display.core.reduce import reduce
from mapio_display.core.snapshot import Snapshot
from mapio_display.words.log_lines import Line, log_lines

BOOT = "11111111-aaaa"
NEXT_BOOT = "22222222-bbbb"

SLOT_A = Slot("rootfs.0", "A", "booted", "good", "1.3.0", "2026-01-01T00:00:00Z", installed_count=1, activated_count=1)
SLOT_B = Slot(
    "rootfs.1", "B", "inactive", "good", "1.2.0", "2025-06-01T00:00:00Z", installed_count=4, activated_count=4
)


class Transcript:
    """Feeds events to ``reduce`` and keeps the snapshot, the clock and the commands of the last event."""

    def __init__(self) -> None:
        self.snapshot = Snapshot(Daemon("0"))
        self.mono = 100.0
        self.wall = 1_800_000_000.0
        self.commands: tuple[Command, ...] = ()
        self.log: list[Line] = []

    def now(self) -> Now:
        """The two clocks."""
        return Now(self.mono, self.wall + self.mono)

    def feed(self, *events: Event) -> tuple[Command, ...]:
        """Take events one after another; gives the commands of the last."""
        for event in events:
            before = self.snapshot
            self.snapshot, self.commands = reduce(self.snapshot, event, self.now())
            self.log += log_lines(before, self.snapshot)
        return self.commands

    def phase(self) -> Phase:
        """The update's phase now."""
        return self.snapshot.update.phase

    def start(self, *, version: str = "1.3.0", boot_id: str = BOOT, **rest: Any) -> tuple[Command, ...]:
        """Start the daemon, as far as RAUC's first answer."""
        started = Started(
            boot_id=boot_id,
            os=OsRelease("mapio", version, f"Mapio OS distribution {version}"),
            hostname="mapio",
            pin="012345",
            web_enabled=True,
            web_port=80,
            **rest,
        )
        return self.feed(started)


@pytest.fixture
def transcript() -> Transcript:
    """A daemon that has not started."""
    return Transcript()


@pytest.fixture
def running() -> Transcript:
    """A daemon at rest: web server open, RAUC there, slot A booted."""
    transcript = Transcript()
    transcript.start()
    transcript.feed(WebListening(80), SlotsRead((SLOT_A, SLOT_B), "rootfs.0"), RaucFound(None))
    return transcript
