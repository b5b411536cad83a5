"""``demo``: a virtual gateway, where the source is."""

from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from mapio_display.cli.arguments import port
from mapio_display.errors import CommandLineError

if TYPE_CHECKING:
    from mapio_display.cli.arguments import Commands


def add(commands: "Commands") -> None:
    """Add the command."""
    demo = commands.add_parser("demo", help="a virtual gateway and the daemon on it; from the source only")
    demo.add_argument("--dir", type=Path, default=Path("demo"), help="where it keeps everything (default: ./demo)")
    demo.add_argument(
        "--port", type=port, default=8080, metavar="N", help="the web server's port; 0 for a free one (default: 8080)"
    )
    demo.add_argument("--no-cable", action="store_true", help="start without a network, so that the hotspot comes up")
    demo.set_defaults(command=_demo)


def _demo(args: Namespace) -> int:
    if find_spec("mapio_display.virtual") is None:
        raise CommandLineError(
            "The virtual gateway is not installed on gateways. Copy the project's source to a Debian machine, and run "
            "`make demo` there."
        )
    from mapio_display.virtual.demo import run_demo

    return run_demo(args.dir, args.port, cable=not args.no_cable, daily=True)
