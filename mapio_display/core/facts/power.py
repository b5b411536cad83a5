"""Mains, charger and battery."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.event import Change, Handlers, Observation

if TYPE_CHECKING:
    from mapio_display.core.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Power:
    """Whether there are mains, whether the battery is being charged, and how full it is, in percent and in volts."""

    mains: bool | None = None
    charging: bool | None = None
    battery_percent: int | None = None
    battery_volts: float | None = None


@dataclass(frozen=True, slots=True)
class PowerSeen(Observation):
    """What was seen of mains, charger or battery; None leaves open."""

    mains: bool | None = None
    charging: bool | None = None
    volts: float | None = None


# MAPIO calls its 18650 cell full above 3.75 V, half above 3.4 V, and low from there on.
_FULL_AT = ((3.0, 0), (3.25, 10), (3.4, 50), (3.75, 90), (4.1, 100))
LOW_VOLTS = 3.4
STEP_VOLTS = 0.05  # the voltage of a cell wavers; what differs by less is the same


def _observed(snapshot: "Snapshot", event: PowerSeen, now: Now) -> Change:
    """Take what was observed; what the event leaves open stays as it was."""
    power = snapshot.power
    power = replace(
        power,
        mains=power.mains if event.mains is None else event.mains,
        charging=power.charging if event.charging is None else event.charging,
    )
    known, volts = power.battery_volts, event.volts
    if volts is not None and (known is None or abs(volts - known) >= STEP_VOLTS):
        power = replace(power, battery_volts=volts, battery_percent=percent(volts))
    return replace(snapshot, power=power), ()


def percent(volts: float) -> int:
    """How full the battery is, by its voltage."""
    for (low, empty), (high, full) in pairwise(_FULL_AT):
        if volts < high:
            return max(0, round(empty + (full - empty) * (volts - low) / (high - low)))
    return 100


def too_low(power: Power) -> bool:
    """Whether the battery could run out in the middle of an update."""
    return power.mains is False and power.battery_volts is not None and power.battery_volts <= LOW_VOLTS


HANDLERS: Handlers = {PowerSeen: _observed}
