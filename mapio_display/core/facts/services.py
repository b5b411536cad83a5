"""The services whose state is shown: units of systemd."""

from enum import StrEnum
from typing import TYPE_CHECKING

from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.event import Change, Handlers, Observation
from mapio_display.core.facts.key import Key, Keys
from mapio_display.frozen import Frozen

if TYPE_CHECKING:
    from mapio_display.core.snapshot import Snapshot


class ServiceState(StrEnum):
    """What a service does."""

    RUNNING = "running"
    STARTING = "starting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
    MISSING = "missing"  # systemd knows no such unit


class Service(Frozen):
    """A service by the name that the owner gave it; its state is None while it is not known."""

    name: str
    unit: str
    state: ServiceState | None = None


SERVICES: Key[tuple[Service, ...]] = Key("services", tuple[Service, ...], ())
KEYS: Keys = (SERVICES,)


class ServicesObserved(Observation):
    """The services are in these states now."""

    services: tuple[Service, ...]


def _observed(snapshot: "Snapshot", event: ServicesObserved, now: Now) -> Change:
    return snapshot.knowing(SERVICES, event.services), ()


HANDLERS: Handlers = {ServicesObserved: _observed}
