"""``wifi``: the networks found; scan, join or forget one; the country."""

import json
import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from mapio_display.cli.arguments import of_gateway, ssid
from mapio_display.cli.failing import failed
from mapio_display.cli.gateway import client
from mapio_display.core.facts.wifi_join import may_be_password
from mapio_display.core.text import printable
from mapio_display.errors import CommandLineError
from mapio_display.words.console import of_networks

if TYPE_CHECKING:
    from mapio_display.cli.arguments import Commands
    from mapio_display.client import DaemonClient
    from mapio_display.words.catalogue import Words

NONE = "none"


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
    country = actions.add_parser("country", parents=[after], help=text("help.wifi-country"))
    country.add_argument("code", metavar="CODE", nargs="?", help=text("help.country-code", none=NONE))
    country.set_defaults(command=_country)


def _wifi(args: Namespace) -> int:
    gateway = client(args)
    joined = (gateway.status().get("wifi") or {}).get("joined")
    print(of_networks(_networks(gateway), joined, gateway.words))
    return 0


def _networks(gateway: "DaemonClient") -> dict[str, Any]:
    return dict(json.loads(gateway.get("/api/wifi/networks")))


def _succeeded(gateway: "DaemonClient", doing: str) -> None:
    """Return when what was asked for is done; raises ``CommandLineError`` where it failed."""
    if error := gateway.settled(doing, of="wifi")["wifi"].get("error"):
        said, detail = str(error.get("message")), error.get("detail")
        raise CommandLineError(f"{said} ({detail})" if detail and detail not in said else said)


def _scan_wifi(args: Namespace) -> int:
    gateway = client(args)
    gateway.post("/api/wifi/networks", {})
    gateway.settled("scanning", of="wifi")
    return _wifi(args)


def _join_wifi(args: Namespace) -> int:
    gateway = client(args)
    name = args.ssid.decode("utf-8", "replace")
    saved = args.ssid.hex() in (each["octets"] for each in _networks(gateway)["saved"])
    shown = printable(name)
    prompt = gateway.words.text("console.wifi-password-saved" if saved else "console.wifi-password", ssid=shown)
    password = _password(prompt)
    if not (saved and not password) and not may_be_password(password or None, None):
        return failed(gateway.words.text("wifi-password"), 2)
    gateway.post("/api/wifi", {"octets": args.ssid.hex(), "password": password, "hidden": args.hidden})
    print(gateway.words.text("console.wifi-joining", ssid=shown), flush=True)
    _succeeded(gateway, "joining")
    print(gateway.words.text("console.wifi-joined", ssid=shown))
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
    _succeeded(gateway, "saving")
    print(gateway.words.text("console.wifi-forgotten", ssid=printable(args.ssid.decode("utf-8", "replace"))))
    return 0


def _country(args: Namespace) -> int:
    gateway = client(args)
    if args.code is not None:
        gateway.post("/api/wifi/country", {"country": "" if args.code == NONE else args.code})
        _succeeded(gateway, "saving")
    country = _networks(gateway)["country"]
    words = gateway.words
    print(words.text("console.wifi-country", country=country) if country else words.text("console.wifi-no-country"))
    return 0
