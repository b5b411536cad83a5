"""The data partition: whether it is there."""

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.event import Change, Handlers, Observation

if TYPE_CHECKING:
    from mapio_display.core.snapshot import Snapshot


class DataPartition(StrEnum):
    """Whether the data partition is there."""

    AWAITED = "awaited"
    THERE = "there"
    MISSING = "missing"


class DataAwaited(Observation):
    """The data partition takes its time."""


def _awaited(snapshot: "Snapshot", event: DataAwaited, now: Now) -> Change:
    return replace(snapshot, data_partition=DataPartition.AWAITED), ()


HANDLERS: Handlers = {DataAwaited: _awaited}
