"""The update under way: its state, its events, and the owner's requests."""

from enum import StrEnum
from typing import ClassVar

from mapio_display.core.facts.event import Observation, Request
from mapio_display.core.failures import Failure, Why
from mapio_display.core.message import Message
from mapio_display.core.record import Origin, Record
from mapio_display.frozen import Frozen


class Step(StrEnum):
    """Every state of the update's state machine (see ``core/update/table.py``)."""

    IDLE = "idle"
    RECEIVING = "receiving"
    PAUSED = "paused"  # a resumable transfer without a sender: to others as good as idle
    INSPECTING = "inspecting"
    PREPARING = "preparing"  # the journal is being written before the install may begin
    INSTALLING = "installing"
    REPAIRING = "repairing"  # RAUC cannot mount the slot: an empty file system is written into it, then once more
    FINISHING = "finishing"  # RAUC is done; the journal is being written, and RAUC asked what is started next
    INSTALLED = "installed"
    ANNOUNCING = "announcing"  # the panel is being given its last frame before the reboot is asked for
    REBOOTING = "rebooting"
    JUDGING = "judging"  # a journal was found, or RAUC went away: RAUC's slot status will decide
    FOREIGN = "foreign"  # RAUC installs for another program, which also decides on the reboot
    FAILED = "failed"


class Phase(StrEnum):
    """The update's phase as others see it."""

    IDLE = "idle"
    RECEIVING = "receiving"
    INSPECTING = "inspecting"
    INSTALLING = "installing"
    INSTALLED = "installed"
    REBOOTING = "rebooting"
    FAILED = "failed"


class Bundle(Frozen):
    """The bundle of the update under way; sizes in bytes. ``size`` is None while it is not known."""

    filename: str
    size: int | None = None
    received: int = 0
    version: str | None = None


class Update(Frozen):
    """The update under way. ``percent`` is of the phase.

    ``cut_off`` says that a resumable transfer has lost its sender, or receives nothing from it; ``begun`` that RAUC has
    taken the call to install, or that a daemon before this one may have made it; ``watched`` that this one has seen it
    begin or go on, ``accepted`` that RAUC has found the bundle good and begun to write the slot, ``stalled`` that it
    is silent for minutes, ``repaired`` that a slot has been emptied for it, and ``asked`` how often RAUC
    was asked for its slots again. ``record`` is what the journal holds. ``deadline`` ends a wait: for the sender, for
    RAUC's next word, for the panel, for the machine's going down; and ``kept_until`` that for the rest of a resumable
    bundle. Both are of the monotonic clock. ``waits`` is the paused transfer that goes on waiting while another program
    installs; it, or the update without its verdict, also where a restart was asked for and did not come.
    """

    PUBLIC: ClassVar = ("id", "phase", "percent", "message", "bundle", "error")
    step: Step = Step.IDLE
    phase: Phase = Phase.IDLE
    id: str | None = None
    percent: int | None = None
    message: Message | None = None
    bundle: Bundle | None = None
    error: Failure | None = None
    cut_off: bool = False
    begun: bool = False
    watched: bool = False
    accepted: bool = False
    stalled: bool = False
    repaired: bool = False
    asked: int = 0
    record: Record | None = None
    deadline: float | None = None
    kept_until: float | None = None
    waits: "Update | None" = None

    @property
    def downloads(self) -> bool:
        """Whether the bundle is downloaded, and no browser sends it."""
        return self.record is not None and self.record.origin is not None


class UploadOpened(Request):
    """A browser begins to send a bundle; ``size`` in bytes where it is known.

    A ``resumable`` one may stop and go on; ``fingerprint`` is how its sender knows the file again, and ``metadata`` is
    for the sender alone. One with an ``origin`` is downloaded.
    """

    id: str
    filename: str
    size: int | None
    resumable: bool = False
    fingerprint: str = ""
    metadata: str = ""
    origin: Origin | None = None


class UploadResumed(Request):
    """More of a resumable bundle is about to come."""

    id: str


class OfUpdate(Observation):
    """Something became known of the update with this id; of another one it means nothing."""

    id: str


class UploadProgress(OfUpdate):
    """So many bytes of the bundle have come in."""

    received: int


class UploadFinished(OfUpdate):
    """The whole bundle is on the disk, synced and closed."""

    size: int


class UploadCutOff(OfUpdate):
    """The sender of a resumable bundle is gone; so many bytes of it are kept."""

    received: int


class UploadLost(OfUpdate):
    """The sender went away, or fell silent; nothing is kept of what it sent."""


class UploadFailed(OfUpdate):
    """The bundle could not be taken in, for a reason of our own: no space, too large, a malformed request."""

    reason: Message


class BundleInspected(OfUpdate):
    """RAUC looked into the bundle. ``version`` is None where this RAUC does not report it before the installation."""

    version: str | None


class BundleRefused(OfUpdate):
    """RAUC refused the bundle before the install began; ``text`` is its own, and ``why`` what that means."""

    text: str
    why: Why = Why.UNKNOWN


class InstallBegan(OfUpdate):
    """RAUC took the call to install this update's bundle: from now on ``RaucCompleted`` is about it."""


class RaucUnanswered(OfUpdate):
    """RAUC did not answer the call that the update waits for."""

    text: str


class SlotRepaired(OfUpdate):
    """An empty file system was written into the slot that RAUC could not mount."""


class RepairFailed(OfUpdate):
    """The slot that RAUC could not mount was left as it is; ``text`` says why."""

    text: str


class JournalWritten(Observation):
    """The journal with this record is on the disk."""

    record: Record


class JournalFailed(Observation):
    """The journal could not be written."""

    record: Record
    text: str


class RebootFailed(Observation):
    """logind did not take the reboot."""

    text: str


class CancelRequested(Request):
    """The owner cancels the transfer."""


class RebootRequested(Request):
    """The owner lets the gateway restart into the installed update."""


class RestartRequested(Request):
    """The owner restarts the gateway by its button, whether an update is installed or not."""


class AcknowledgeRequested(Request):
    """The owner dismisses a failure or a result."""
