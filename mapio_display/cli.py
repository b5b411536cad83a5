"""The command line. Exit status: 0 done, 1 the daemon says no or does not answer, 2 a wrong command line or file.

Ctrl-C is 130, and a closed pipe 141, as in a shell.

Each command imports what it needs when it runs: ``run`` must have the panel at work before anything slow is loaded.
"""

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from mapio_display import __version__
from mapio_display.core.text import printable, printable_json
from mapio_display.errors import CommandLineError, ConfigError, MapioDisplayError
from mapio_display.views.names import names
from mapio_display.words.languages import ENGLISH, languages

if TYPE_CHECKING:
    import argparse

    from mapio_display.client import DaemonClient
    from mapio_display.words.catalogue import Words

SOCKET = Path("/run/mapio-display/api.sock")
_KEYS_BYTES = 32 * 1024  # what the daemon takes of a file of public keys


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a console of another encoding than UTF-8 has no ✓ and no 東京
            stream.reconfigure(errors="backslashreplace")
    try:
        match sys.argv[1:] if argv is None else argv:
            case ["run"]:  # without argparse, whose loading takes ten milliseconds that the panel need not wait for
                return _run(None)
            case ["run", "--config", path]:
                return _run(Path(path))
        args = _parser().parse_args(argv)
        status = int(args.command(args))
        sys.stdout.flush()
    except ConfigError as error:
        return _failed(str(error), 2)
    except MapioDisplayError as error:
        return _failed(str(error), 1)
    except BrokenPipeError:  # `head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python complains when it flushes at the end
        return 141
    except KeyboardInterrupt:
        return 130
    else:
        return status


