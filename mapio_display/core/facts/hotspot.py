"""The gateway's own access point."""

from dataclasses import dataclass, field
from enum import StrEnum

from mapio_display.core.facts.event import Observation


class HotspotState(StrEnum):
    """Where the gateway's own access point stands; ``starting`` lasts until it has its address."""

    OFF = "off"
    STARTING = "starting"
    ON = "on"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class HotspotRules:
    """The access point's interface, its address there, and after how many seconds without a network it starts.

    Where that interface is made with the access point it does not exist before.
    """

    interface: str = ""
    address: str = ""
    after_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Hotspot:
    """The gateway's own access point, for where there is no network; ``state`` is None where it has none.

    ``error`` is why it did not come up the last time. ``deadline`` ends a wait: for a network, or for its address.
    """

    state: HotspotState | None = None
    rules: HotspotRules = HotspotRules()
    ssid: str | None = None
    password: str | None = field(default=None, repr=False)
    error: str | None = None
    deadline: float | None = None


@dataclass(frozen=True, slots=True)
class HotspotFound(Observation):
    """The gateway can be an access point, by these rules."""

    rules: HotspotRules


@dataclass(frozen=True, slots=True)
class HotspotStarted(Observation):
    """Wi-Fi has been switched over to the access point; its address is still to come."""

    ssid: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HotspotStopped(Observation):
    """Wi-Fi looks for a network again."""


@dataclass(frozen=True, slots=True)
class HotspotFailed(Observation):
    """Wi-Fi could not be switched over, or back."""

    reason: str
