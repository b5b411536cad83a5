"""The view "webserver": how to open the setup page; MID switches the server."""

from mapio_display.core.front.refresh import Change
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.way_in import WayIn, way_in
from mapio_display.views.widgets import NO_NETWORK, address, hint, page, statement, title


def draw(canvas: Canvas, snapshot: Snapshot) -> None:
    """How to open the setup page, by address and PIN or by the code that holds both; or why that is not possible."""
    web = snapshot.web
    if web.enabled and snapshot.url is not None:
        code = f"{snapshot.url}#{snapshot.pin}" if snapshot.pin else snapshot.url
        guessed = web.wrong_pins_from is not None
        stays = snapshot.updating and snapshot.buttons and not guessed
        name, note = "Wrong PINs" if guessed else "Web server", "stays on" if stays else hint(snapshot, "webserver")
        way = WayIn(name, note, "open", address(snapshot), "with the PIN", snapshot.pin, code)
        way_in(canvas, way, page(snapshot, "webserver"))
        return
    title(canvas, "Web server", hint(snapshot, "webserver"), page=page(snapshot, "webserver"))
    if not web.enabled:
        console = "Switch it on at the gateway's console: mapio-display web on"
        text = "The middle button switches it on." if snapshot.buttons else console
        statement(canvas, "power", "Switched off", text, canvas.height)
    elif web.error is not None:
        statement(canvas, "cross", "Not running", f"{web.error}. Trying again.", canvas.height)
    elif snapshot.host is None:
        statement(canvas, "alert", "No network", NO_NETWORK, canvas.height)
    else:
        statement(canvas, "wait", "Starting", f"Opening port {web.port}.", canvas.height, urgency=Change.FACT)
