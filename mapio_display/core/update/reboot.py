"""Handlers of the restart: the panel shows it first, then logind is asked."""

from dataclasses import replace

from mapio_display.core import failures
from mapio_display.core.commands import Reboot
from mapio_display.core.facts.clock import Now, Tick
from mapio_display.core.facts.panel import PanelFailed, PanelShown
from mapio_display.core.facts.shutdown import Shutdown
from mapio_display.core.facts.update import RebootFailed, RebootRequested, RestartRequested, Step, Update
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update.transitions import Change, enter, expired
from mapio_display.errors import NotNow

ANNOUNCE_S = 10.0  # two full refreshes and some: a panel that is slower than this does not hold up the reboot
REBOOT_S = 120.0  # systemd gives units 90 s to stop


def announce(snapshot: Snapshot, event: RebootRequested | RestartRequested | None, now: Now) -> Change:
    """Give the panel its last frame first: its picture outlives the power."""
    return enter(snapshot, Step.ANNOUNCING, percent=None, message=None, error=None, deadline=now.mono + ANNOUNCE_S)


def restart(snapshot: Snapshot, event: RestartRequested, now: Now) -> Change:
    """The same without an update; what waits for its rest or its verdict goes on waiting after the start."""
    update = snapshot.update
    waits = update if update.step in (Step.PAUSED, Step.JUDGING) else update.waits
    return announce(replace(snapshot, update=Update(waits=waits), result_until=None), event, now)


def restart_unjudged(snapshot: Snapshot, event: RestartRequested, now: Now) -> Change:
    """The same where RAUC has yet to say what became of an update: it is judged after the start."""
    if not may_restart_unjudged(snapshot):
        raise NotNow(failures.UPDATE_UNDER_WAY)
    return restart(snapshot, event, now)


def may_restart_unjudged(snapshot: Snapshot) -> bool:
    """Whether a restart cuts off nothing, and is what helps: RAUC is missing. Otherwise it may still install."""
    return snapshot.rauc.available is False


def announced(snapshot: Snapshot, event: PanelShown, now: Now) -> Change:
    """The panel says that the gateway restarts, so it may."""
    return go_down(snapshot, now) if event.announces is Shutdown.RESTART else (snapshot, ())


def announced_to_nobody(snapshot: Snapshot, event: PanelFailed, now: Now) -> Change:
    """A dead panel does not hold up the restart."""
    return go_down(snapshot, now)


def waited(snapshot: Snapshot, event: Tick, now: Now) -> Change:
    """Nor does a slow one."""
    return go_down(snapshot, now) if expired(snapshot, now) else (snapshot, ())


def go_down(snapshot: Snapshot, now: Now) -> Change:
    """Ask for the restart."""
    return enter(snapshot, Step.REBOOTING, Reboot(), deadline=now.mono + REBOOT_S)


def still_up(snapshot: Snapshot, event: Tick, now: Now) -> Change:
    """The restart was asked for and did not come."""
    if not expired(snapshot, now):
        return snapshot, ()
    return _not_down(snapshot)


def refused(snapshot: Snapshot, event: RebootFailed, now: Now) -> Change:
    """Logind did not take the restart; the owner can try again."""
    return _not_down(snapshot, event.text)


def _not_down(snapshot: Snapshot, detail: str | None = None) -> Change:
    if snapshot.update.record is None:
        return enter(snapshot, Step.FAILED, error=replace(failures.RESTART_IGNORED, detail=detail))
    return enter(snapshot, Step.INSTALLED, percent=100, error=replace(failures.REBOOT_IGNORED, detail=detail))
