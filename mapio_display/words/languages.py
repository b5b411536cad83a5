"""Which languages there are: English, and those with a file, found by its name without reading it."""

from pathlib import Path

ENGLISH = "en"
FOLDER = Path(__file__).parent


def languages() -> tuple[str, ...]:
    """The languages by their codes; English first."""
    return (ENGLISH, *sorted(path.stem for path in FOLDER.glob("*.po")))
