"""Mains, charger and battery."""

from dataclasses import dataclass

from mapio_display.core.facts.event import Observation


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
