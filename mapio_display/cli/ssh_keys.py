"""``ssh-key``: the public keys that sign in by SSH."""

import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from mapio_display.cli.arguments import of_gateway
from mapio_display.cli.failing import failed
from mapio_display.cli.gateway import client
from mapio_display.core.text import printable
from mapio_display.files import read_small

if TYPE_CHECKING:
    from mapio_display.cli.arguments import Commands

KEYS_BYTES = 32 * 1024  # what the daemon takes of a file of public keys


def add(commands: "Commands") -> None:
    """Add the command and its actions."""
    ssh = commands.add_parser("ssh-key", help="list, add or remove the keys that sign in by SSH")
    actions = ssh.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", parents=[of_gateway()], help="the keys, with their fingerprints")
    listing.set_defaults(command=_list)
    new = actions.add_parser("add", parents=[of_gateway()], help="add the public keys of a file")
    new.add_argument("file", metavar="FILE", help="a file that ends in .pub; - reads the standard input")
    new.set_defaults(command=_add)
    remove = actions.add_parser("remove", parents=[of_gateway()], help="remove a key")
    remove.add_argument("fingerprint", metavar="FINGERPRINT", help="as list prints it, for example SHA256:…")
    remove.set_defaults(command=_remove)


def _list(args: Namespace) -> int:
    for key in json.loads(client(args).get("/api/ssh/keys"))["keys"]:
        print(_shown(key))
    return 0


def _add(args: Namespace) -> int:
    try:
        from_pipe = args.file == "-"
        content = sys.stdin.buffer.read(KEYS_BYTES) if from_pipe else read_small(Path(args.file), KEYS_BYTES)
    except OSError as error:
        return failed(f"{args.file}: {error.strerror}", 2)
    gateway = client(args)
    answer = gateway.post("/api/ssh/keys", {"keys": content.decode("utf-8", "replace")})
    for key in answer["added"]:
        print(gateway.words.text("console.key-added", key=_shown(key)))
    for key in answer["already"]:
        print(gateway.words.text("console.key-there", key=_shown(key)))
    return 0


def _remove(args: Namespace) -> int:
    gateway = client(args)
    for key in gateway.post("/api/ssh/keys", {"fingerprint": args.fingerprint}, "DELETE")["removed"]:
        print(gateway.words.text("console.key-removed", key=_shown(key)))
    return 0


def _shown(key: dict[str, str]) -> str:
    return printable(f"{key['fingerprint']} {key['type']} {key['comment']}".rstrip())
