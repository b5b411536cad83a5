"""``update``: look for a newer version, download and install it."""

from argparse import Namespace
from typing import TYPE_CHECKING

from mapio_display.cli.arguments import of_gateway
from mapio_display.cli.gateway import client
from mapio_display.errors import CommandLineError
from mapio_display.words.console import of_offer

if TYPE_CHECKING:
    from mapio_display.cli.arguments import Commands
    from mapio_display.words.catalogue import Words


def add(commands: "Commands", words: "Words") -> None:
    """Add the command."""
    update = commands.add_parser(
        "update",
        parents=[of_gateway(words)],
        help=words.text("help.update"),
        description=words.text("help.update.more"),
    )
    update.add_argument("--check", action="store_true", help=words.text("help.check"))
    update.set_defaults(command=_update)


def _update(args: Namespace) -> int:
    gateway = client(args)
    gateway.post("/api/release/check", {})
    release = gateway.settled("checking")["release"]
    if error := release.get("error"):
        raise CommandLineError(str(error.get("message")))
    print(of_offer(release, gateway.words))
    if args.check or release.get("version") is None:
        return 0
    gateway.post("/api/release/install", {"version": release["version"]})
    status = gateway.settled("opening")
    if error := status["release"].get("download_error"):
        raise CommandLineError(str(error.get("message")))
    print(gateway.words.text("offer.begun"))
    return 0
