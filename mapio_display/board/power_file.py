"""Mains, charger and battery as a file has them, for a board that has none: ``{"mains": true, "volts": 3.9}``."""

from pathlib import Path

from mapio_display.core.facts.power import PowerObserved
from mapio_display.host.file_source import read_object


def read_power(path: Path) -> PowerObserved:
    """What the file says; what it leaves out stays. Raises ``OSError``, or ``ValueError`` if that makes no sense."""
    said = read_object(path)
    mains, charging, volts = (said.get(key) for key in ("mains", "charging", "volts"))
    if any(type(flag) not in (type(None), bool) for flag in (mains, charging)):
        raise ValueError(f"{path}: mains and charging must be true or false")
    if type(volts) not in (type(None), int, float) or not abs(volts or 0) < float("inf"):
        raise ValueError(f"{path}: volts must be a number")
    return PowerObserved(mains, charging, volts)
