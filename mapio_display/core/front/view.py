"""Which view the panel should show now, and how pressing a change in it is."""

from mapio_display.core.facts.daemon import Lifecycle
from mapio_display.core.facts.power import too_low
from mapio_display.core.facts.shutdown import Shutdown
from mapio_display.core.facts.update import Phase
from mapio_display.core.front.names import View
from mapio_display.core.front.refresh import Change
from mapio_display.core.snapshot import Snapshot


def current_view(snapshot: Snapshot) -> str:
    """What the panel should show: what somebody turned to, or else what matters most."""
    if snapshot.front.countdown is not None:
        return View.COUNTDOWN
    return snapshot.front.turned_to or foremost_view(snapshot)


def foremost_view(snapshot: Snapshot) -> str:
    """What matters most to somebody who comes to the panel now."""
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
    return snapshot.order[0]


def announcement(snapshot: Snapshot) -> Shutdown | None:
    """What the picture of ``snapshot`` says that the machine goes down for: it may when that is on the glass."""
    view = current_view(snapshot)
    if view == View.REBOOTING:
        return Shutdown.RESTART
    return snapshot.shutdown if view == View.STOPPED else None


def change_since(drawn: Snapshot | None, now: Snapshot) -> Change:
    """Say how the picture of ``now`` differs from that of ``drawn``; None where that snapshot is not known any more."""
    view = current_view(now)
    if drawn is None:
        return Change.FACT
    if now.front.countdown is not None:
        return Change.COUNTDOWN
    if current_view(drawn) != view:
        return Change.STATE
    if view == View.STARTING and now.daemon.lifecycle is Lifecycle.STARTING:
        return Change.BACKGROUND  # the next frame is a second away, and in full
    if _state(drawn) != _state(now):
        return Change.STATE
    if _facts(drawn) != _facts(now):
        return Change.FACT
    if drawn.clock != now.clock:
        return Change.CLOCK
    return Change.PROGRESS if view == View.UPDATE else Change.BACKGROUND


def _state(snapshot: Snapshot) -> tuple[object, ...]:
    """What changes the whole of what a view says."""
    update, web, last = snapshot.update, snapshot.web, snapshot.last_update
    return (
        update.phase,
        update.error,
        last,
        web.enabled,
        web.error,
        snapshot.host is None,
        snapshot.rauc.available,
        snapshot.data_partition,
        snapshot.system.data_writable,
        snapshot.picture,
    )


def _facts(snapshot: Snapshot) -> tuple[object, ...]:
    """What somebody may be waiting to read."""
    return (
        snapshot.power.mains,
        snapshot.power.charging,
        too_low(snapshot),
        snapshot.host,
        snapshot.url,
        snapshot.pin,
        snapshot.web.wrong_pins_from,
        snapshot.hotspot.password,
        snapshot.os.version,
        snapshot.update.step,
    )
