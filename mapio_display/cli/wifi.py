"""``wifi``: the networks found; scan, join or forget one."""

import json
import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from mapio_display.cli.arguments import of_gateway, ssid
from mapio_display.cli.failing import failed
from mapio_display.cli.gateway import client
from mapio_display.core.facts.wifi_join import may_be_password
from mapio_display.core.text import printable
from mapio_display.errors import CommandLineError
from mapio_display.words.console import of_networks

if TYPE_CHECKING:
    from mapio_display.cli.arguments import Commands
    from mapio_display.words.catalogue import Words


def add(commands: "Commands", words: "Words") -> None:
    """Add the command and its actions; it lists the networks without one."""
    text = words.text
    wifi = commands.add_parser("wifi", parents=[of_gateway(words)], help=text("help.wifi"))
    wifi.set_defaults(command=_wifi)
    actions = wifi.add_subparsers(title=text("usage.commands"), metavar=text("metavar.action"))
    after = of_gateway(words, again=True)
    scan = actions.add_parser("scan", parents=[after], help=text("help.wifi-scan"))
    scan.set_defaults(command=_scan_wifi)
    join = actions.add_parser("join", parents=[after], help=text("help.wifi-join"))
    join.add_argument("ssid", metavar="SSID", type=ssid(words), help=text("help.ssid"))
    join.add_argument("--hidden", action="store_true", help=text("help.hidden"))
    join.set_defaults(command=_join_wifi)
    forget = actions.add_parser("forget", parents=[after], help=text("help.wifi-forget"))
    forget.add_argument("ssid", metavar="SSID", type=ssid(words), help=text("help.ssid"))
    forget.set_defaults(command=_forget_wifi)


def _wifi(args: Namespace) -> int:
    gateway = client(args)
    joined = (gateway.status().get("wifi") or {}).get("joined")
    print(of_networks(json.loads(gateway.get("/api/wifi/networks")), joined, gateway.words))
    return 0


def _scan_wifi(args: Namespace) -> int:
    gateway = client(args)
    gateway.post("/api/wifi/networks", {})
    gateway.settled("scanning", of="wifi")
    return _wifi(args)


def _join_wifi(args: Namespace) -> int:
    gateway = client(args)
    name = args.ssid.decode("utf-8", "replace")
    password = _password(gateway.words.text("console.wifi-password", ssid=printable(name)))
    if not may_be_password(password or None, None):
        return failed(gateway.words.text("wifi-password"), 2)
    gateway.post("/api/wifi", {"octets": args.ssid.hex(), "password": password, "hidden": args.hidden})
    print(gateway.words.text("console.wifi-joining", ssid=printable(name)), flush=True)
    if error := gateway.settled("joining", of="wifi")["wifi"].get("error"):
        said, detail = str(error.get("message")), error.get("detail")
        raise CommandLineError(f"{said} ({detail})" if detail and detail not in said else said)
    print(gateway.words.text("console.wifi-joined", ssid=printable(name)))
    return 0


def _password(prompt: str) -> str:
    """Ask for a password without showing it; from a pipe it is the first line."""
    if sys.stdin.isatty():
        from getpass import getpass

        return getpass(prompt)
    return sys.stdin.readline().rstrip("\n")


def _forget_wifi(args: Namespace) -> int:
    gateway = client(args)
    gateway.post("/api/wifi", {"octets": args.ssid.hex()}, "DELETE")
    print(gateway.words.text("console.wifi-forgotten", ssid=printable(args.ssid.decode("utf-8", "replace"))))
    return 0
