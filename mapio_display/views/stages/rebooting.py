"""The view "rebooting": the gateway restarts."""

from mapio_display.core.facts.update import Phase, Step
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.widgets import DO_NOT_UNPLUG, bundle_version, foot, statement, title, version

_UNDER_WAY = (Phase.RECEIVING, Phase.INSPECTING, Phase.INSTALLING)


def draw(canvas: Canvas, snapshot: Snapshot) -> None:
    """That the gateway restarts, and into what."""
    state = snapshot.update
    if state.id is None or state.step not in (Step.INSTALLED, Step.ANNOUNCING, Step.REBOOTING):
        title(canvas, "Restart", version(snapshot))
        running = f"OS {snapshot.os.version}" if snapshot.os.version else ""
        # Somebody restarts the gateway, update or not; what becomes of it is judged after the start.
        text = "Update cut off" if state.id and state.phase in _UNDER_WAY else running
        statement(canvas, "restart", "Restarting", text, canvas.height, size=20)
        return
    title(canvas, "Update")
    bottom = foot(canvas, DO_NOT_UNPLUG, size=17)
    statement(canvas, "restart", "Restarting", f"into {bundle_version(snapshot)}", bottom, size=20)
