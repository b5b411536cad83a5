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
from mapio_display.words.catalogue import Words


def draw(canvas: Canvas, snapshot: Snapshot, words: Words) -> None:
    """The version, and what is being waited for."""
    title(canvas, "MAPIO")
    canvas.mark(Change.STATE, snapshot.data_partition)
    bottom = foot(canvas, Row(_waiting_for(snapshot, words)))
    statement(canvas, "wait", words.text("starting"), version(snapshot, words), bottom, size=20)


def _waiting_for(snapshot: Snapshot, words: Words) -> str:
    if snapshot.update.step is Step.JUDGING:
        return words.text("starting.checking")
    if snapshot.daemon.lifecycle is Lifecycle.WAITING and snapshot.data_partition:
        return words.text("starting.data")
    return words.text("starting.wait")