def _parser() -> "argparse.ArgumentParser":
    import argparse

    parser = argparse.ArgumentParser(
        prog="mapio-display", description="The display and setup daemon of a MAPIO gateway."
    )
    parser.add_argument("--version", action="version", version=f"mapio-display {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="the daemon")
    run.add_argument("--config", type=Path, metavar="FILE", help="this configuration and no other")
    run.set_defaults(command=lambda args: _run(args.config))

    demo = commands.add_parser("demo", help="a virtual gateway and the daemon on it; from the source only")
    demo.add_argument("--dir", type=Path, default=Path("demo"), help="where it keeps everything (default: ./demo)")
    demo.add_argument(
        "--port", type=_port, default=8080, metavar="N", help="the web server's port; 0 for a free one (default: 8080)"
    )
    demo.add_argument("--no-cable", action="store_true", help="start without a network, so that the hotspot comes up")
    demo.set_defaults(command=_demo)

    render = commands.add_parser("render", help="draw a view into a PNG file")
    render.add_argument(
        "view",
        metavar="VIEW",
        help=f"{', '.join(names())}; or all",
    )
    render.add_argument(
        "--snapshot", type=Path, metavar="FILE.json", help="a status as /api/status gives it; without one, a sample"
    )
    render.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.png", help="where the picture goes")
    render.add_argument(
        "--scale", type=int, default=1, choices=range(1, 17), metavar="N", help="pixels per dot (default: 1)"
    )
    render.add_argument(
        "--language", choices=languages(), default=ENGLISH, help=f"{', '.join(languages())} (default: {ENGLISH})"
    )
    render.set_defaults(command=_render)

    # What only the gateway's own socket offers takes no --url.
    local = argparse.ArgumentParser(add_help=False)
    local.add_argument("--socket", type=Path, default=SOCKET, help=f"the daemon's socket (default: {SOCKET})")
    local.add_argument("--config", type=Path, metavar="FILE", help="this configuration and no other names the language")
    local.set_defaults(url=None)
    client = argparse.ArgumentParser(add_help=False, parents=[local])
    client.add_argument("--url", type=_url, help="another daemon, for example http://192.168.1.20/")

    show = commands.add_parser(
        "show", parents=[client], help="the panel's picture, in a terminal as wide as the panel has dots: 250 columns"
    )
    show.set_defaults(command=_show)

    status = commands.add_parser("status", parents=[client], help="what the panel tells, in words")
    status.add_argument("--json", action="store_true", help="as /api/status gives it")
    status.set_defaults(command=_status)

    ready = commands.add_parser("wait-ready", parents=[client], help="wait until the daemon reports ready")
    ready.add_argument("--timeout", type=_seconds, default=90.0, metavar="S", help="seconds to wait (default: 90)")
    ready.set_defaults(command=_wait_ready)

    repair = commands.add_parser(
        "repair-slot", help="empty a slot that RAUC gave up and that cannot be mounted; for the daemon's unit"
    )
    repair.add_argument("slot", metavar="SLOT", help="RAUC's name of it, for example rootfs.1")
    repair.set_defaults(command=_repair_slot)

    _add_local(commands, local)

    test = commands.add_parser("panel-test", help="patterns on the panel, to see whether it is wired right")
    test.add_argument("--config", type=Path, metavar="FILE", help="this configuration and no other")
    test.set_defaults(command=_panel_test)

    check = commands.add_parser(
        "check-config",
        help="say what is wrong with the configuration",
        description=f"Say what is wrong with the configuration. Its board is one of {_boards()}, or a path.",
    )
    check.add_argument("--config", type=Path, metavar="FILE", help="this file and no other")
    check.set_defaults(command=_check_config)
    return parser


def _add_local(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", local: "argparse.ArgumentParser"
) -> None:
    """Add the commands that only the gateway's own socket offers."""
    web = commands.add_parser("web", parents=[local], help="turn the setup web server on or off")
    web.add_argument("switch", choices=("on", "off"))
    web.set_defaults(command=_web)

    press = commands.add_parser("press", parents=[local], help="press a button, in a gateway without any too")
    press.add_argument("button", choices=("up", "down", "mid"))
    press.add_argument(
        "--hold", type=_hold, default=0.1, metavar="S", help="seconds until it is let go, at most 8 (default: 0.1)"
    )
    press.set_defaults(command=_press)

    pin = commands.add_parser("pin", parents=[local], help="make a new PIN")
    pin.add_argument("action", choices=("new",))
    pin.set_defaults(command=_pin)

    _add_wifi(commands.add_parser("wifi", parents=[local], help="the Wi-Fi networks found; scan, join or forget one"))

    ssh = commands.add_parser("ssh-key", help="list, add or remove the keys that sign in by SSH")
    actions = ssh.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", parents=[local], help="the keys, with their fingerprints")
    listing.set_defaults(command=_ssh_keys)
    add = actions.add_parser("add", parents=[local], help="add the public keys of a file")
    add.add_argument("file", metavar="FILE", help="a file that ends in .pub; - reads the standard input")
    add.set_defaults(command=_add_ssh_keys)
    remove = actions.add_parser("remove", parents=[local], help="remove a key")
    remove.add_argument("fingerprint", metavar="FINGERPRINT", help="as list prints it, for example SHA256:…")
    remove.set_defaults(command=_remove_ssh_key)

    update = commands.add_parser(
        "update",
        parents=[local],
        help="look for a newer version, download and install it",
        description="Look for a newer version where [releases] url announces it, download and install it.",
    )
    update.add_argument("--check", action="store_true", help="only say whether there is one")
    update.set_defaults(command=_update)


def _add_wifi(wifi: "argparse.ArgumentParser") -> None:
    """Add the actions of ``wifi``, which lists the networks without one."""
    import argparse

    wifi.set_defaults(command=_wifi)
    actions = wifi.add_subparsers(metavar="ACTION")
    # The same options after the action; without a default, which would take the place of what was said before it.
    after = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    after.add_argument("--socket", type=Path, help=f"the daemon's socket (default: {SOCKET})")
    after.add_argument("--config", type=Path, metavar="FILE", help="this configuration and no other names the language")
    scan = actions.add_parser("scan", parents=[after], help="look for networks again, and list them")
    scan.set_defaults(command=_scan_wifi)
    join = actions.add_parser(
        "join", parents=[after], help="join a network; the password is asked for, or read from the standard input"
    )
    join.add_argument("ssid", metavar="SSID", type=_ssid, help="the network's name")
    join.add_argument("--hidden", action="store_true", help="it does not send its name")
    join.set_defaults(command=_join_wifi)
    forget = actions.add_parser("forget", parents=[after], help="remove a network from those that are saved")
    forget.add_argument("ssid", metavar="SSID", type=_ssid, help="the network's name")
    forget.set_defaults(command=_forget_wifi)


def _boards() -> str:
    from mapio_display.config import boards

    return ", ".join(boards())


def _seconds(text: str) -> float:
    """A number of seconds that ends."""
    with suppress(ValueError):
        if 0 <= (seconds := float(text)) < float("inf"):
            return seconds
    raise _unfit(f"{text} is no number of seconds from 0 on")


def _hold(text: str) -> float:
    """How long a button is held."""
    from mapio_display.core.front.buttons import LONGEST_PRESS_S

    seconds = _seconds(text)
    if seconds > LONGEST_PRESS_S:
        raise _unfit(f"{text} is more than {LONGEST_PRESS_S} seconds")
    return seconds


def _port(text: str) -> int:
    """A TCP port, or 0 for a free one."""
    with suppress(ValueError):
        if (port := int(text)) in range(65536):
            return port
    raise _unfit(f"{text} is not between 0 and 65535")


def _ssid(text: str) -> bytes:
    """A network's name, of whatever bytes."""
    octets = os.fsencode(text)
    if 1 <= len(octets) <= 32:
        return octets
    raise _unfit("the name of a network has 1 to 32 bytes")


def _url(text: str) -> str:
    """Where another daemon listens."""
    from urllib.parse import urlsplit

    with suppress(ValueError):  # the port is no number, or a bracket is not closed
        parts = urlsplit(text)
        if parts.scheme == "http" and parts.hostname and parts.port != 0:
            return text
    raise _unfit(f"{text} must look like http://192.168.1.20/")


def _unfit(message: str) -> "argparse.ArgumentTypeError":
    import argparse

    return argparse.ArgumentTypeError(message)


def _run(path: Path | None) -> int:
    from mapio_display.config import load_config, load_panel
    from mapio_display.first_frame import begin_first_frame, show_mistake

    try:
        config = load_config(path)
    except ConfigError as error:
        show_mistake(load_panel(path), str(error))
        raise
    # Told to stop before the loop is there to hear it, we would end at once, and the glass would say "starting" for as
    # long as the power is off. The daemon takes these signals when it can.
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    first_frame = begin_first_frame(config)
    _do_without_openssl()

    from mapio_display.daemon import run

    if run(config, first_frame, lambda: load_config(path)):
        # In the same process, so that systemd sees one start.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - nothing from outside is in it
    return 0


def _do_without_openssl() -> None:
    """Save 7 MB and 40 ms: the daemon makes no TLS connection, and the digest of a cookie is no work.

    asyncio, aiohttp and hashlib do without where there is none; otherwise they would load OpenSSL, and every CA
    certificate of the system into a client's context.
    """
    from importlib.util import find_spec

    sys.modules["ssl"] = None  # type: ignore[assignment]
    if find_spec("_sha1") and find_spec("_md5"):  # some distributions build Python without digests of its own
        sys.modules["_hashlib"] = None  # type: ignore[assignment]


def _demo(args: "argparse.Namespace") -> int:
    from importlib.util import find_spec

    if find_spec("mapio_display.virtual") is None:
        raise CommandLineError(
            "The virtual gateway is not installed on gateways. Copy the project's source to a Debian machine, and run "
            "`make demo` there."
        )
    from mapio_display.virtual.demo import run_demo

    return run_demo(args.dir, args.port, cable=not args.no_cable, daily=True)


def _render(args: "argparse.Namespace") -> int:
    import json

    from mapio_display.core.status import from_json
    from mapio_display.views.picture import contact_sheet, png
    from mapio_display.views.render import render
    from mapio_display.views.sample import sample
    from mapio_display.words import catalogue

    known = names()
    if args.view != "all" and args.view not in known:
        return _failed(f"{args.view} is no view; the views are {', '.join(known)}, and all of them: all", 2)
    views = known if args.view == "all" else (args.view,)
    snapshot = None
    if args.snapshot:
        try:
            snapshot = from_json(json.loads(args.snapshot.read_text("utf-8")))
        except OSError as error:
            return _failed(f"{args.snapshot}: {error.strerror}", 2)
        except (ValueError, RecursionError) as error:
            return _failed(f"{args.snapshot}: {error}", 2)
    words = catalogue.of(args.language)
    frames = [render(view, snapshot or sample(view), words=words) for view in views]
    picture = png(frames[0], scale=args.scale) if len(frames) == 1 else contact_sheet(frames, scale=args.scale)
    try:
        args.output.write_bytes(picture)
    except OSError as error:
        return _failed(f"{args.output}: {error.strerror}", 2)
    return 0


def _show(args: "argparse.Namespace") -> int:
    from mapio_display.views.terminal import half_blocks

    print(half_blocks(_client(args).picture()))
    return 0


def _status(args: "argparse.Namespace") -> int:
    import json

    from mapio_display.words.console import in_words

    client = _client(args)
    status = client.status()
    if args.json:
        print(printable_json(json.dumps(status, indent=2, ensure_ascii=False)))
        return 0
    try:
        text = in_words(status, client.words)
    except (AttributeError, KeyError, TypeError, ValueError):  # a later version's, or another program's
        return _failed(client.words.text("console.other-status"), 1)
    print(text)
    return 0


def _wait_ready(args: "argparse.Namespace") -> int:
    client = _client(args)
    if client.wait_ready(args.timeout):
        return 0
    return _failed(client.words.text("console.not-ready", seconds=f"{args.timeout:g}"), 1)


def _repair_slot(args: "argparse.Namespace") -> int:
    import asyncio

    from mapio_display.rauc.empty_slot import empty

    asyncio.run(empty(args.slot))
    print(_words(None).text("console.slot-empty", slot=args.slot))
    return 0


def _web(args: "argparse.Namespace") -> int:
    _client(args).post("/api/web", {"enabled": args.switch == "on"})
    return 0


def _update(args: "argparse.Namespace") -> int:
    from mapio_display.words.console import of_offer

    client = _client(args)
    client.post("/api/release/check", {})
    release = client.settled("checking")["release"]
    if error := release.get("error"):
        raise CommandLineError(str(error.get("message")))
    print(of_offer(release, client.words))
    if args.check or release.get("version") is None:
        return 0
    client.post("/api/release/install", {"version": release["version"]})
    status = client.settled("opening")
    if error := status["release"].get("download_error"):
        raise CommandLineError(str(error.get("message")))
    print(client.words.text("offer.begun"))
    return 0


def _press(args: "argparse.Namespace") -> int:
    _client(args).post("/api/press", {"button": args.button, "hold": args.hold})
    return 0


def _pin(args: "argparse.Namespace") -> int:
    print(printable(str(_client(args).post("/api/pin", {})["pin"])))
    return 0


def _wifi(args: "argparse.Namespace") -> int:
    import json

    from mapio_display.words.console import of_networks

    client = _client(args)
    joined = (client.status().get("wifi") or {}).get("joined")
    print(of_networks(json.loads(client.get("/api/wifi/networks")), joined, client.words))
    return 0


def _scan_wifi(args: "argparse.Namespace") -> int:
    client = _client(args)
    client.post("/api/wifi/networks", {})
    client.settled("scanning", of="wifi")
    return _wifi(args)


def _join_wifi(args: "argparse.Namespace") -> int:
    from mapio_display.core.facts.wifi import may_be_password

    client = _client(args)
    name = args.ssid.decode("utf-8", "replace")
    password = _password(client.words.text("console.wifi-password", ssid=printable(name)))
    if not may_be_password(password or None, None):
        return _failed(client.words.text("wifi-password"), 2)
    client.post("/api/wifi", {"octets": args.ssid.hex(), "password": password, "hidden": args.hidden})
    print(client.words.text("console.wifi-joining", ssid=printable(name)), flush=True)
    if error := client.settled("joining", of="wifi")["wifi"].get("error"):
        said, detail = str(error.get("message")), error.get("detail")
        raise CommandLineError(f"{said} ({detail})" if detail and detail not in said else said)
    print(client.words.text("console.wifi-joined", ssid=printable(name)))
    return 0


def _password(prompt: str) -> str:
    """Ask for a password without showing it; from a pipe it is the first line."""
    if sys.stdin.isatty():
        from getpass import getpass

        return getpass(prompt)
    return sys.stdin.readline().rstrip("\n")


def _forget_wifi(args: "argparse.Namespace") -> int:
    client = _client(args)
    client.post("/api/wifi", {"octets": args.ssid.hex()}, "DELETE")
    print(client.words.text("console.wifi-forgotten", ssid=printable(args.ssid.decode("utf-8", "replace"))))
    return 0


def _ssh_keys(args: "argparse.Namespace") -> int:
    import json

    for key in json.loads(_client(args).get("/api/ssh/keys"))["keys"]:
        print(_ssh_key(key))
    return 0


def _add_ssh_keys(args: "argparse.Namespace") -> int:
    from mapio_display.files import read_small

    try:
        from_pipe = args.file == "-"
        content = sys.stdin.buffer.read(_KEYS_BYTES) if from_pipe else read_small(Path(args.file), _KEYS_BYTES)
    except OSError as error:
        return _failed(f"{args.file}: {error.strerror}", 2)
    client = _client(args)
    answer = client.post("/api/ssh/keys", {"keys": content.decode("utf-8", "replace")})
    for key in answer["added"]:
        print(client.words.text("console.key-added", key=_ssh_key(key)))
    for key in answer["already"]:
        print(client.words.text("console.key-there", key=_ssh_key(key)))
    return 0


def _remove_ssh_key(args: "argparse.Namespace") -> int:
    client = _client(args)
    for key in client.post("/api/ssh/keys", {"fingerprint": args.fingerprint}, "DELETE")["removed"]:
        print(client.words.text("console.key-removed", key=_ssh_key(key)))
    return 0


def _ssh_key(key: dict[str, str]) -> str:
    return printable(f"{key['fingerprint']} {key['type']} {key['comment']}".rstrip())


def _panel_test(args: "argparse.Namespace") -> int:
    from mapio_display.config import load_config
    from mapio_display.panel_test import run_panel_test

    run_panel_test(load_config(args.config), lambda line: print(printable(line), flush=True))
    return 0


def _check_config(args: "argparse.Namespace") -> int:
    from mapio_display.config import load_config

    load_config(args.config)
    print(_words(args.config).text("console.config-good"))
    return 0


def _client(args: "argparse.Namespace") -> "DaemonClient":
    from mapio_display.client import DaemonClient

    return DaemonClient(args.socket, _words(args.config), args.url)


def _words(path: Path | None) -> "Words":
    """The words of the console, by the configuration; English where that has a mistake, unless ``path`` names it."""
    from mapio_display.config import load_config
    from mapio_display.words import catalogue

    try:
        return catalogue.of(load_config(path).views.language)
    except ConfigError:
        if path is not None:
            raise
        return catalogue.ENGLISH


def _failed(message: str, status: int) -> int:
    """Print what went wrong; a daemon's words, a file's name or an argument in it may hold anything."""
    print(f"mapio-display: {printable(message)}", file=sys.stderr)
    return status
