"""The view "rebooting": the gateway restarts."""

from mapio_display.core.facts.update import Phase, Step
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.widgets import bundle_version, do_not_unplug, foot, statement, title, version
from mapio_display.words.catalogue import Words

_UNDER_WAY = (Phase.RECEIVING, Phase.INSPECTING, Phase.INSTALLING)


def draw(canvas: Canvas, snapshot: Snapshot, words: Words) -> None:
    """That the gateway restarts, and into what."""
    state = snapshot.update
    if state.id is None or state.step not in (Step.INSTALLED, Step.ANNOUNCING, Step.REBOOTING):
        title(canvas, words.text("title.restart"), version(snapshot, words))
        running = version(snapshot, words) if snapshot.os.version else ""
        # A person restarts the gateway, update or not; what becomes of it is judged after the start.
        text = words.text("rebooting.cut-off") if state.id and state.phase in _UNDER_WAY else running
        statement(canvas, "restart", words.text("rebooting"), text, canvas.height, size=20)
        return
    title(canvas, words.text("title.update"))
    bottom = foot(canvas, do_not_unplug(words), size=17)
    new = bundle_version(snapshot)
    into = words.text("rebooting.into", version=new) if new else words.text("rebooting.into-new")
    statement(canvas, "restart", words.text("rebooting"), into, bottom, size=20)
