"""The views the panel rests on: home, and the web server with its code."""

from mapio_display.core.frame import Box
from mapio_display.core.record import LastUpdate, Result
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import TITLE_HEIGHT, Canvas
from mapio_display.views.fonts import bold, plain

RESULTS = {
    Result.SUCCEEDED: "Updated",
    Result.FAILED: "Update failed",
    Result.ROLLED_BACK: "Update rolled back",
    Result.INTERRUPTED: "Update interrupted",
}


def home(snapshot: Snapshot, size: tuple[int, int]) -> Canvas:
    """Address, web server and PIN, version, and how the last update ended."""
    canvas = Canvas("home", size, "MAPIO", f"OS {snapshot.os.version or '?'}")
    top = TITLE_HEIGHT + 4
    if snapshot.host is None:
        canvas.text(canvas.row(top, 34), "No network", [bold(26)])
        canvas.text(canvas.row(top + 34, 18), "Check the network cable.", [plain()])
    else:
        canvas.text(canvas.row(top, 34), address(snapshot), [bold(26), bold(22), bold(18), bold(15), plain()])
        _setup(canvas, snapshot, top + 36)
    bottom = canvas.height - 42
    canvas.rule(bottom)
    canvas.text(canvas.row(bottom + 3, 19), _rauc(snapshot), [plain()])
    canvas.text(canvas.row(bottom + 22, 19), _last(snapshot.last_update), [plain()])
    return canvas


def webserver(snapshot: Snapshot, size: tuple[int, int]) -> Canvas:
    """How to open the setup page: by address and PIN, or by the code that holds both."""
    web = snapshot.web
    canvas = Canvas("webserver", size, "Setup web server", "on" if web.listening else "off")
    top = TITLE_HEIGHT + 6
    if not web.enabled:
        canvas.text(canvas.row(top, 30), "Switched off", [bold(22)])
        canvas.paragraph(canvas.row(top + 36, 50), "Switch it on at the gateway's console: mapio-display web on")
        return canvas
    if web.error is not None:
        canvas.text(canvas.row(top, 30), "Not running", [bold(22)])
        canvas.paragraph(canvas.row(top + 36, 50), f"{web.error}. Trying again.")
        return canvas
    if snapshot.url is None:
        title = "No network" if snapshot.host is None else "Starting"
        canvas.text(canvas.row(top, 30), title, [bold(22)])
        text = "Check the network cable." if snapshot.host is None else "The port is being opened."
        canvas.paragraph(canvas.row(top + 36, 50), text)
        return canvas
    left = _code(canvas, snapshot)
    field = Box(left, top, canvas.right, top + 16)
    canvas.text(field, "Scan, or open", [plain()])
    canvas.text(Box(left, top + 17, canvas.right, top + 37), address(snapshot), [bold(15), bold(13), bold(12), plain()])
    if snapshot.pin is not None:
        canvas.text(Box(left, top + 46, canvas.right, top + 62), "with the PIN", [plain()])
        pin = Box(left, top + 64, canvas.right, top + 90)
        canvas.text(pin, snapshot.pin, [bold(24)])
        canvas.secret(pin)
    return canvas


def address(snapshot: Snapshot) -> str:
    """The web server's address as a person types it, or the host's while there is none."""
    if snapshot.url is None:
        return snapshot.host or "no network"
    return snapshot.url.removeprefix("http://").rstrip("/")


def _code(canvas: Canvas, snapshot: Snapshot) -> int:
    """Draw the code at the left and give where the text beside it begins."""
    from mapio_display.views.codes import qr_code  # noqa: PLC0415 - segno takes 50 ms, and the first frame has no code

    text = f"{snapshot.url}#{snapshot.pin}" if snapshot.pin else str(snapshot.url)
    code = qr_code(text, canvas.height - TITLE_HEIGHT)
    if code is None:
        return canvas.left
    top = TITLE_HEIGHT + (canvas.height - TITLE_HEIGHT - code.height) // 2
    canvas.paste(code, 0, top)
    if snapshot.pin:
        canvas.secret(Box(0, top, code.width, top + code.height))
    return code.width


def _setup(canvas: Canvas, snapshot: Snapshot, top: int) -> None:
    web = snapshot.web
    field = canvas.row(top, 20)
    if not web.enabled:
        canvas.text(field, "Setup web server is off", [bold(13), plain()])
    elif web.error is not None:
        canvas.text(field, web.error, [bold(13), bold(12), plain()])
    elif not web.listening:
        canvas.text(field, "Setup web server starts", [bold(13), plain()])
    else:
        canvas.text(field, "Web server on", [plain()])
        if snapshot.pin is not None:
            pin = Box(canvas.right - 68, top, canvas.right, top + 20)
            canvas.text(Box(canvas.left, top, pin.left - 5, top + 20), "PIN", [plain()], align="right")
            canvas.text(pin, snapshot.pin, [bold(16)], align="right")
            canvas.secret(pin)


def _rauc(snapshot: Snapshot) -> str:
    if snapshot.rauc.available is False:
        return "No updates: RAUC is missing"
    booted = snapshot.booted
    slot = f", slot {booted.bootname}" if booted and booted.bootname else ""
    return f"Version {snapshot.os.version or 'unknown'}{slot}"


def _last(last: LastUpdate | None) -> str:
    if last is None:
        return "No update so far"
    if last.result is Result.SUCCEEDED:
        return f"Updated from {last.from_version or '?'}"
    return RESULTS[last.result] + (f" ({last.to_version})" if last.to_version else "")
