"""``ssh-key``: the public keys that sign in by SSH."""

import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from mapio_display.cli.arguments import of_gateway
from mapio_display.cli.failing import wrong_file
from mapio_display.cli.gateway import client
from mapio_display.core.text import printable
from mapio_display.files import read_small

if TYPE_CHECKING:
    from mapio_display.cli.arguments import Commands
    from mapio_display.words.catalogue import Words

KEYS_BYTES = 32 * 1024  # what the daemon takes of a file of public keys


def add(commands: "Commands", words: "Words") -> None:
    """Add the command and its actions."""
    text, gateway = words.text, of_gateway(words)
    ssh = commands.add_parser("ssh-key", help=text("help.ssh-key"))
    actions = ssh.add_subparsers(required=True, title=text("usage.commands"), metavar=text("metavar.action"))
    listing = actions.add_parser("list", parents=[gateway], help=text("help.ssh-key-list"))
    listing.set_defaults(command=_list)
    new = actions.add_parser("add", parents=[gateway], help=text("help.ssh-key-add"))
    new.add_argument("file", metavar=text("metavar.file"), help=text("help.keys-file"))
    new.set_defaults(command=_add)
    remove = actions.add_parser("remove", parents=[gateway], help=text("help.ssh-key-remove"))
    remove.add_argument("fingerprint", metavar=text("metavar.fingerprint"), help=text("help.fingerprint"))
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
        return wrong_file(args, args.file, error.strerror)
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
