"""How a failed command reports the error."""

import sys

from mapio_display.core.text import printable


def failed(message: str, status: int) -> int:
    """Print what went wrong; a daemon's words, a file's name or an argument in it may hold anything."""
    print(f"mapio-display: {printable(message)}", file=sys.stderr)
    return status
