"""From a view's name and a snapshot to the frame."""

from typing import assert_never

from mapio_display.core.frame import Frame
from mapio_display.core.front.view import View
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.edges import starting, stopped
from mapio_display.views.machine import custom, status, system
from mapio_display.views.resting import home, hotspot, webserver
from mapio_display.views.updating import rebooting, result, update


def render(view: View, snapshot: Snapshot, size: tuple[int, int] = (250, 122)) -> Frame:
    """Draw ``view`` at ``size`` (width, height in pixels)."""
    match view:
        case View.STARTING:
            canvas = starting(snapshot, size)
        case View.HOTSPOT:
            canvas = hotspot(snapshot, size)
        case View.HOME:
            canvas = home(snapshot, size)
        case View.WEBSERVER:
            canvas = webserver(snapshot, size)
        case View.SYSTEM:
            canvas = system(snapshot, size)
        case View.STATUS:
            canvas = status(snapshot, size)
        case View.CUSTOM:
            return custom(snapshot, size)
        case View.UPDATE:
            canvas = update(snapshot, size)
        case View.RESULT:
            canvas = result(snapshot, size)
        case View.REBOOTING:
            canvas = rebooting(snapshot, size)
        case View.STOPPED:
            canvas = stopped(snapshot, size)
        case _:
            assert_never(view)
    return canvas.frame()
