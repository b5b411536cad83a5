"""The view "hotspot": how to join the gateway's own Wi-Fi."""

from mapio_display.core.facts.wifi import Wifi
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
    at, not_joined = address(snapshot), _not_joined(snapshot.wifi, words)
    way = WayIn(
        words.text("title.hotspot"),
        version(snapshot, words),
        not_joined or words.text("hotspot.join"),
        not_joined or words.text("hotspot.scan"),
        ssid,
        "" if not_joined else words.text("hotspot.with-password"),
        password,
        code,
        words.text("hotspot.set-up", address=at) if at and snapshot.wifi.available else None,
    )
    way_in(canvas, way, page(snapshot, "hotspot"))


def _not_joined(wifi: Wifi, words: Words) -> str:
    """Which network was not joined, and why; empty if none failed."""
    if wifi.error is None:
        return ""
    reason = joined_in_short(wifi.error, words)
    return words.text("hotspot.not-joined", name=wifi.result.name, reason=reason) if wifi.result else reason


def _escaped(text: str) -> str:
    """``text`` as the code that joins a Wi-Fi has it (ZXing's "Barcode Contents", "Wi-Fi Network config")."""
    return "".join(f"\\{c}" if c in '\\;,":' else c for c in text)
