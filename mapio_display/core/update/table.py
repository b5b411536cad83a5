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
from mapio_display.core.update.foreign import (
    foreign_began,
    foreign_ended,
    foreign_progressed,
    overtaken,
)
from mapio_display.core.update.install import (
    begun,
    checking,
    completed,
    concluded,
    finished,
    inspected,
    install_unanswered,
    journalled_before,
    not_journalled,
    progressed,
    progressed_again,
    rauc_away,
    rauc_died,
    refused,
    stalled,
    still_busy,
    unanswered,
    unconcluded,
    waited_for,
    waiting,
)
from mapio_display.core.update.obstacles import why_no_update
from mapio_display.core.update.reboot import (
    announce,
    announced,
    announced_to_nobody,
    may_restart_unjudged,
    reboot_refused,
    restart,
    restart_unjudged,
    still_up,
    waited,
)
from mapio_display.core.update.recovery import (
    asked_again,
    failure_dismissed,
    in_use,
    recovered,
    reported_late,
    result_dismissed,
    slots_reported,
    still_running,
)
from mapio_display.core.update.repair import failed as repair_failed
from mapio_display.core.update.repair import journalled as repair_journalled
from mapio_display.core.update.repair import not_journalled as repair_not_journalled
from mapio_display.core.update.repair import rauc_away as repair_without_rauc
from mapio_display.core.update.repair import repaired
from mapio_display.core.update.repair import slots_read as repair_slots_read
from mapio_display.core.update.repair import still_busy as repair_still_busy
from mapio_display.core.update.repair import waited as repair_waited
from mapio_display.core.update.transfer import (
    arrived,
    cancelled,
    cut_off,
    given_up,
    lost,
    not_taken,
    opened,
    paused,
    received,
    resumed,
)
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
    return why_no_update(snapshot)


def may_restart(snapshot: Snapshot) -> bool:
    """Whether the gateway could be restarted by its button now."""
    if snapshot.update.step is Step.JUDGING:
        return may_restart_unjudged(snapshot)
    return (snapshot.update.step, RestartRequested) in _TABLE


_TABLE: dict[tuple[Step, type[Event]], Handler] = {
    (Step.IDLE, Started): recovered,
    (Step.JUDGING, Started): recovered,
    (Step.IDLE, UploadOpened): opened,
    (Step.FAILED, UploadOpened): opened,
    (Step.RECEIVING, UploadProgress): received,
    (Step.RECEIVING, UploadCutOff): cut_off,
    (Step.RECEIVING, UploadFinished): arrived,
    (Step.RECEIVING, UploadLost): lost,
    (Step.RECEIVING, UploadFailed): not_taken,
    (Step.RECEIVING, CancelRequested): cancelled,
    (Step.RECEIVING, JournalFailed): not_journalled,
    (Step.RECEIVING, UploadResumed): resumed,
    (Step.RECEIVING, Tick): paused,
    (Step.PAUSED, UploadResumed): resumed,
    (Step.PAUSED, UploadOpened): opened,
    (Step.PAUSED, CancelRequested): cancelled,
    (Step.PAUSED, Tick): given_up,
    (Step.PAUSED, AcknowledgeRequested): result_dismissed,
    (Step.INSPECTING, RaucProgress): checking,
    (Step.INSPECTING, RaucBusyObserved): waiting,
    (Step.INSPECTING, RaucInstalling): waiting,
    (Step.INSPECTING, RaucCompleted): waited_for,
    (Step.INSPECTING, BundleInspected): inspected,
    (Step.INSPECTING, BundleRefused): refused,
    (Step.INSPECTING, RaucUnanswered): unanswered,
    (Step.INSPECTING, RaucLost): rauc_away,
    (Step.INSPECTING, JournalFailed): not_journalled,
    (Step.PREPARING, JournalWritten): journalled_before,
    (Step.PREPARING, JournalFailed): not_journalled,
    (Step.PREPARING, RaucLost): rauc_away,
    (Step.INSTALLING, InstallBegan): begun,
    (Step.INSTALLING, RaucProgress): progressed,
    (Step.INSTALLING, Tick): stalled,
    (Step.INSTALLING, RaucCompleted): completed,
    (Step.INSTALLING, BundleRefused): refused,
    (Step.INSTALLING, RaucUnanswered): install_unanswered,
    (Step.INSTALLING, RaucLost): rauc_died,
    (Step.FINISHING, JournalWritten): finished,
    (Step.FINISHING, JournalFailed): finished,
    (Step.FINISHING, SlotsRead): concluded,
    (Step.FINISHING, Tick): unconcluded,
    (Step.FINISHING, RaucInstalling): overtaken,
    (Step.FINISHING, RaucBusyObserved): still_busy,
    (Step.REPAIRING, SlotsRead): repair_slots_read,
    (Step.REPAIRING, JournalWritten): repair_journalled,
    (Step.REPAIRING, JournalFailed): repair_not_journalled,
    (Step.REPAIRING, SlotRepaired): repaired,
    (Step.REPAIRING, RepairFailed): repair_failed,
    (Step.REPAIRING, RaucBusyObserved): repair_still_busy,
    (Step.REPAIRING, RaucLost): repair_without_rauc,
    (Step.REPAIRING, Tick): repair_waited,
    (Step.INSTALLED, RebootRequested): announce,
    (Step.IDLE, RestartRequested): restart,
    (Step.FAILED, RestartRequested): restart,
    (Step.PAUSED, RestartRequested): restart,
    (Step.INSTALLED, RestartRequested): announce,
    (Step.JUDGING, RestartRequested): restart_unjudged,
    (Step.ANNOUNCING, PanelShown): announced,
    (Step.ANNOUNCING, PanelFailed): announced_to_nobody,
    (Step.ANNOUNCING, Tick): waited,
    (Step.REBOOTING, RebootFailed): reboot_refused,
    (Step.REBOOTING, Tick): still_up,
    (Step.JUDGING, SlotsRead): slots_reported,
    (Step.IDLE, SlotsRead): in_use,
    (Step.PAUSED, SlotsRead): in_use,
    (Step.FAILED, SlotsRead): reported_late,
    (Step.JUDGING, RaucBusyObserved): still_running,
    (Step.JUDGING, RaucCompleted): completed,
    (Step.JUDGING, Tick): asked_again,
    (Step.IDLE, RaucInstalling): foreign_began,
    (Step.IDLE, RaucBusyObserved): foreign_began,
    (Step.FAILED, RaucInstalling): foreign_began,
    (Step.FAILED, RaucBusyObserved): foreign_began,
    (Step.PAUSED, RaucInstalling): foreign_began,
    (Step.PAUSED, RaucBusyObserved): foreign_began,
    (Step.INSTALLED, RaucInstalling): overtaken,
    (Step.INSTALLED, RaucBusyObserved): overtaken,
    (Step.ANNOUNCING, RaucInstalling): overtaken,
    (Step.JUDGING, RaucProgress): progressed_again,
    (Step.FOREIGN, RaucProgress): foreign_progressed,
    (Step.FOREIGN, RaucCompleted): foreign_ended,
    (Step.FOREIGN, RaucLost): foreign_ended,
    (Step.FOREIGN, SlotsRead): foreign_ended,
    (Step.FOREIGN, Tick): asked_again,
    (Step.FAILED, AcknowledgeRequested): failure_dismissed,
    (Step.IDLE, AcknowledgeRequested): result_dismissed,
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
