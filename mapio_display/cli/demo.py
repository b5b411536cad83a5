"""``demo``: a virtual gateway, where the source is."""

from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from mapio_display.cli.arguments import whole
from mapio_display.errors import CommandLineError

if TYPE_CHECKING:
    from mapio_display.cli.arguments import Commands
    from mapio_display.words.catalogue import Words

FOLDER = Path("demo")
PORT = 8080


def add(commands: "Commands", words: "Words") -> None:
    """Add the command."""
    demo = commands.add_parser("demo", help=words.text("help.demo"))
    directory, about = words.text("metavar.directory"), words.text("help.dir", default=f"./{FOLDER}")
    demo.add_argument("--dir", type=Path, metavar=directory, default=FOLDER, help=about)
    about = words.text("help.port", default=PORT)
    demo.add_argument("--port", type=whole(words, 0, 65535), metavar="N", default=PORT, help=about)
    demo.add_argument("--no-cable", action="store_true", help=words.text("help.no-cable"))
    demo.set_defaults(command=_demo)


def _demo(args: Namespace) -> int:
    if find_spec("mapio_display.virtual") is None:
        raise CommandLineError(args.words.text("demo.not-installed"))
    from mapio_display.virtual.demo import run_demo

    return run_demo(args.dir, args.port, args.words, cable=not args.no_cable, daily=True)
