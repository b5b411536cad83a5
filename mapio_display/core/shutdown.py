"""The machine goes down: what the panel says last must be true for as long as the power is off.

logind waits a few seconds for us (see ``host/logind.py``), so that the last frame is on the glass before anything is
stopped. Which frame that is follows from the snapshot (see ``front/view.py``); here is when the machine may go.
"""

from dataclasses import replace

from mapio_display.core.commands import Command, LetGo
from mapio_display.core.facts.daemon import Lifecycle
from mapio_display.core.facts.event import Event
from mapio_display.core.facts.panel import PanelFailed, PanelShown, PanelState
from mapio_display.core.facts.shutdown import Shutdown, ShutdownAnnounced, ShutdownCancelled, StopRequested
from mapio_display.core.facts.update import Step
from mapio_display.core.front.view import View, foremost_view
from mapio_display.core.snapshot import Snapshot


def seen(snapshot: Snapshot, event: Event) -> Snapshot:
    """Take what is known of the machine's going down; what is known already stays."""
    match event:
        case ShutdownAnnounced(kind, time) if kind is not None:
            return replace(snapshot, shutdown=kind, stopped_at=time)
        case ShutdownCancelled():
            return replace(snapshot, shutdown=None, stopped_at=None)
        case StopRequested(kind, time):
            return replace(
                snapshot,
                daemon=replace(snapshot.daemon, lifecycle=Lifecycle.STOPPING),
                shutdown=snapshot.shutdown or kind,
                stopped_at=snapshot.stopped_at or time,
            )
        case _:
            return snapshot


def let_go(snapshot: Snapshot, event: Event) -> tuple[Command, ...]:
    """Let the machine go down when the panel has said so, or cannot.

    A logind that does not tell why it goes down is not kept waiting: what the panel should say is known only when
    systemd has made its jobs, after the wait.
    """
    match event:
        case ShutdownAnnounced():
            return (LetGo(),) if snapshot.shutdown is None or _said(snapshot) else ()
        case PanelShown(view) if snapshot.shutdown is not None and view == foremost_view(snapshot):
            return (LetGo(),)
        case PanelFailed() if snapshot.shutdown is not None:
            return (LetGo(),)
        case _:
            return ()


def _said(snapshot: Snapshot) -> bool:
    """Our own restart is on the glass before logind hears of it, unless the panel is dead or too slow for that."""
    ours = snapshot.update.step is Step.REBOOTING and snapshot.shutdown is Shutdown.RESTART
    panel = snapshot.panel
    return ours and (panel.view == View.REBOOTING or panel.state is PanelState.NOT_RESPONDING)
