"""What several commands take, and how an argument is read."""

import os
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    Commands = _SubParsersAction[ArgumentParser]
    """What commands are added to."""

SOCKET = Path("/run/mapio-display/api.sock")


def add_config(parser: ArgumentParser, purpose: str = "") -> None:
    """Add ``--config``."""
    parser.add_argument("--config", type=Path, metavar="FILE", help=f"this configuration and no other{purpose}")


def of_gateway(*, again: bool = False) -> ArgumentParser:
    """What the commands take that only the gateway's own socket offers.

    ``again`` is for an action of a command that takes the same: a default would replace what was given before it.
    """
    parser = ArgumentParser(add_help=False, argument_default=SUPPRESS if again else None)
    default = SUPPRESS if again else SOCKET
    parser.add_argument("--socket", type=Path, default=default, help=f"the daemon's socket (default: {SOCKET})")
    add_config(parser, " names the language")
    if not again:
        parser.set_defaults(url=None)
    return parser


def of_any_gateway() -> ArgumentParser:
    """What the commands take that another gateway offers too."""
    parser = ArgumentParser(add_help=False, parents=[of_gateway()])
    parser.add_argument("--url", type=url, help="another daemon, for example http://192.168.1.20/")
    return parser


def seconds(text: str) -> float:
    """A number of seconds that ends."""
    with suppress(ValueError):
        if 0 <= (number := float(text)) < float("inf"):
            return number
    raise ArgumentTypeError(f"{text} is no number of seconds from 0 on")


def hold(text: str) -> float:
    """How long a button is held."""
    from mapio_display.core.front.buttons import LONGEST_PRESS_S

    held = seconds(text)
    if held > LONGEST_PRESS_S:
        raise ArgumentTypeError(f"{text} is more than {LONGEST_PRESS_S} seconds")
    return held


def port(text: str) -> int:
    """A TCP port, or 0 for a free one."""
    with suppress(ValueError):
        if (number := int(text)) in range(65536):
            return number
    raise ArgumentTypeError(f"{text} is not between 0 and 65535")


def ssid(text: str) -> bytes:
    """A network's name, of whatever bytes."""
    octets = os.fsencode(text)
    if 1 <= len(octets) <= 32:
        return octets
    raise ArgumentTypeError("the name of a network has 1 to 32 bytes")


def url(text: str) -> str:
    """Where another daemon listens."""
    with suppress(ValueError):  # the port is no number, or a bracket is not closed
        parts = urlsplit(text)
        if parts.scheme == "http" and parts.hostname and parts.port != 0:
            return text
    raise ArgumentTypeError(f"{text} must look like http://192.168.1.20/")
