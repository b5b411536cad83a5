"""The parser of all commands but a plain ``run``."""

from argparse import ArgumentParser

from mapio_display import __version__
from mapio_display.cli import controls, demo, pictures, ssh_keys, status, update, upkeep, wifi
from mapio_display.cli.arguments import add_config
from mapio_display.cli.daemon import run_daemon


def parser() -> ArgumentParser:
    """Each command sets ``command``, which takes the arguments and gives the exit status."""
    whole = ArgumentParser(prog="mapio-display", description="The display and setup daemon of a MAPIO gateway.")
    whole.add_argument("--version", action="version", version=f"mapio-display {__version__}")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="the daemon")
    add_config(run)
    run.set_defaults(command=lambda args: run_daemon(args.config))
    for each in (demo, pictures, status, update, controls, wifi, ssh_keys, upkeep):
        each.add(commands)
    return whole
