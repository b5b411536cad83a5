"""Which view the panel should show now, and how urgent a change of the view is."""

from dataclasses import replace

from mapio_display.core.facts.daemon import Lifecycle
from mapio_display.core.facts.hotspot import HotspotState
from mapio_display.core.facts.shutdown import Shutdown
from mapio_display.core.facts.update import Phase
from mapio_display.core.front.names import View
from mapio_display.core.front.refresh import Change
from mapio_display.core.snapshot import Snapshot


def current_view(snapshot: Snapshot) -> str:
    """What the panel should show: what a button chose, or else what matters most."""
    if snapshot.front.countdown is not None:
        return View.COUNTDOWN
    return snapshot.front.turned_to or foremost_view(snapshot)


def foremost_view(snapshot: Snapshot) -> str:
    """What matters most to a person who comes to the panel now."""
    update = snapshot.update
    if snapshot.shutdown is Shutdown.OFF:
        return View.STOPPED
    if snapshot.shutdown is Shutdown.RESTART or (update.phase is Phase.REBOOTING and not snapshot.judging):
        return View.REBOOTING
    if snapshot.daemon.lifecycle is Lifecycle.STOPPING:
        return View.STOPPED
    starts = snapshot.daemon.lifecycle in (Lifecycle.WAITING, Lifecycle.STARTING)
    if starts or (snapshot.judging and snapshot.rauc.available is not False):
        return View.STARTING
    if snapshot.judging:
        return snapshot.order[0]
    if update.phase is Phase.FAILED or (update.phase is Phase.IDLE and snapshot.result_until is not None):
        return View.RESULT
    if update.phase is not Phase.IDLE:
        return View.UPDATE
    wifi = snapshot.wifi
    # While the hotspot is up, it is its view that says why no network was joined.
    on_hotspot = wifi.error is not None and snapshot.hotspot.state is HotspotState.ON
    if wifi.joining is not None or (wifi.result_until is not None and not on_hotspot):
        return View.WIFI
    return snapshot.order[0]


def announcement(snapshot: Snapshot) -> Shutdown | None:
    """What the picture of ``snapshot`` says that the machine goes down for: it may when that is on the glass."""
    view = current_view(snapshot)
    if view == View.REBOOTING:
        return Shutdown.RESTART
    return snapshot.shutdown if view == View.STOPPED else None


def change_of_view(drawn: Snapshot | None, now: Snapshot) -> Change | None:
    """How urgent the picture of ``now`` is by the choice of its view; None where that follows from what is drawn.

    ``drawn`` is what the picture on the glass was drawn from; None where that is not known any more.
    """
    view = current_view(now)
    if drawn is None:
        return Change.FACT
    if view == View.COUNTDOWN:
        return Change.COUNTDOWN
    if current_view(drawn) != view:
        return Change.STATE
    if view == View.STARTING and now.daemon.lifecycle is Lifecycle.STARTING:
        return Change.BACKGROUND  # the next frame is a second away, and in full
    return Change.PROGRESS if view == View.UPDATE and _is_progress(drawn, now) else None


def _is_progress(drawn: Snapshot, now: Snapshot) -> bool:
    """Whether nothing but an update's progress is new; that comes several times a second and is not drawn each time."""
    old, new = drawn.update, now.update
    update = replace(new, percent=old.percent, message=old.message, bundle=old.bundle, deadline=old.deadline)
    return replace(now, update=update, panel=drawn.panel) == drawn
