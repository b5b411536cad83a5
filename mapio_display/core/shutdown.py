"""The machine goes down: what the panel says last must be true for as long as the power is off.

logind waits a few seconds for us (see ``host/logind.py``), so that the last frame is on the glass before anything is
stopped. Which frame that is follows from the snapshot (see ``front/view.py``); here is when the machine may go.
"""

from dataclasses import replace

from mapio_display.core.commands import ReleaseShutdown
from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.daemon import Lifecycle
from mapio_display.core.facts.event import Change, Handlers
from mapio_display.core.facts.panel import PanelFailed, PanelShown, PanelState
from mapio_display.core.facts.shutdown import Shutdown, ShutdownAnnounced, ShutdownCancelled, StopRequested
from mapio_display.core.facts.update import Step
from mapio_display.core.snapshot import Snapshot


def _announced(snapshot: Snapshot, event: ShutdownAnnounced, now: Now) -> Change:
    """Release a logind that does not say why the machine goes down.

    What the panel should say is known only when systemd has made its jobs, after the wait.
    """
    if event.kind is not None:
        snapshot = replace(snapshot, shutdown=event.kind, stopped_at=event.time)
    return snapshot, (ReleaseShutdown(),) if snapshot.shutdown is None or _on_the_glass(snapshot) else ()


def _cancelled(snapshot: Snapshot, event: ShutdownCancelled, now: Now) -> Change:
    return replace(snapshot, shutdown=None, stopped_at=None), ()


def _stop_requested(snapshot: Snapshot, event: StopRequested, now: Now) -> Change:
    """The daemon ends; what is known already of the machine's going down stays."""
    stopping = replace(
        snapshot,
        daemon=replace(snapshot.daemon, lifecycle=Lifecycle.STOPPING),
        shutdown=snapshot.shutdown or event.kind,
        stopped_at=snapshot.stopped_at or event.time,
    )
    return stopping, ()


def _panel_shown(snapshot: Snapshot, event: PanelShown, now: Now) -> Change:
    """The panel says why the machine goes down, so it may."""
    says_so = snapshot.shutdown is not None and event.announces is snapshot.shutdown
    return snapshot, (ReleaseShutdown(),) if says_so else ()


def _panel_failed(snapshot: Snapshot, event: PanelFailed, now: Now) -> Change:
    """A dead panel does not delay the shutdown."""
    return snapshot, (ReleaseShutdown(),) if snapshot.shutdown is not None else ()


def _on_the_glass(snapshot: Snapshot) -> bool:
    """Our own restart is on the glass before logind is asked, unless the panel is dead or too slow for that."""
    ours = snapshot.update.step is Step.REBOOTING and snapshot.shutdown is Shutdown.RESTART
    panel = snapshot.panel
    return ours and (panel.announces is Shutdown.RESTART or panel.state is PanelState.NOT_RESPONDING)


HANDLERS: Handlers = {
    ShutdownAnnounced: _announced,
    ShutdownCancelled: _cancelled,
    StopRequested: _stop_requested,
    PanelShown: _panel_shown,
    PanelFailed: _panel_failed,
}
