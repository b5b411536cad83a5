"""Handlers of an install that another program began: it is shown, its end waited for, and the reboot left to it."""

from dataclasses import replace

from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.rauc import (
    RaucBusyObserved,
    RaucCompleted,
    RaucInstalling,
    RaucLost,
    RaucProgress,
    SlotsRead,
)
from mapio_display.core.facts.update import Phase, Step, Update
from mapio_display.core.message import message
from mapio_display.core.record import Result, Stage
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update.transitions import ASK_S, Change, end, enter, this_boot
from mapio_display.core.verdict import OVERWRITTEN


def began(snapshot: Snapshot, event: RaucInstalling | RaucBusyObserved, now: Now) -> Change:
    """RAUC installs, and we did not ask for it. A transfer that waits for its rest goes on waiting."""
    waits = snapshot.update if snapshot.update.step is Step.PAUSED else snapshot.update.waits
    idle = replace(snapshot, update=Update(waits=waits), result_until=None)
    return enter(idle, Step.FOREIGN, deadline=now.mono + ASK_S)


def progressed(snapshot: Snapshot, event: RaucProgress, now: Now) -> Change:
    """RAUC reports its progress."""
    percent = max(event.percent, snapshot.update.percent or 0)
    return replace(snapshot, update=replace(snapshot.update, percent=percent, message=event.shown)), ()


def ended(snapshot: Snapshot, event: RaucCompleted | RaucLost | SlotsRead, now: Now) -> Change:
    """It has ended: RAUC reports it, is gone, or answers again, which it does not do while it installs."""
    return replace(snapshot, update=snapshot.update.waits or Update()), ()


def overtaken(snapshot: Snapshot, event: RaucInstalling | RaucBusyObserved, now: Now) -> Change:
    """Ours is installed and about to restart or waits for it, and another program installs: ours may be written over.

    A bundle that RAUC refuses leaves it as it is. RAUC's slots will show it. A restart without an update can be
    requested again.
    """
    if snapshot.update.record is None:
        return began(snapshot, event, now)
    return enter(
        snapshot,
        Step.JUDGING,
        phase=Phase.INSTALLING,
        percent=None,
        message=message("waiting.overtaken"),
        error=None,
        deadline=now.mono + ASK_S,
    )


def overwritten(snapshot: Snapshot, event: RaucProgress, now: Now) -> Change:
    """RAUC begins to write the slot: what another program had installed over ours counts as its own from now on."""
    record = snapshot.update.record
    if record is None or record.stage is not Stage.INSTALLED or not this_boot(snapshot) or not event.writing:
        return snapshot, ()
    ended, commands = end(snapshot, Result.FAILED, OVERWRITTEN, now)
    shown, _ = enter(ended, Step.FOREIGN, percent=event.percent, message=event.shown, deadline=now.mono + ASK_S)
    return shown, commands
