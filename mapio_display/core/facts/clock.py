"""The clocks: the time as the core takes it, the deadlines, and the time of day that the panel shows."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mapio_display.core.commands import WriteJournal
from mapio_display.core.facts.event import Change, Handlers, Observation
from mapio_display.frozen import Frozen

if TYPE_CHECKING:
    from mapio_display.core.snapshot import Snapshot


BEFORE_THIS = datetime(2026, 1, 1, tzinfo=UTC).timestamp()  # before this program existed: such a clock is not set


class Now(Frozen):
    """The two clocks at one moment: ``mono`` in seconds of CLOCK_MONOTONIC, ``wall`` in seconds since 1970.

    ``right`` says whether the second can be believed: without a battery a clock starts at some time of the past.
    """

    mono: float
    wall: float
    right: bool = True

    @property
    def iso(self) -> str | None:
        """The time of day in UTC, to the second; None while the clock cannot be believed."""
        if not self.right or self.wall < BEFORE_THIS:
            return None
        return datetime.fromtimestamp(self.wall, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def at(self, mono: float) -> str | None:
        """The time of day in UTC at that second of CLOCK_MONOTONIC."""
        return Now(mono, self.wall - (self.mono - mono), self.right).iso


class Tick(Observation):
    """A deadline named by ``wake_at`` has passed."""


class ClockTicked(Observation):
    """The local time of day (``14:05``), None while the clock cannot be believed."""

    time: str | None


def believed(snapshot: "Snapshot", now: Now) -> Now:
    """The same moment, its time of day not to be believed where the journal knows a later one."""
    early = snapshot.not_before is not None and now.iso is not None and now.iso < snapshot.not_before
    return replace(now, right=False) if early else now


def date(snapshot: "Snapshot", now: Now) -> Change:
    """Give the start and the last verdict their time of day, once there is one."""
    if now.iso is None:
        return snapshot, ()
    daemon, last = snapshot.daemon, snapshot.last_update
    if daemon.started_at is None and snapshot.started_mono is not None:
        snapshot = replace(snapshot, daemon=replace(daemon, started_at=now.at(snapshot.started_mono)))
    if snapshot.judged_mono is None or last is None or last.finished_at is not None:
        return snapshot, ()
    last = replace(last, finished_at=now.at(snapshot.judged_mono))
    return replace(snapshot, last_update=last), (WriteJournal(snapshot.update.record, last),)


def _ticked(snapshot: "Snapshot", event: ClockTicked, now: Now) -> Change:
    return replace(snapshot, clock=event.time), ()


HANDLERS: Handlers = {ClockTicked: _ticked}
