"""What several commands take, and how an argument is read."""

import os
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mapio_display.words.catalogue import Words

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    Commands = _SubParsersAction[ArgumentParser]
    """What commands are added to."""

SOCKET = Path("/run/mapio-display/api.sock")
GATEWAY = "http://192.168.1.20/"


def add_config(parser: ArgumentParser, words: Words) -> None:
    """Add ``--config``, for what runs by it."""
    parser.add_argument("--config", type=Path, metavar=words.text("metavar.file"), help=words.text("help.config"))


def of_gateway(words: Words, *, again: bool = False) -> ArgumentParser:
    """What the commands take that only the gateway's own socket offers.

    ``again`` is for an action of a command that takes the same: a default would replace what was given before it.
    """
    parser = ArgumentParser(add_help=False, argument_default=SUPPRESS if again else None)
    file, default = words.text("metavar.file"), SUPPRESS if again else SOCKET
    socket = words.text("help.socket", default=str(SOCKET))
    parser.add_argument("--socket", type=Path, metavar=file, default=default, help=socket)
    parser.add_argument("--config", type=Path, metavar=file, help=words.text("help.config.language"))
    if not again:
        parser.set_defaults(url=None)
    return parser


def of_any_gateway(words: Words) -> ArgumentParser:
    """What the commands take that another gateway offers too."""
    parser = ArgumentParser(add_help=False, parents=[of_gateway(words)])
    parser.add_argument("--url", type=url(words), metavar="URL", help=words.text("help.url", example=GATEWAY))
    return parser


def seconds(words: Words) -> Callable[[str], float]:
    """A number of seconds that ends."""

    def read(text: str) -> float:
        with suppress(ValueError):
            if 0 <= (number := float(text)) < float("inf"):
                return number
        raise ArgumentTypeError(words.text("argument.seconds", value=text))

    return read


def hold(words: Words, most: float) -> Callable[[str], float]:
    """How many seconds a button is held."""
    any_time = seconds(words)

    def read(text: str) -> float:
        held = any_time(text)
        if held > most:
            raise ArgumentTypeError(words.text("argument.hold", value=text, most=f"{most:g}"))
        return held

    return read


def whole(words: Words, low: int, high: int) -> Callable[[str], int]:
    """A whole number from ``low`` to ``high``."""

    def read(text: str) -> int:
        with suppress(ValueError):
            if low <= (number := int(text)) <= high:
                return number
        raise ArgumentTypeError(words.text("argument.range", value=text, low=low, high=high))

    return read


def ssid(words: Words) -> Callable[[str], bytes]:
    """A network's name, of whatever bytes."""

    def read(text: str) -> bytes:
        octets = os.fsencode(text)
        if 1 <= len(octets) <= 32:
            return octets
        raise ArgumentTypeError(words.text("argument.ssid"))

    return read


def url(words: Words) -> Callable[[str], str]:
    """Where another daemon listens."""

    def read(text: str) -> str:
        with suppress(ValueError):  # the port is no number, or a bracket is not closed
            parts = urlsplit(text)
            if parts.scheme == "http" and parts.hostname and parts.port != 0:
                return text
        raise ArgumentTypeError(words.text("argument.url", value=text, example=GATEWAY))

    return read
