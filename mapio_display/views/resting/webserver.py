"""The view "webserver": how to open the setup page; MID switches the server."""

from mapio_display.core.front.refresh import Change
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.way_in import WayIn, way_in
from mapio_display.views.widgets import address, hint, page, statement, title
from mapio_display.words.catalogue import Words


def draw(canvas: Canvas, snapshot: Snapshot, words: Words) -> None:
    """How to open the setup page, by address and PIN or by the code that holds both; or why that is not possible."""
    web = snapshot.web
    if web.enabled and snapshot.url is not None:
        code = f"{snapshot.url}#{snapshot.pin}" if snapshot.pin else snapshot.url
        guessed = web.wrong_pins_from is not None
        stays = snapshot.updating and snapshot.buttons and not guessed
        name = words.text("title.wrong-pins" if guessed else "title.webserver")
        note = words.text("webserver.stays-on") if stays else hint(snapshot, "webserver", words)
        way = WayIn(
            name,
            note,
            words.text("webserver.open"),
            words.text("webserver.scan"),
            address(snapshot),
            words.text("webserver.with-pin"),
            snapshot.pin,
            code,
        )
        way_in(canvas, way, page(snapshot, "webserver"))
        return
    note = hint(snapshot, "webserver", words)
    title(canvas, words.text("title.webserver"), note, page=page(snapshot, "webserver"))
    if not web.enabled:
        text = words.text("webserver.off-button" if snapshot.buttons else "webserver.off-console")
        statement(canvas, "power", words.text("webserver.off"), text, canvas.height)
    elif web.error is not None:
        text = words.text("webserver.trying-again", error=words.say(web.error))
        statement(canvas, "cross", words.text("webserver.not-running"), text, canvas.height)
    elif snapshot.host is None:
        statement(canvas, "alert", words.text("no-network"), words.text("no-network.remedy"), canvas.height)
    else:
        text = words.text("webserver.opening", port=web.port)
        statement(canvas, "wait", words.text("webserver.starting"), text, canvas.height, urgency=Change.FACT)
