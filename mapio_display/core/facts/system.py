"""The machine: its operating system and its load."""

from dataclasses import replace
from typing import TYPE_CHECKING

from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.event import Change, Handlers, Observation
from mapio_display.frozen import Frozen

if TYPE_CHECKING:
    from mapio_display.core.snapshot import Snapshot


class OsRelease(Frozen):
    """What the booted root file system says of itself in os-release."""

    name: str | None = None
    version: str | None = None
    pretty: str | None = None


class System(Frozen):
    """The machine's load.

    ``load`` is the average of a minute in running tasks, sizes are in bytes, ``data`` is the data partition,
    ``data_writable`` whether it takes files, ``temperature`` the processor's in degrees Celsius, ``uptime`` in seconds.
    """

    load: float | None = None
    cores: int | None = None
    memory_total: int | None = None
    memory_available: int | None = None
    data_total: int | None = None
    data_free: int | None = None
    temperature: int | None = None
    uptime: int | None = None
    data_writable: bool | None = None


class SystemMeasured(Observation):
    """The machine's load is this now."""

    system: System


def _measured(snapshot: "Snapshot", event: SystemMeasured, now: Now) -> Change:
    return replace(snapshot, system=event.system), ()


HANDLERS: Handlers = {SystemMeasured: _measured}
