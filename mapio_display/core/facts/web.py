"""The setup web server: whether it is wanted and listens, its PIN, and who was denied."""

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from mapio_display.core.commands import ForgetTries, SaveWebEnabled
from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.event import Change, Handlers, Observation, Request
from mapio_display.core.failures import UPDATE_UNDER_WAY
from mapio_display.core.message import Message
from mapio_display.errors import NotNow
from mapio_display.frozen import Frozen

if TYPE_CHECKING:
    from mapio_display.core.snapshot import Snapshot


class Web(Frozen):
    """The setup web server: ``enabled`` is the owner's wish, ``listening`` whether the port is open.

    ``host`` is the one address it is bound to, None where it listens on all of them. Wrong PINs from the address
    ``wrong_pins_from`` have closed sign-in; that is shown until ``wrong_pins_until``, or until the owner opens it.
    """

    PUBLIC: ClassVar = ("enabled", "error", "wrong_pins_from")
    enabled: bool = True
    listening: bool = False
    host: str | None = None
    port: int = 80
    error: Message | None = None
    wrong_pins_from: str | None = None
    wrong_pins_until: float | None = None


class WebListening(Observation):
    """The web server's port is open."""

    port: int


class WebClosed(Observation):
    """The web server's port is closed; ``error`` says why where that was not wished."""

    error: Message | None = None


class WebSwitched(Request):
    """The owner turns the web server on or off."""

    enabled: bool


class PinChanged(Observation):
    """A new PIN is on the data partition."""

    pin: str


class WrongPins(Observation):
    """Sign-in was closed because of wrong PINs from ``address``; shown ``until`` (seconds of CLOCK_MONOTONIC).

    None for both: they were the owner's own.
    """

    address: str | None
    until: float | None


class SignInOpened(Request):
    """The owner, at the gateway, opens sign-in again for all addresses."""


def expire(snapshot: "Snapshot", now: Now) -> "Snapshot":
    """Show wrong PINs no longer than for their time."""
    until = snapshot.web.wrong_pins_until
    return snapshot if until is None or now.mono < until else replace(snapshot, web=_open(snapshot.web))


def _open(web: Web) -> Web:
    """Nothing is shown of wrong PINs any more, because they are forgotten."""
    return replace(web, wrong_pins_from=None, wrong_pins_until=None)


def _listening(snapshot: "Snapshot", event: WebListening, now: Now) -> Change:
    return replace(snapshot, web=replace(snapshot.web, listening=True, port=event.port, error=None)), ()


def _closed(snapshot: "Snapshot", event: WebClosed, now: Now) -> Change:
    return replace(snapshot, web=replace(snapshot.web, listening=False, error=event.error)), ()


def _switched(snapshot: "Snapshot", event: WebSwitched, now: Now) -> Change:
    if event.enabled:
        web = replace(_open(snapshot.web), enabled=True, error=None)
        return replace(snapshot, web=web), (SaveWebEnabled(True), ForgetTries())
    if snapshot.updating:
        raise NotNow(UPDATE_UNDER_WAY)
    return replace(snapshot, web=replace(snapshot.web, enabled=False, error=None)), (SaveWebEnabled(False),)


def _pin_changed(snapshot: "Snapshot", event: PinChanged, now: Now) -> Change:
    return replace(snapshot, pin=event.pin, web=_open(snapshot.web)), (ForgetTries(),)


def _wrong_pins(snapshot: "Snapshot", event: WrongPins, now: Now) -> Change:
    web = replace(snapshot.web, wrong_pins_from=event.address, wrong_pins_until=event.until)
    return replace(snapshot, web=web), ()


def _sign_in_opened(snapshot: "Snapshot", event: SignInOpened, now: Now) -> Change:
    return replace(snapshot, web=_open(snapshot.web)), (ForgetTries(),)


HANDLERS: Handlers = {
    WebListening: _listening,
    WebClosed: _closed,
    WebSwitched: _switched,
    PinChanged: _pin_changed,
    WrongPins: _wrong_pins,
    SignInOpened: _sign_in_opened,
}
