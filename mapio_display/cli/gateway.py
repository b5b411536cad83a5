"""The daemon that a command asks, and the language that it answers in."""

from argparse import Namespace
from pathlib import Path

from mapio_display.client import DaemonClient
from mapio_display.config import load_config
from mapio_display.errors import ConfigError
from mapio_display.words import catalogue
from mapio_display.words.catalogue import Words


def client(args: Namespace) -> DaemonClient:
    """The daemon behind ``--socket`` or ``--url``."""
    return DaemonClient(args.socket, words(args.config), args.url)


def words(path: Path | None) -> Words:
    """The words of the console, by the configuration; English where that has a mistake, unless ``path`` names it."""
    try:
        return catalogue.of(load_config(path).views.language)
    except ConfigError:
        if path is not None:
            raise
        return catalogue.ENGLISH
