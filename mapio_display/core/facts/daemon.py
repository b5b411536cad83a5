"""The daemon itself: where it stands, and what it has read from the disk."""

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Literal

from mapio_display.core.facts.clock import Now, believed
from mapio_display.core.facts.data import DataPartition
from mapio_display.core.facts.event import Change, Handlers, Observation
from mapio_display.core.facts.system import OsRelease
from mapio_display.core.facts.web import Web
from mapio_display.core.record import LastUpdate, Record
from mapio_display.frozen import Frozen

if TYPE_CHECKING:
    from mapio_display.core.snapshot import Snapshot


class Lifecycle(StrEnum):
    """Where the daemon itself stands. While it is waiting for its data, whether an update is under way is not known."""

    WAITING = "waiting"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"


class Daemon(Frozen):
    """The daemon itself. ``ready`` is latched: once true it stays true until the daemon ends.

    ``error`` is why it cannot run at all.
    """

    PUBLIC: ClassVar = ("version", "started_at", "ready")
    version: str = ""
    started_at: str | None = None
    ready: bool = False
    lifecycle: Lifecycle = Lifecycle.WAITING
    error: str | None = None


class Started(Observation):
    """The daemon has its data: what it read from the disk. Until then there is no web server, and no update.

    Without a data partition they are made up, and last until the next boot. ``received`` is how many bytes of a
    resumable bundle are on the disk for sure. Without ``last_update_known`` there may have been one nevertheless.
    ``wrong_pins`` is as in ``WrongPins``, from before a restart.
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


def _started(snapshot: "Snapshot", event: Started, now: Now) -> Change:
    stops = snapshot.daemon.lifecycle is Lifecycle.STOPPING  # asked to, while it waited for its data
    lifecycle = Lifecycle.STOPPING if stops else Lifecycle.STARTING
    address, until = event.wrong_pins or (None, None)
    if event.last_update is not None:
        snapshot = replace(snapshot, not_before=event.last_update.finished_at)
    now = believed(snapshot, now)
    started = replace(
        snapshot,
        daemon=replace(snapshot.daemon, started_at=now.iso, lifecycle=lifecycle),
        started_mono=now.mono,
        boot_id=event.boot_id,
        os=event.os,
        hostname=snapshot.hostname or event.hostname,  # the network's source follows it
        pin=event.pin,
        web=Web(
            enabled=event.web_enabled,
            host=event.web_host,
            port=event.web_port,
            wrong_pins_from=address,
            wrong_pins_until=until,
        ),
        reboot=event.reboot,
        views=event.views,
        buttons=event.buttons,
        last_update=event.last_update,
        last_update_known=event.last_update_known,
        data_partition=event.data_partition,
    )
    return started, ()


def settle(snapshot: "Snapshot") -> "Snapshot":
    """Derive where the daemon stands from what is known by now."""
    daemon, web = snapshot.daemon, snapshot.web
    if daemon.lifecycle is Lifecycle.WAITING or not (web.listening or web.error is not None or not web.enabled):
        return snapshot
    lifecycle = Lifecycle.RUNNING if daemon.lifecycle is Lifecycle.STARTING else daemon.lifecycle
    ready = daemon.ready or (snapshot.panel.state is not None and snapshot.rauc.available is not None)
    return replace(snapshot, daemon=replace(daemon, lifecycle=lifecycle, ready=ready))


HANDLERS: Handlers = {Started: _started}
