"""The daemon that a command asks."""

from argparse import Namespace

from mapio_display.client import DaemonClient
from mapio_display.config import load_config


def client(args: Namespace) -> DaemonClient:
    """The daemon behind ``--socket`` or ``--url``. Raises ``ConfigError`` if ``--config`` names a wrong file."""
    if args.config is not None:
        load_config(args.config)
    return DaemonClient(args.socket, args.words, args.url)
