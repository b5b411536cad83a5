"""The clocks: the time as the core takes it, the deadlines, and the time of day that the panel shows."""

from dataclasses import dataclass
from datetime import UTC, datetime

from mapio_display.core.facts.event import Observation

BEFORE_THIS = datetime(2026, 1, 1, tzinfo=UTC).timestamp()  # was no such program; a clock that says so is not set


@dataclass(frozen=True, slots=True)
class Now:
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


@dataclass(frozen=True, slots=True)
class Tick(Observation):
    """A deadline named by ``wake_at`` has passed."""


@dataclass(frozen=True, slots=True)
class ClockTicked(Observation):
    """The local time of day (``14:05``), None while the clock cannot be believed."""

    time: str | None
