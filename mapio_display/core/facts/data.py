"""The data partition: whether it is there."""

from dataclasses import dataclass
from enum import StrEnum

from mapio_display.core.facts.event import Observation


class DataPartition(StrEnum):
    """Whether the data partition is there."""

    AWAITED = "awaited"
    THERE = "there"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class DataAwaited(Observation):
    """The data partition takes its time."""
