"""The English sentences by their keys, a file for each subject; a message's key is its code.

In braces stand the facts: ``{size:up}`` is a size in bytes rounded up, as for a need, ``{size:down}`` one rounded down.
A count has no plural of its own: it comes with a unit's abbreviation, or "one" has a key of its own.
"""

from functools import cache
from types import ModuleType

from mapio_display.words.english import (
    console,
    failures,
    numbers,
    page,
    panel,
    rauc,
    releases,
    requests,
    setup,
    ssh,
    states,
    terms,
    updates,
    wifi,
)

SUBJECTS = (
    terms,
    numbers,
    panel,
    console,
    failures,
    updates,
    rauc,
    states,
    releases,
    wifi,
    ssh,
    requests,
    page,
    setup,
)
SENTENCES = {key: sentence for subject in SUBJECTS for key, sentence in subject.SENTENCES.items()}
"""Those that the daemon shows."""


def sentence(key: str) -> str:
    """The English sentence of this key. Raises ``LookupError``."""
    found = SENTENCES.get(key)
    return all_sentences()[key] if found is None else found


@cache
def all_subjects() -> tuple[ModuleType, ...]:
    """The modules of all subjects."""
    from mapio_display.words.english import command_line, configuration  # noqa: PLC0415 - no first frame shows these

    return (*SUBJECTS, command_line, configuration)


@cache
def all_sentences() -> dict[str, str]:
    """The sentences of all subjects."""
    return {key: sentence for subject in all_subjects() for key, sentence in subject.SENTENCES.items()}
