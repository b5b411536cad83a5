"""The battery: how full it is, and whether an update may be begun on it."""

from dataclasses import replace
from itertools import pairwise

from mapio_display.core.facts.power import Power, PowerSeen

# MAPIO calls its 18650 cell full above 3.75 V, half above 3.4 V, and low from there on.
_FULL_AT = ((3.0, 0), (3.25, 10), (3.4, 50), (3.75, 90), (4.1, 100))
LOW_VOLTS = 3.4
STEP_VOLTS = 0.05  # the voltage of a cell wavers; what differs by less is the same


def seen(power: Power, event: PowerSeen) -> Power:
    """Take what was seen; what the event leaves open stays as it was."""
    power = replace(
        power,
        mains=power.mains if event.mains is None else event.mains,
        charging=power.charging if event.charging is None else event.charging,
    )
    known, volts = power.battery_volts, event.volts
    if volts is None or (known is not None and abs(volts - known) < STEP_VOLTS):
        return power
    return replace(power, battery_volts=volts, battery_percent=percent(volts))


def percent(volts: float) -> int:
    """How full the battery is, by its voltage."""
    for (low, empty), (high, full) in pairwise(_FULL_AT):
        if volts < high:
            return max(0, round(empty + (full - empty) * (volts - low) / (high - low)))
    return 100


def too_low(power: Power) -> bool:
    """Whether the battery could run out in the middle of an update."""
    return power.mains is False and power.battery_volts is not None and power.battery_volts <= LOW_VOLTS
