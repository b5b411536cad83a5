"""Handlers of the restart: the panel says so first, then logind is asked."""

from mapio_display.core import failures
from mapio_display.core.commands import Reboot
from mapio_display.core.events import PanelFailed, PanelShown, RebootFailed, RebootRequested, Tick
from mapio_display.core.snapshot import Now, Snapshot, Step
from mapio_display.core.update.moves import Change, enter, expired
from mapio_display.core.view import View

ANNOUNCE_S = 10.0  # two full refreshes and some: a panel that is slower than this does not hold up the reboot
REBOOT_S = 120.0  # systemd gives units 90 s to stop


def announce(snapshot: Snapshot, event: RebootRequested | None, now: Now) -> Change:
    """Give the panel its last frame first: its picture outlives the power."""
    return enter(snapshot, Step.ANNOUNCING, percent=None, message=None, error=None, deadline=now.mono + ANNOUNCE_S)


def announced(snapshot: Snapshot, event: PanelShown, now: Now) -> Change:
    """The panel says that the gateway restarts, so it may."""
    return go_down(snapshot, now) if event.view == View.REBOOTING else (snapshot, ())


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
    return enter(snapshot, Step.INSTALLED, percent=100, error=failures.REBOOT_IGNORED)


def reboot_refused(snapshot: Snapshot, event: RebootFailed, now: Now) -> Change:
    """Logind did not take the restart; the owner can try again."""
    return enter(snapshot, Step.INSTALLED, percent=100, error=failures.reboot_refused(event.text))
