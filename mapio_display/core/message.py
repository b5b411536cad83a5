"""A message: a code with facts. Its sentence is looked up where it is shown (see ``words/``)."""

from mapio_display.frozen import Frozen

Fact = str | int


class Message(Frozen):
    """A code, and the facts that its sentence names; sizes in bytes."""

    code: str
    facts: tuple[tuple[str, Fact], ...] = ()

    def __str__(self) -> str:
        """In a line of a log, not for a page: the code, and the facts by their names."""
        return " ".join([self.code, *(f"{name}={fact}" for name, fact in self.facts)])


PROSE = "prose"


def message(code: str, **facts: Fact) -> Message:
    """Make a message of a code and its facts."""
    return Message(code, tuple(facts.items()))


def prose(text: str) -> Message:
    """A text that is not ours to word: RAUC's own, or one that an older journal holds."""
    return message(PROSE, text=text)
