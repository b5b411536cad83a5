"""When things happened, told as soon as the clock can be believed: after a boot that takes a while."""

from dataclasses import replace

from mapio_display.core.commands import Command, WriteJournal
from mapio_display.core.facts.clock import Now
from mapio_display.core.snapshot import Snapshot


def believed(snapshot: Snapshot, now: Now) -> Now:
    """The same moment, its time of day not to be believed where the journal knows a later one."""
    early = snapshot.not_before is not None and now.iso is not None and now.iso < snapshot.not_before
    return replace(now, right=False) if early else now


def dated(snapshot: Snapshot, now: Now) -> tuple[Snapshot, tuple[Command, ...]]:
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
