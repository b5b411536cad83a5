"""The views the panel rests on: home, and the ways in with their codes: the hotspot's and the web server's."""

from dataclasses import dataclass

from mapio_display.core.frame import Box
from mapio_display.core.record import Result
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.words import no_updates
from mapio_display.views.canvas import WHITE, Canvas
from mapio_display.views.fonts import bold, ink
from mapio_display.views.parts import (
    FOOT,
    LINE,
    MARGIN,
    TITLE,
    Row,
    address,
    foot,
    hint,
    page,
    statement,
    title,
    version,
)

NO_NETWORK = "Check the cable or the Wi-Fi."
_ENDS = {
    Result.FAILED: "failed",
    Result.ROLLED_BACK: "was rolled back",
    Result.INTERRUPTED: "was interrupted",
    Result.INSTALLED: "is installed",
    Result.REPLACED: "was replaced",
}


def home(snapshot: Snapshot, size: tuple[int, int]) -> Canvas:
    """Address, web server and PIN, version, and how the last update ended."""
    canvas = Canvas("home", size)
    title(canvas, snapshot.clock or "MAPIO", version(snapshot), page=page(snapshot, "home"))
    rows = [_last(snapshot)]
    if source := snapshot.web.wrong_pins_from:
        rows.insert(0, Row(f"Wrong PINs from {source}", alert=True))
    if why := no_updates(snapshot):
        rows = [Row(f"No updates: {why}", alert=True), rows[0]]
    failed = snapshot.web.error is not None
    bottom = foot(canvas, *rows, rule=not failed)
    top = bottom - (2 * LINE + 6 if failed else FOOT + 2)
    _web_server(canvas, snapshot, Box(MARGIN, top, canvas.width - MARGIN, bottom))
    if snapshot.host is None:
        statement(canvas, "alert", "No network", NO_NETWORK, top)
    else:
        canvas.text(Box(MARGIN, TITLE + 3, canvas.width - MARGIN, top - 1), address(snapshot), 28)
    return canvas


def webserver(snapshot: Snapshot, size: tuple[int, int]) -> Canvas:
    """How to open the setup page, by address and PIN or by the code that holds both; or why that is not possible."""
    canvas = Canvas("webserver", size)
    web = snapshot.web
    if web.enabled and snapshot.url is not None:
        code = f"{snapshot.url}#{snapshot.pin}" if snapshot.pin else snapshot.url
        name, note = "Web server", "stays on" if snapshot.updating and snapshot.buttons else hint(snapshot, "off")
        if web.wrong_pins_from is not None:
            name, note = "Wrong PINs", hint(snapshot, "open sign-in")
        way = _WayIn(name, note, "open", address(snapshot), "with the PIN", snapshot.pin, code)
        _show(canvas, way, page(snapshot, "webserver"))
        return canvas
    todo = hint(snapshot, "off" if web.enabled else "on")
    title(canvas, "Web server", todo, page=page(snapshot, "webserver"))
    if not web.enabled:
        console = "Switch it on at the gateway's console: mapio-display web on"
        text = "The middle button switches it on." if snapshot.buttons else console
        statement(canvas, "power", "Switched off", text, canvas.height)
    elif web.error is not None:
        statement(canvas, "cross", "Not running", f"{web.error}. Trying again.", canvas.height)
    elif snapshot.host is None:
        statement(canvas, "alert", "No network", NO_NETWORK, canvas.height)
    else:
        statement(canvas, "wait", "Starting", f"Opening port {web.port}.", canvas.height)
    return canvas


