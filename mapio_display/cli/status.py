"""``status`` and ``wait-ready``: what the daemon reports."""

import json
from argparse import Namespace
from typing import TYPE_CHECKING

from mapio_display.cli.arguments import of_any_gateway, seconds
from mapio_display.cli.failing import failed
from mapio_display.cli.gateway import client
from mapio_display.core.text import printable_json
from mapio_display.words.console import in_words

if TYPE_CHECKING:
    from mapio_display.cli.arguments import Commands
    from mapio_display.words.catalogue import Words

TIMEOUT_S = 90.0


def add(commands: "Commands", words: "Words") -> None:
    """Add the commands."""
    gateway = of_any_gateway(words)
    status = commands.add_parser("status", parents=[gateway], help=words.text("help.status"))
    status.add_argument("--json", action="store_true", help=words.text("help.json"))
    status.set_defaults(command=_status)

    ready = commands.add_parser("wait-ready", parents=[gateway], help=words.text("help.wait-ready"))
    timeout = words.text("help.timeout", default=f"{TIMEOUT_S:g}")
    ready.add_argument("--timeout", type=seconds(words), default=TIMEOUT_S, metavar="S", help=timeout)
    ready.set_defaults(command=_wait_ready)


def _status(args: Namespace) -> int:
    gateway = client(args)
    status = gateway.status()
    if args.json:
        print(printable_json(json.dumps(status, indent=2, ensure_ascii=False)))
        return 0
    try:
        text = in_words(status, gateway.words)
    except (AttributeError, KeyError, TypeError, ValueError):  # a later version's, or another program's
        return failed(gateway.words.text("console.other-status"), 1)
    print(text)
    return 0


def _wait_ready(args: Namespace) -> int:
    gateway = client(args)
    if gateway.wait_ready(args.timeout):
        return 0
    return failed(gateway.words.text("console.not-ready", seconds=f"{args.timeout:g}"), 1)
