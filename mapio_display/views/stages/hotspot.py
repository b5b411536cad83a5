"""The view "hotspot": how to join the gateway's own Wi-Fi."""

from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.way_in import WayIn, way_in
from mapio_display.views.widgets import address, joined_in_short, page, statement, title, version
from mapio_display.words.catalogue import Words


def draw(canvas: Canvas, snapshot: Snapshot, words: Words) -> None:
    """How to join the gateway's own Wi-Fi, by name and password or by the code that holds both.

    It also says why the last network was not joined, and where another can be.
    """
    ssid, password = snapshot.hotspot.ssid, snapshot.hotspot.password
    if ssid is None:
        title(canvas, words.text("title.hotspot"), version(snapshot, words), page=page(snapshot, "hotspot"))
        statement(canvas, "power", words.text("hotspot.none"), words.text("hotspot.when"), canvas.height)
        return
    code = f"WIFI:T:WPA;S:{_escaped(ssid)};P:{_escaped(password)};;" if password else None
    error, at = snapshot.wifi.error, address(snapshot)
    reason = joined_in_short(error, words) if error else None
    way = WayIn(
        words.text("title.hotspot"),
        version(snapshot, words),
        reason or words.text("hotspot.join"),
        reason or words.text("hotspot.scan"),
        ssid,
        words.text("hotspot.with-password"),
        password,
        code,
        words.text("hotspot.set-up", address=at) if at and snapshot.wifi.available else None,
    )
    way_in(canvas, way, page(snapshot, "hotspot"))


def _escaped(text: str) -> str:
    """``text`` as the code that joins a Wi-Fi has it (ZXing's "Barcode Contents", "Wi-Fi Network config")."""
    return "".join(f"\\{c}" if c in '\\;,":' else c for c in text)
