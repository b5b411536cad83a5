"""The parser of all commands but a plain ``run``."""

from argparse import ArgumentParser

from mapio_display import __version__
from mapio_display.cli import controls, demo, pictures, ssh_keys, status, update, upkeep, wifi
from mapio_display.cli.argparse_words import translate_argparse
from mapio_display.cli.arguments import add_config
from mapio_display.cli.daemon import run_daemon
from mapio_display.words.catalogue import Words


def parser(words: Words) -> ArgumentParser:
    """Each command sets ``command``, which takes the arguments and gives the exit status. They have ``words``, too."""
    translate_argparse(words)
    whole = ArgumentParser(prog="mapio-display", description=words.text("help.program"))
    version = f"mapio-display {__version__}"
    whole.add_argument("--version", action="version", version=version, help=words.text("usage.version"))
    whole.set_defaults(words=words)
    title, metavar = words.text("usage.commands"), words.text("metavar.command")
    commands = whole.add_subparsers(required=True, title=title, metavar=metavar)
    run = commands.add_parser("run", help=words.text("help.run"))
    add_config(run, words)
    run.set_defaults(command=lambda args: run_daemon(args.config))
    for each in (demo, pictures, status, update, controls, wifi, ssh_keys, upkeep):
        each.add(commands, words)
    return whole
