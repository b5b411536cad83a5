"""How a failed command reports the error."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace


def failed(message: str, status: int) -> int:
    """Print what went wrong; a daemon's words, a file's name or an argument in it may hold anything."""
    from mapio_display.core.text import printable

    print(f"mapio-display: {printable(message)}", file=sys.stderr)
    return status


def wrong_file(args: "Namespace", file: object, reason: object) -> int:
    """Print what is wrong with a file that the command line names."""
    return failed(args.words.text("argument.file", file=str(file), reason=str(reason)), 2)
