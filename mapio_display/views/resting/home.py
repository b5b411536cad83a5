"""The view "home": the address, the web server and its PIN, and how the last update ended."""

from mapio_display.core.facts.release import is_shown
from mapio_display.core.frame import Box
from mapio_display.core.front.refresh import Change
from mapio_display.core.record import Result
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update.obstacles import why_no_updates
from mapio_display.views.canvas import WHITE, Canvas
from mapio_display.views.fonts import bold, ink
from mapio_display.views.widgets import (
    FOOT,
    LINE,
    MARGIN,
    NO_NETWORK,
    TITLE,
    Row,
    address,
    foot,
    page,
    statement,
    title,
    version,
)
from mapio_display.words.catalogue import ENGLISH

CALM = Change.BACKGROUND  # another last update is marked below; so that alone makes way for an offer


def draw(canvas: Canvas, snapshot: Snapshot) -> None:
    """Address, web server and PIN, version, and how the last update ended."""
    title(canvas, snapshot.clock or "MAPIO", version(snapshot), page=page(snapshot, "home"), urgency=Change.CLOCK)
    canvas.mark(Change.STATE, snapshot.last_update)
    rows = [_offer(snapshot) or _last(snapshot)]
    if source := snapshot.web.wrong_pins_from:
        rows.insert(0, Row(f"Wrong PINs from {source}", alert=True, urgency=Change.FACT))
    if why := why_no_updates(snapshot):
        rows = [Row(f"No updates: {ENGLISH.in_short(why)}", alert=True), rows[0]]
    failed = snapshot.web.error is not None
    bottom = foot(canvas, *rows, rule=not failed)
    top = bottom - (2 * LINE + 6 if failed else FOOT + 2)
    _web_server(canvas, snapshot, Box(MARGIN, top, canvas.width - MARGIN, bottom))
    if snapshot.host is None:
        statement(canvas, "alert", "No network", NO_NETWORK, top)
    else:
        canvas.text(Box(MARGIN, TITLE + 3, canvas.width - MARGIN, top - 1), address(snapshot), 28)


def _web_server(canvas: Canvas, snapshot: Snapshot, field: Box) -> None:
    web = snapshot.web
    canvas.mark(Change.STATE, web.enabled)
    if web.error is not None:
        canvas.fill(Box(0, field.top, canvas.width, field.bottom))
        canvas.text(field, f"No web server. {web.error}.", colour=WHITE, urgency=Change.STATE)
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


def _offer(snapshot: Snapshot) -> Row | None:
    """A newer version that is available; it waits for the next calm moment, and for a bad end to be dismissed."""
    if not is_shown(snapshot) or snapshot.bad_end is not None:
        return None
    available = ENGLISH.text("offer.available", version=snapshot.release.version or "")
    return Row(available, urgency=Change.BACKGROUND)


def _last(snapshot: Snapshot) -> Row:
    """How the last update ended; an alert if that wants somebody's attention."""
    last = snapshot.last_update
    if last is None:
        return Row("No update so far" if snapshot.last_update_known else "Last update unknown", urgency=CALM)
    if last.result is Result.SUCCEEDED:
        return Row(f"Updated from {last.from_version}" if last.from_version else "Updated", urgency=CALM)
    name = f"Update to {last.to_version}" if last.to_version else "Update"
    ended = ENGLISH.of_result("after-version", last.result)
    return Row(f"{name} {ended}", alert=last.result.is_bad and not last.acknowledged, urgency=Change.FACT)
