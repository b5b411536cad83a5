"""The daemon itself: where it stands, and what it has read from the disk."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from mapio_display.core.facts.data import DataPartition
from mapio_display.core.facts.event import Observation
from mapio_display.core.facts.system import OsRelease
from mapio_display.core.record import LastUpdate, Record


class Lifecycle(StrEnum):
    """Where the daemon itself stands. While it is waiting for its data, whether an update is under way is not known."""

    WAITING = "waiting"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Daemon:
    """The daemon itself. ``ready`` is latched: once true it stays true until the daemon ends.

    ``error`` is why it cannot run at all.
    """

    version: str
    started_at: str | None = None
    ready: bool = False
    lifecycle: Lifecycle = Lifecycle.WAITING
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Started(Observation):
    """The daemon has its data: what it read from the disk. Until then there is no web server, and no update.

    Without a data partition they are made up, and last until the next boot. ``received`` is how many bytes of a
    resumable bundle are on the disk for sure. Without ``last_update_known`` there may have been one all the same.
    ``wrong_pins`` is what ``WrongPins`` tells, from before a restart.
    """

    boot_id: str | None
    os: OsRelease
    hostname: str | None
    pin: str | None
    web_enabled: bool
    web_port: int
    web_host: str | None = None
    wrong_pins: tuple[str, float] | None = None
    reboot: Literal["auto", "manual"] = "auto"
    views: tuple[str, ...] = ("home",)
    buttons: bool = False
    data_partition: DataPartition = DataPartition.THERE
    record: Record | None = None
    received: int = 0
    last_update: LastUpdate | None = None
    last_update_known: bool = True
