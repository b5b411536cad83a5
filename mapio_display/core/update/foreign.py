"""Handlers of an install that somebody else began: it is shown, and its end waited for; the reboot is theirs."""

from dataclasses import replace

from mapio_display.core.events import RaucBusySeen, RaucCompleted, RaucInstalling, RaucLost, RaucProgress, SlotsRead
from mapio_display.core.snapshot import Now, Snapshot, Step, Update
from mapio_display.core.update.moves import ASK_S, Change, enter


def foreign_seen(snapshot: Snapshot, event: RaucInstalling | RaucBusySeen, now: Now) -> Change:
    """RAUC installs, and we did not ask for it."""
    idle = replace(snapshot, update=Update(), result_until=None)
    return enter(idle, Step.FOREIGN, deadline=now.mono + ASK_S)


def foreign_progressed(snapshot: Snapshot, event: RaucProgress, now: Now) -> Change:
    """RAUC tells how far it is."""
    percent = max(event.percent, snapshot.update.percent or 0)
    return replace(snapshot, update=replace(snapshot.update, percent=percent, message=event.message)), ()


def foreign_ended(snapshot: Snapshot, event: RaucCompleted | RaucLost | SlotsRead, now: Now) -> Change:
    """It is over: RAUC says so, is gone, or answers again, which it does not do while it installs."""
    return replace(snapshot, update=Update()), ()
