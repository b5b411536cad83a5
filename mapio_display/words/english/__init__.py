"""The English sentences by their keys, a file for each subject; a message's key is its code.

In braces stand the facts: ``{size:up}`` is a size in bytes rounded up, as for a need, ``{size:down}`` one rounded down.
A count has no plural of its own: it comes with a unit's abbreviation, or "one" has a key of its own.
"""

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
