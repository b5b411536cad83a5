"""The update's state machine: one table, and one ``handle`` that looks into it.

A row names a step and an event; its handler gives the next snapshot and the commands. The order of an update is

    IDLE → RECEIVING → INSPECTING → PREPARING → INSTALLING → FINISHING → (INSTALLED →) ANNOUNCING → REBOOTING

and two things make it longer than the phases that others see. Before the install may begin, and after it, the journal
must be on the disk (PREPARING, FINISHING), so that a power cut at any moment can be judged. And before the reboot is
asked for, the panel must say so (ANNOUNCING), because its picture outlives the power. A resumable transfer whose sender
went silent leaves RECEIVING for PAUSED, and comes back when more of it comes.

A request that has no row raises ``NotNow``; an observation that has no row changes nothing, because the world does not
ask whether it suits us (a signal of RAUC may be late, an upload's last progress may cross its cancellation).

Where RAUC cannot mount the slot for a bundle's hook, because it was half written, an empty file system is written into
it (REPAIRING), and the install begins once more at PREPARING.

RAUC may also install for another program (FOREIGN). That is shown and waited for, and the rest is left to it. Where
ours is installed and waits for its restart, RAUC's slots show whether it is still there afterwards (JUDGING).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mapio_display.core import failures
from mapio_display.core.facts.clock import Now, Tick
from mapio_display.core.facts.daemon import Lifecycle, Started
from mapio_display.core.facts.event import Event, Handlers, Request
from mapio_display.core.facts.panel import PanelFailed, PanelShown
from mapio_display.core.facts.rauc import (
    RaucBusyObserved,
    RaucCompleted,
    RaucInstalling,
    RaucLost,
    RaucProgress,
    SlotsRead,
)
from mapio_display.core.facts.update import (
    AcknowledgeRequested,
    BundleInspected,
    BundleRefused,
    CancelRequested,
    InstallBegan,
    JournalFailed,
    JournalWritten,
    OfUpdate,
    RaucUnanswered,
    RebootFailed,
    RebootRequested,
    RepairFailed,
    RestartRequested,
    SlotRepaired,
    Step,
    UploadCutOff,
    UploadFailed,
    UploadFinished,
    UploadLost,
    UploadOpened,
    UploadProgress,
    UploadResumed,
)
from mapio_display.core.failures import Failure
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update import foreign, install, obstacles, reboot, recovery, repair, transfer
from mapio_display.core.update.transitions import Change
from mapio_display.errors import NotNow

Handler = Callable[[Snapshot, Any, Now], Change]


def handle(snapshot: Snapshot, event: Event, now: Now) -> Change:
    """Let the update take ``event``; raises ``NotNow`` for a request the present step does not allow."""
    update = snapshot.update
    if isinstance(event, OfUpdate) and event.id != update.id:
        return snapshot, ()  # of an update that is over
    waiting = snapshot.daemon.lifecycle is Lifecycle.WAITING
    handler = None if waiting else _TABLE.get((update.step, type(event)))
    if handler is not None:
        return handler(snapshot, event, now)
    if isinstance(event, Request):
        raise NotNow(_REFUSALS[type(event)])
    return snapshot, ()


def expire(snapshot: Snapshot, now: Now) -> Snapshot:
    """Show a result no longer than for its time."""
    until = snapshot.result_until
    return snapshot if until is None or now.mono < until else replace(snapshot, result_until=None)


def admission(snapshot: Snapshot) -> Failure | None:
    """Why no bundle could be taken in now, or None."""
    if (snapshot.update.step, UploadOpened) not in _TABLE:
        return failures.UPDATE_UNDER_WAY
    return obstacles.why_no_update(snapshot)


def may_restart(snapshot: Snapshot) -> bool:
    """Whether the gateway could be restarted by its button now."""
    if snapshot.update.step is Step.JUDGING:
        return reboot.may_restart_unjudged(snapshot)
    return (snapshot.update.step, RestartRequested) in _TABLE


_TABLE: dict[tuple[Step, type[Event]], Handler] = {
    (Step.IDLE, Started): recovery.recovered,
    (Step.JUDGING, Started): recovery.recovered,
    (Step.IDLE, UploadOpened): transfer.opened,
    (Step.FAILED, UploadOpened): transfer.opened,
    (Step.RECEIVING, UploadProgress): transfer.received,
    (Step.RECEIVING, UploadCutOff): transfer.cut_off,
    (Step.RECEIVING, UploadFinished): transfer.arrived,
    (Step.RECEIVING, UploadLost): transfer.lost,
    (Step.RECEIVING, UploadFailed): transfer.not_taken,
    (Step.RECEIVING, CancelRequested): transfer.cancelled,
    (Step.RECEIVING, JournalFailed): install.not_journalled,
    (Step.RECEIVING, UploadResumed): transfer.resumed,
    (Step.RECEIVING, Tick): transfer.paused,
    (Step.PAUSED, UploadResumed): transfer.resumed,
    (Step.PAUSED, UploadOpened): transfer.opened,
    (Step.PAUSED, CancelRequested): transfer.cancelled,
    (Step.PAUSED, Tick): transfer.given_up,
    (Step.PAUSED, AcknowledgeRequested): recovery.result_dismissed,
    (Step.INSPECTING, RaucProgress): install.checking,
    (Step.INSPECTING, RaucBusyObserved): install.waiting,
    (Step.INSPECTING, RaucInstalling): install.waiting,
    (Step.INSPECTING, RaucCompleted): install.waited_for,
    (Step.INSPECTING, BundleInspected): install.inspected,
    (Step.INSPECTING, BundleRefused): install.refused,
    (Step.INSPECTING, RaucUnanswered): install.unanswered,
    (Step.INSPECTING, RaucLost): install.rauc_away,
    (Step.INSPECTING, JournalFailed): install.not_journalled,
    (Step.PREPARING, JournalWritten): install.journalled_before,
    (Step.PREPARING, JournalFailed): install.not_journalled,
    (Step.PREPARING, RaucLost): install.rauc_away,
    (Step.INSTALLING, InstallBegan): install.begun,
    (Step.INSTALLING, RaucProgress): install.progressed,
    (Step.INSTALLING, Tick): install.stalled,
    (Step.INSTALLING, RaucCompleted): install.completed,
    (Step.INSTALLING, BundleRefused): install.refused,
    (Step.INSTALLING, RaucUnanswered): install.install_unanswered,
    (Step.INSTALLING, RaucLost): install.rauc_died,
    (Step.FINISHING, JournalWritten): install.finished,
    (Step.FINISHING, JournalFailed): install.finished,
    (Step.FINISHING, SlotsRead): install.concluded,
    (Step.FINISHING, Tick): install.unconcluded,
    (Step.FINISHING, RaucInstalling): foreign.overtaken,
    (Step.FINISHING, RaucBusyObserved): install.still_busy,
    (Step.REPAIRING, SlotsRead): repair.slots_read,
    (Step.REPAIRING, JournalWritten): repair.journalled,
    (Step.REPAIRING, JournalFailed): repair.not_journalled,
    (Step.REPAIRING, SlotRepaired): repair.repaired,
    (Step.REPAIRING, RepairFailed): repair.failed,
    (Step.REPAIRING, RaucBusyObserved): repair.still_busy,
    (Step.REPAIRING, RaucLost): repair.rauc_away,
    (Step.REPAIRING, Tick): repair.waited,
    (Step.INSTALLED, RebootRequested): reboot.announce,
    (Step.IDLE, RestartRequested): reboot.restart,
    (Step.FAILED, RestartRequested): reboot.restart,
    (Step.PAUSED, RestartRequested): reboot.restart,
    (Step.INSTALLED, RestartRequested): reboot.announce,
    (Step.JUDGING, RestartRequested): reboot.restart_unjudged,
    (Step.ANNOUNCING, PanelShown): reboot.announced,
    (Step.ANNOUNCING, PanelFailed): reboot.announced_to_nobody,
    (Step.ANNOUNCING, Tick): reboot.waited,
    (Step.REBOOTING, RebootFailed): reboot.refused,
    (Step.REBOOTING, Tick): reboot.still_up,
    (Step.JUDGING, SlotsRead): recovery.slots_reported,
    (Step.IDLE, SlotsRead): recovery.in_use,
    (Step.PAUSED, SlotsRead): recovery.in_use,
    (Step.FAILED, SlotsRead): recovery.reported_late,
    (Step.JUDGING, RaucBusyObserved): recovery.still_running,
    (Step.JUDGING, RaucCompleted): install.completed,
    (Step.JUDGING, Tick): recovery.asked_again,
    (Step.IDLE, RaucInstalling): foreign.began,
    (Step.IDLE, RaucBusyObserved): foreign.began,
    (Step.FAILED, RaucInstalling): foreign.began,
    (Step.FAILED, RaucBusyObserved): foreign.began,
    (Step.PAUSED, RaucInstalling): foreign.began,
    (Step.PAUSED, RaucBusyObserved): foreign.began,
    (Step.INSTALLED, RaucInstalling): foreign.overtaken,
    (Step.INSTALLED, RaucBusyObserved): foreign.overtaken,
    (Step.ANNOUNCING, RaucInstalling): foreign.overtaken,
    (Step.JUDGING, RaucProgress): install.progressed_again,
    (Step.FOREIGN, RaucProgress): foreign.progressed,
    (Step.FOREIGN, RaucCompleted): foreign.ended,
    (Step.FOREIGN, RaucLost): foreign.ended,
    (Step.FOREIGN, SlotsRead): foreign.ended,
    (Step.FOREIGN, Tick): recovery.asked_again,
    (Step.FAILED, AcknowledgeRequested): recovery.failure_dismissed,
    (Step.IDLE, AcknowledgeRequested): recovery.result_dismissed,
}

_REFUSALS: dict[type[Event], Failure] = {
    UploadOpened: failures.UPDATE_UNDER_WAY,
    UploadResumed: failures.NO_SUCH_UPLOAD,
    CancelRequested: failures.NOTHING_TO_CANCEL,
    RebootRequested: failures.NOTHING_TO_REBOOT,
    RestartRequested: failures.UPDATE_UNDER_WAY,
    AcknowledgeRequested: failures.NOTHING_TO_ACKNOWLEDGE,
}

HANDLERS: Handlers = dict.fromkeys((*(event for _, event in _TABLE), *_REFUSALS), handle)