def hotspot(snapshot: Snapshot, size: tuple[int, int]) -> Canvas:
    """How to join the gateway's own Wi-Fi, by name and password or by the code that holds both."""
    canvas = Canvas("hotspot", size)
    ssid, password = snapshot.hotspot.ssid, snapshot.hotspot.password
    if ssid is None:
        title(canvas, "Hotspot", version(snapshot), page=page(snapshot, "hotspot"))
        statement(canvas, "power", "No hotspot", "There is one while the gateway has no network.", canvas.height)
        return canvas
    code = f"WIFI:T:WPA;S:{_escaped(ssid)};P:{_escaped(password)};;" if password else None
    way = _WayIn("Hotspot", version(snapshot), "join Wi-Fi", ssid, "with the password", password, code)
    _show(canvas, way, page(snapshot, "hotspot"))
    return canvas


def _escaped(text: str) -> str:
    """``text`` as the code that joins a Wi-Fi has it (ZXing's "Barcode Contents", "Wi-Fi Network config")."""
    return "".join(f"\\{c}" if c in '\\;,":' else c for c in text)


@dataclass(frozen=True, slots=True)
class _WayIn:
    """A title and its note; what to do, where, and by which secret; and the text of the code that does it all."""

    title: str
    note: str
    do: str
    where: str
    by: str
    secret: str | None
    code: str | None


def _show(canvas: Canvas, way: _WayIn, page: tuple[int, int] | None) -> None:
    from mapio_display.views.codes import qr_code  # noqa: PLC0415 - segno takes 50 ms, and the first frame has no code

    below = canvas.height - TITLE
    code = qr_code(way.code, below) if way.code else None
    bar = canvas.width
    if way.code and code is None:  # one for a long text needs the whole height
        below = canvas.height
        code = qr_code(way.code, below)
        bar -= code.width if code else 0
    title(canvas, way.title, way.note if bar == canvas.width else "", page=page, right=bar)
    left, right = MARGIN, canvas.width - MARGIN
    if code is not None:
        right = canvas.width - code.width
        box = canvas.picture(right, canvas.height - (below + code.height) // 2, code)
        if way.secret:
            canvas.secret(box)
    top = (TITLE + canvas.height - 92) // 2
    canvas.text(Box(left, top, right, top + 18), f"Scan or {way.do}" if code else way.do[0].upper() + way.do[1:], 13)
    canvas.text(Box(left, top + 18, right, top + 46), way.where, 20)
    if way.secret:
        canvas.text(Box(left, top + 48, right, top + 66), way.by, 13)
        secret = Box(left, top + 67, right, top + 93)
        canvas.text(secret, way.secret, 24)
        canvas.secret(secret)


def _web_server(canvas: Canvas, snapshot: Snapshot, field: Box) -> None:
    web = snapshot.web
    if web.error is not None:
        canvas.fill(Box(0, field.top, canvas.width, field.bottom))
        canvas.text(field, f"No web server. {web.error}.", colour=WHITE)
        return
    field = Box(field.left, field.top, field.right, field.bottom - 2)
    state = "off" if not web.enabled else "on" if web.listening else "starting"
    end = field.right
    if web.enabled and snapshot.url is not None and snapshot.pin:
        pin = Box(end - ink(bold(20), "0" * len(snapshot.pin)).right, field.top, end, field.bottom)
        canvas.text(pin, snapshot.pin, 20, align="right")
        canvas.secret(pin)
        end = pin.left - 30 - MARGIN
        canvas.text(Box(end, field.top, pin.left - MARGIN, field.bottom), "PIN", 13, align="right")
    canvas.text(Box(field.left, field.top, end, field.bottom), f"Web server {state}", 13)


def _last(snapshot: Snapshot) -> Row:
    """How the last update ended; an alert if that wants somebody's attention."""
    last = snapshot.last_update
    if last is None:
        return Row("No update so far" if snapshot.last_update_known else "Last update unknown")
    if last.result is Result.SUCCEEDED:
        return Row(f"Updated from {last.from_version}" if last.from_version else "Updated")
    name = f"Update to {last.to_version}" if last.to_version else "Update"
    return Row(f"{name} {_ENDS[last.result]}", alert=last.result.is_bad and not last.acknowledged)
