"""The view "wifi": a network that is being joined, and what became of that."""

from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.widgets import Row, foot, joined_in_short, reached_at, statement, title, version
from mapio_display.words.catalogue import Words


def draw(canvas: Canvas, snapshot: Snapshot, words: Words) -> None:
    """Which network is being joined, or was, or why it was not."""
    wifi = snapshot.wifi
    if wifi.joining is not None:
        title(canvas, words.text("title.wifi"), version(snapshot, words))
        over = wifi.joining.over_hotspot
        bottom = foot(canvas, Row(words.text("wifi.hotspot-returns") if over else words.text("wifi.up-to-a-minute")))
        statement(canvas, "wait", words.text("wifi.joining"), wifi.joining.ssid.name, bottom, size=20)
    elif wifi.error is not None:
        title(canvas, words.text("title.wifi"), wifi.result.name if wifi.result else "")
        statement(canvas, "cross", joined_in_short(wifi.error, words), words.say(wifi.error.message), canvas.height)
    else:
        title(canvas, words.text("title.wifi"), version(snapshot, words))
        bottom = foot(canvas, reached_at(snapshot, words), size=17)
        ssid = wifi.joined or wifi.result
        statement(canvas, "check", words.text("wifi.joined"), ssid.name if ssid else "", bottom, size=20)
