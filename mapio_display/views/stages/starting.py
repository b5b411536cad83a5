"""The view "starting": the first picture after the power comes."""

from mapio_display.core.facts.daemon import Lifecycle
from mapio_display.core.facts.update import Step
from mapio_display.core.front.refresh import Change
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.widgets import (
    Row,
    foot,
    statement,
    title,
    version,
)


def draw(canvas: Canvas, snapshot: Snapshot) -> None:
    """The version, and what is being waited for."""
    title(canvas, "MAPIO")
    canvas.mark(Change.STATE, snapshot.data_partition)
    bottom = foot(canvas, Row(_waiting_for(snapshot)))
    statement(canvas, "wait", "Starting", version(snapshot), bottom, size=20)


def _waiting_for(snapshot: Snapshot) -> str:
    if snapshot.update.step is Step.JUDGING:
        return "Checking the update"
    if snapshot.daemon.lifecycle is Lifecycle.WAITING:
        return "Waiting for the data partition" if snapshot.data_partition else "Please wait"
    return "Please wait"
