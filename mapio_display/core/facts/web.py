"""The setup web server: whether it is wanted and listens, its PIN, and who was denied."""

from dataclasses import dataclass

from mapio_display.core.facts.event import Observation, Request


@dataclass(frozen=True, slots=True)
class Web:
    """The setup web server: ``enabled`` is the owner's wish, ``listening`` whether the port is open.

    ``host`` is the one address it is bound to, None where it listens on all of them. Wrong PINs from the address
    ``wrong_pins_from`` have closed sign-in; that is shown until ``wrong_pins_until``, or until the owner opens it.
    """

    enabled: bool = True
    listening: bool = False
    host: str | None = None
    port: int = 80
    error: str | None = None
    wrong_pins_from: str | None = None
    wrong_pins_until: float | None = None


@dataclass(frozen=True, slots=True)
class WebListening(Observation):
    """The web server's port is open."""

    port: int


@dataclass(frozen=True, slots=True)
class WebClosed(Observation):
    """The web server's port is closed; ``error`` says why where that was not wished."""

    error: str | None = None


@dataclass(frozen=True, slots=True)
class WebSwitched(Request):
    """The owner turns the web server on or off."""

    enabled: bool


@dataclass(frozen=True, slots=True)
class PinChanged(Observation):
    """A new PIN is on the data partition."""

    pin: str


@dataclass(frozen=True, slots=True)
class WrongPins(Observation):
    """Sign-in was closed because of wrong PINs from ``address``; shown ``until`` (seconds of CLOCK_MONOTONIC).

    None for both: they were the owner's own.
    """

    address: str | None
    until: float | None


@dataclass(frozen=True, slots=True)
class SignInOpened(Request):
    """The owner, at the gateway, lets everybody try PINs again."""
