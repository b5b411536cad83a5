"""What the journal on the data partition holds: the update under way, and the verdict on the last one."""

from enum import StrEnum
from typing import ClassVar

from mapio_display.core.message import Message
from mapio_display.frozen import Frozen


class Stage(StrEnum):
    """How far the journalled update had come when the record was written."""

    RECEIVING = "receiving"
    INSPECTING = "inspecting"
    INSTALLING = "installing"
    INSTALLED = "installed"


class Counters(Frozen):
    """What RAUC had counted of one slot before an update: installations into it, and how often it was activated."""

    slot: str
    installed: int
    activated: int


class Origin(Frozen):
    """Where a bundle is downloaded from; the server knows the same file again by ``validator`` (RFC 9110, 13.1.5).

    ``sha256`` is the digest that it must have, in hexadecimal digits.
    """

    url: str
    validator: str | None = None
    sha256: str | None = None


class Record(Frozen):
    """The update under way, as it must be known again after a crash or a power cut.

    ``boot_id`` is that of the boot the update began in; ``from_slot`` and ``target_slot`` are boot names. Until the
    install is complete the target is a guess, because RAUC chooses it; ``installed_count`` and ``activated_count`` are
    that slot's before this update, ``counters`` those of all slots. ``primary`` was the slot to be started before it,
    and ``last_error`` RAUC's. ``to_start`` says that the target is installed and is the slot to be started next, and
    ``repaired`` names a slot that was, or was about to be, emptied for this update. A ``resumable`` transfer outlives
    its sender, the daemon and the boot, until ``expires_at`` (seconds since 1970); ``fingerprint`` is how its sender
    knows the file again, and ``metadata`` what its sender gets back. With an ``origin`` it is downloaded,
    and the gateway itself resumes it.
    """

    id: str
    stage: Stage
    boot_id: str | None
    from_slot: str | None
    from_version: str | None
    target_slot: str | None = None
    to_version: str | None = None
    installed_count: int = 0
    activated_count: int = 0
    filename: str = ""
    size: int | None = None
    resumable: bool = False
    fingerprint: str = ""
    metadata: str = ""
    expires_at: float | None = None
    last_error: str = ""
    primary: str | None = None
    counters: tuple[Counters, ...] = ()
    to_start: bool = False
    repaired: str | None = None
    origin: Origin | None = None


class Result(StrEnum):
    """What became of an update. An ``installed`` one waits for other means than RAUC's to be started, if at all."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ROLLED_BACK = "rolled-back"
    INTERRUPTED = "interrupted"
    INSTALLED = "installed"
    REPLACED = "replaced"

    @property
    def is_bad(self) -> bool:
        """Whether the owner did not get what was wanted."""
        return self in (Result.FAILED, Result.ROLLED_BACK, Result.INTERRUPTED)


class LastUpdate(Frozen):
    """The verdict on the last update, and the reason for it.

    ``slot`` is the boot name it was installed into, ``from_slot`` that of the slot that ran before.
    """

    PUBLIC: ClassVar = ("id", "result", "from_version", "to_version", "slot", "finished_at", "reason")
    id: str
    result: Result
    from_version: str | None
    to_version: str | None
    slot: str | None
    finished_at: str | None
    reason: Message | None = None
    acknowledged: bool = False
    from_slot: str | None = None
