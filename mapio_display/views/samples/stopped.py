"""Samples of the view "stopped"."""

from dataclasses import replace

from mapio_display.core.facts.daemon import Daemon
from mapio_display.core.facts.shutdown import Shutdown
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.sample import (
    AT_REST,
    MISTAKE,
)

SAMPLES = {
    "stopped": replace(AT_REST, stopped_at="14:05"),
    "stopped-mistake": Snapshot(Daemon("0.1.0", error=MISTAKE), os=AT_REST.os),
    "stopped-off": replace(AT_REST, shutdown=Shutdown.OFF, stopped_at="14:05"),
    "stopped-off-unknown-time": replace(AT_REST, shutdown=Shutdown.OFF),
}
