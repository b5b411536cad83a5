"""``web``, ``press`` and ``pin``: what buttons do, at the gateway's own console."""

from argparse import Namespace
from typing import TYPE_CHECKING

from mapio_display.cli.arguments import hold, of_gateway
from mapio_display.cli.gateway import client
from mapio_display.core.text import printable

if TYPE_CHECKING:
    from mapio_display.cli.arguments import Commands


def add(commands: "Commands") -> None:
    """Add the commands."""
    web = commands.add_parser("web", parents=[of_gateway()], help="turn the setup web server on or off")
    web.add_argument("switch", choices=("on", "off"))
    web.set_defaults(command=_web)

    press = commands.add_parser("press", parents=[of_gateway()], help="press a button, in a gateway without any too")
    press.add_argument("button", choices=("up", "down", "mid"))
    press.add_argument(
        "--hold", type=hold, default=0.1, metavar="S", help="seconds until it is released, at most 8 (default: 0.1)"
    )
    press.set_defaults(command=_press)

    pin = commands.add_parser("pin", parents=[of_gateway()], help="make a new PIN")
    pin.add_argument("action", choices=("new",))
    pin.set_defaults(command=_pin)


def _web(args: Namespace) -> int:
    client(args).post("/api/web", {"enabled": args.switch == "on"})
    return 0


def _press(args: Namespace) -> int:
    client(args).post("/api/press", {"button": args.button, "hold": args.hold})
    return 0


def _pin(args: Namespace) -> int:
    print(printable(str(client(args).post("/api/pin", {})["pin"])))
    return 0
