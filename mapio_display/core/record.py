"""What the journal on the data partition holds: the update under way, and the verdict on the last one."""

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """How far the journalled update had come when the record was written."""

    RECEIVING = "receiving"
    INSPECTING = "inspecting"
    INSTALLING = "installing"
    INSTALLED = "installed"


@dataclass(frozen=True, slots=True)
class Record:
    """The update under way, as it must be known again after a crash or a power cut.

    ``boot_id`` is that of the boot the update began in; ``from_slot`` and ``target_slot`` are boot names;
    ``installed_count`` and ``activated_count`` are the target's before this update, and ``last_error`` RAUC's. A
    ``resumable`` transfer outlives its sender, the daemon and the boot, until ``expires_at`` (seconds since 1970);
    ``fingerprint`` is how its sender knows the file again, and ``metadata`` what its sender wants to be told again.
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


class Result(StrEnum):
    """What became of an update."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ROLLED_BACK = "rolled-back"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class LastUpdate:
    """The verdict on the last update; ``slot`` is the boot name it was installed into, ``reason`` plain words."""

    id: str
    result: Result
    from_version: str | None
    to_version: str | None
    slot: str | None
    finished_at: str | None
    reason: str | None = None
    acknowledged: bool = False
