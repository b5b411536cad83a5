"""``web``, ``press`` and ``pin``: what buttons do, at the gateway's own console."""

from argparse import Namespace
from typing import TYPE_CHECKING

from mapio_display.cli.arguments import hold, of_gateway
from mapio_display.cli.gateway import client
from mapio_display.core.front.buttons import LONGEST_PRESS_S
from mapio_display.core.text import printable

if TYPE_CHECKING:
    from mapio_display.cli.arguments import Commands
    from mapio_display.words.catalogue import Words

HOLD_S = 0.1


def add(commands: "Commands", words: "Words") -> None:
    """Add the commands."""
    gateway = of_gateway(words)
    web = commands.add_parser("web", parents=[gateway], help=words.text("help.web"))
    web.add_argument("switch", metavar="on|off", choices=("on", "off"))
    web.set_defaults(command=_web)

    press = commands.add_parser("press", parents=[gateway], help=words.text("help.press"))
    press.add_argument("button", metavar="up|down|mid", choices=("up", "down", "mid"))
    about = words.text("help.hold", most=f"{LONGEST_PRESS_S:g}", default=str(HOLD_S))
    press.add_argument("--hold", type=hold(words, LONGEST_PRESS_S), default=HOLD_S, metavar="S", help=about)
    press.set_defaults(command=_press)

    pin = commands.add_parser("pin", parents=[gateway], help=words.text("help.pin"))
    pin.add_argument("action", metavar="new", choices=("new",))
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
