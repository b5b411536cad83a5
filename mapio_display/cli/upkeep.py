"""``check-config``, ``panel-test`` and ``repair-slot``: without the daemon."""

import asyncio
from argparse import Namespace
from typing import TYPE_CHECKING

from mapio_display.cli.arguments import add_config
from mapio_display.config import boards, load_config
from mapio_display.core.text import printable

if TYPE_CHECKING:
    from mapio_display.cli.arguments import Commands
    from mapio_display.words.catalogue import Words


def add(commands: "Commands", words: "Words") -> None:
    """Add the commands."""
    repair = commands.add_parser("repair-slot", help=words.text("help.repair-slot"))
    repair.add_argument("slot", metavar=words.text("metavar.slot"), help=words.text("help.slot"))
    repair.set_defaults(command=_repair_slot)

    test = commands.add_parser("panel-test", help=words.text("help.panel-test"))
    add_config(test, words)
    test.set_defaults(command=_panel_test)

    check = commands.add_parser(
        "check-config",
        help=words.text("help.check-config"),
        description=words.text("help.check-config.more", boards=", ".join(boards())),
    )
    add_config(check, words)
    check.set_defaults(command=_check_config)


def _repair_slot(args: Namespace) -> int:
    from mapio_display.rauc.empty_slot import empty

    asyncio.run(empty(args.slot))
    print(args.words.text("console.slot-empty", slot=args.slot))
    return 0


def _panel_test(args: Namespace) -> int:
    from mapio_display.panel_test import run_panel_test

    run_panel_test(load_config(args.config), lambda line: print(printable(line), flush=True))
    return 0


def _check_config(args: Namespace) -> int:
    load_config(args.config)
    print(args.words.text("console.config-good"))
    return 0
