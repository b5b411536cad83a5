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
    TITLE,
    Row,
    address,
    foot,
    page,
    statement,
    title,
    version,
)
from mapio_display.words.catalogue import Words

CALM = Change.BACKGROUND  # another last update is marked below; so that alone makes way for an offer


def draw(canvas: Canvas, snapshot: Snapshot, words: Words) -> None:
    """Address, web server and PIN, version, and how the last update ended."""
    name, note = snapshot.clock or "MAPIO", version(snapshot, words)
    title(canvas, name, note, page=page(snapshot, "home"), urgency=Change.CLOCK)
    canvas.mark(Change.STATE, snapshot.last_update)
    rows = [_offer(snapshot, words) or _last(snapshot, words)]
    if source := snapshot.web.wrong_pins_from:
        rows.insert(0, Row(words.text("home.wrong-pins", address=source), alert=True, urgency=Change.FACT))
    if why := why_no_updates(snapshot):
        rows = [Row(words.text("home.no-updates", why=words.in_short(why)), alert=True), rows[0]]
    failed = snapshot.web.error is not None
    bottom = foot(canvas, *rows, rule=not failed)
    top = bottom - (2 * LINE + 6 if failed else FOOT + 2)
    _web_server(canvas, snapshot, Box(MARGIN, top, canvas.width - MARGIN, bottom), words)
    if snapshot.host is None:
        statement(canvas, "alert", words.text("no-network"), words.text("no-network.remedy"), top)
    else:
        canvas.text(Box(MARGIN, TITLE + 3, canvas.width - MARGIN, top - 1), address(snapshot), 28)


def _web_server(canvas: Canvas, snapshot: Snapshot, field: Box, words: Words) -> None:
    web = snapshot.web
    canvas.mark(Change.STATE, web.enabled)
    if web.error is not None:
        canvas.fill(Box(0, field.top, canvas.width, field.bottom))
        text = words.text("home.no-web-server", error=words.say(web.error))
        canvas.text(field, text, colour=WHITE, urgency=Change.STATE)
        return
    field = Box(field.left, field.top, field.right, field.bottom - 2)
    state = "off" if not web.enabled else "on" if web.listening else "starting"
    end = field.right
    if web.enabled and snapshot.url is not None and snapshot.pin:
        pin = Box(end - ink(bold(20), "0" * len(snapshot.pin)).right, field.top, end, field.bottom)
        canvas.text(pin, snapshot.pin, 20, align="right")
        canvas.secret(pin)
        end = pin.left - 30 - MARGIN
        canvas.text(Box(end, field.top, pin.left - MARGIN, field.bottom), words.text("home.pin"), 13, align="right")
    canvas.text(Box(field.left, field.top, end, field.bottom), words.text(f"home.web-server-{state}"), 13)


def _offer(snapshot: Snapshot, words: Words) -> Row | None:
    """A newer version that is available; it waits for the next calm moment, and for a bad end to be dismissed."""
    if not is_shown(snapshot) or snapshot.bad_end is not None:
        return None
    available = words.text("offer.available", version=snapshot.release.version or "")
    return Row(available, urgency=Change.BACKGROUND)


def _last(snapshot: Snapshot, words: Words) -> Row:
    """How the last update ended; an alert if that needs attention."""
    last = snapshot.last_update
    if last is None:
        return Row(words.text("no-update-yet" if snapshot.last_update_known else "home.last-unknown"), urgency=CALM)
    if last.result is Result.SUCCEEDED:
        old = last.from_version
        updated = words.text("home.updated-from", version=old) if old else words.text("home.updated")
        return Row(updated, urgency=CALM)
    result, new = words.of_result("after-version", last.result), last.to_version
    ended = words.text("home.ended-to", version=new, result=result) if new else words.text("home.ended", result=result)
    return Row(ended, alert=last.result.is_bad and not last.acknowledged, urgency=Change.FACT)
