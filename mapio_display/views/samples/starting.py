"""Samples of the view "starting"."""

from dataclasses import replace

from mapio_display.core.facts.daemon import Daemon
from mapio_display.core.facts.data import DataPartition
from mapio_display.core.facts.update import Phase, Step
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.sample import (
    AT_REST,
    UPDATED,
    updating,
)

SAMPLES = {
    "starting": Snapshot(Daemon("0.1.0"), os=AT_REST.os),
    "starting-data": Snapshot(Daemon("0.1.0"), os=AT_REST.os, data_partition=DataPartition.AWAITED),
    "starting-after-update": replace(updating(Step.JUDGING, Phase.REBOOTING), os=UPDATED.os),
}
