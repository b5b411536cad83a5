"""``check-config``, ``panel-test`` and ``repair-slot``: without the daemon."""

import asyncio
from argparse import Namespace
from typing import TYPE_CHECKING

from mapio_display.cli.arguments import add_config
from mapio_display.cli.gateway import words
from mapio_display.config import boards, load_config
from mapio_display.core.text import printable

if TYPE_CHECKING:
    from mapio_display.cli.arguments import Commands


def add(commands: "Commands") -> None:
    """Add the commands."""
    repair = commands.add_parser(
        "repair-slot", help="empty a slot that RAUC gave up and that cannot be mounted; for the daemon's unit"
    )
    repair.add_argument("slot", metavar="SLOT", help="RAUC's name of it, for example rootfs.1")
    repair.set_defaults(command=_repair_slot)

    test = commands.add_parser("panel-test", help="patterns on the panel, to see whether it is wired right")
    add_config(test)
    test.set_defaults(command=_panel_test)

    check = commands.add_parser(
        "check-config",
        help="say what is wrong with the configuration",
        description=f"Say what is wrong with the configuration. Its board is one of {', '.join(boards())}, or a path.",
    )
    add_config(check)
    check.set_defaults(command=_check_config)


def _repair_slot(args: Namespace) -> int:
    from mapio_display.rauc.empty_slot import empty

    asyncio.run(empty(args.slot))
    print(words(None).text("console.slot-empty", slot=args.slot))
    return 0


def _panel_test(args: Namespace) -> int:
    from mapio_display.panel_test import run_panel_test

    run_panel_test(load_config(args.config), lambda line: print(printable(line), flush=True))
    return 0


def _check_config(args: Namespace) -> int:
    load_config(args.config)
    print(words(args.config).text("console.config-good"))
    return 0
