"""Sizes for people, in decimal units everywhere, as a file manager and a download page tell them."""

from collections.abc import Callable

_UNITS = ("B", "kB", "MB", "GB", "TB")


def amount(size: int, rounded: Callable[[float], int] = round) -> str:
    """Word a size in bytes, below ten with one decimal; ``rounded``: ``floor`` for a limit, ``ceil`` for a need."""
    value, unit = float(size), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    if unit and value < 10:
        return f"{rounded(10 * value) / 10:.1f} {_UNITS[unit]}"
    return f"{rounded(value)} {_UNITS[unit]}"
