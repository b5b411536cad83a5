"""Mains, charger and battery."""

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.event import Change, Handlers, Observation
from mapio_display.frozen import Frozen

if TYPE_CHECKING:
    from mapio_display.core.snapshot import Snapshot


class Power(Frozen):
    """Whether there are mains, whether the battery is being charged, and how full it is, in percent and in volts."""

    mains: bool | None = None
    charging: bool | None = None
    battery_percent: int | None = None
    battery_volts: float | None = None


class PowerObserved(Observation):
    """What was observed of mains, charger or battery; what is None is unchanged."""

    mains: bool | None = None
    charging: bool | None = None
    volts: float | None = None


class Battery(Frozen):
    """How full the board's battery is, as rising pairs of volts and percent, and at which voltage it is low.

    The default is MAPIO's lithium cell (18650), which its manual calls full above 3.75 V and half full above 3.4 V.
    """

    curve: tuple[tuple[float, float], ...] = ((3.0, 0), (3.25, 10), (3.4, 50), (3.75, 90), (4.1, 100))
    low: float = 3.4


STEP_VOLTS = 0.05  # the voltage of a cell wavers; what differs by less is the same


def _observed(snapshot: "Snapshot", event: PowerObserved, now: Now) -> Change:
    """Take what was observed; what the event leaves open stays as it was."""
    power = snapshot.power
    power = replace(
        power,
        mains=power.mains if event.mains is None else event.mains,
        charging=power.charging if event.charging is None else event.charging,
    )
    known, volts = power.battery_volts, event.volts
    if volts is not None and (known is None or abs(volts - known) >= STEP_VOLTS):
        power = replace(power, battery_volts=volts, battery_percent=percent(snapshot.battery, volts))
    return replace(snapshot, power=power), ()


def percent(battery: Battery, volts: float) -> int | None:
    """How full the battery is, by its voltage; None without a curve."""
    if not battery.curve:
        return None
    for (low, empty), (high, full) in pairwise(battery.curve):
        if volts < high:
            return max(0, round(empty + (full - empty) * (volts - low) / (high - low)))
    return round(battery.curve[-1][1])


def too_low(snapshot: "Snapshot") -> bool:
    """Whether the battery could run out in the middle of an update."""
    power = snapshot.power
    return power.mains is False and power.battery_volts is not None and power.battery_volts <= snapshot.battery.low


HANDLERS: Handlers = {PowerObserved: _observed}
