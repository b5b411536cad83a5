"""Where the fonts and assets are, in a checkout and in an installed wheel alike."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource(kind: str, name: str) -> Path:
    """The path of ``fonts/NAME`` or ``assets/NAME``; a wheel carries both folders inside the package."""
    inside = _PACKAGE / kind / name
    return inside if inside.exists() else _PACKAGE.parent / kind / name
