"""One language's sentences, and how a message becomes one of them."""

from collections.abc import Callable
from functools import cache
from math import ceil, floor
from typing import Literal

from mapio_display.core.failures import Failure
from mapio_display.core.message import Fact, Message
from mapio_display.words import languages
from mapio_display.words.english import SENTENCES, sentence
from mapio_display.words.po import FACT, Po

Where = Literal["alone", "after-version", "headline", "title"]

_UNITS = ("B", "kB", "MB", "GB", "TB")
_ROUNDED: dict[str, Callable[[float], int]] = {"up": ceil, "down": floor}


class Words:
    """The sentences of one language; those that are not translated are in English.

    ``language`` is its code, as in HTML's ``lang``; ``po`` is the content of its file, empty for English.
    """

    def __init__(self, language: str = languages.ENGLISH, po: bytes = b"") -> None:
        self.language = language
        self._po = Po(po)
        self._found = dict[str, str]()

    def say(self, message: Message | None) -> str:
        """Word a message; nothing for none. One that another version of this program made is given as it is."""
        if message is None:
            return ""
        try:
            return self.text(message.code, **dict(message.facts))
        except (LookupError, TypeError, ValueError):
            return str(message)

    def text(self, key: str, /, **facts: Fact) -> str:
        """The sentence of this key with its facts. Raises ``LookupError`` for an unknown key or a missing fact."""
        return "".join(self.parts(key, **facts))

    def parts(self, key: str, /, **facts: Fact) -> list[str]:
        """The sentence of this key, cut at its facts: words and facts in turn. Raises as ``text`` does.

        A fact that is a string is in it as it came, so that a template can distinguish HTML from text.
        """
        words, *rest = FACT.split(self._sentence(key))
        parts = [words]
        for name, rounded, after in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
            parts += self._worded(facts[name], rounded), after
        return parts

    def beginning(self, prefix: str) -> dict[str, str]:
        """The sentences whose keys begin so, by the rest of the key, with their facts in braces."""
        return {key.removeprefix(prefix): self._sentence(key) for key in SENTENCES if key.startswith(prefix)}

    def of_result(self, where: Where, result: str) -> str:
        """A verdict in words: alone, after the version that it is about, as a headline, or as a page's title."""
        return self.text(f"result.{where}.{result}")

    def in_short(self, why: Failure) -> str:
        """Why no update is possible, in a few words."""
        return self.text(f"no-updates.{why.message.code}")

    def of_state(self, state: str | None) -> str:
        """A state of something that has a name; one of another version of this program as it is."""
        try:
            return self.text(f"state.{state or 'unknown'}")
        except LookupError:
            return str(state)

    def amount(self, size: int, rounded: Callable[[float], int] = round) -> str:
        """Word a size in bytes, in decimal units as a file manager has them, below ten with one decimal.

        ``rounded``: ``floor`` for a limit, ``ceil`` for a need.
        """
        value, unit = float(size), 0
        while value >= 1000 and unit < len(_UNITS) - 1:
            value, unit = value / 1000, unit + 1
        number = self.decimal(rounded(10 * value) / 10) if unit and value < 10 else str(rounded(value))
        return self.text("amount", number=number, unit=self.text(f"unit.{_UNITS[unit]}"))

    def decimal(self, value: float, places: int = 1) -> str:
        """A number with so many decimals."""
        return f"{value:.{places}f}".replace(".", self.text("number.point"))

    def _sentence(self, key: str) -> str:
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._po.sentence(key) or sentence(key)
        return found

    def _worded(self, fact: Fact, rounded: str | None) -> str:
        if rounded is None:
            return fact if isinstance(fact, str) else str(fact)
        if not isinstance(fact, int):
            raise TypeError(f"{fact!r:.50} is no size")
        return self.amount(fact, _ROUNDED[rounded])


ENGLISH = Words()


@cache
def of(language: str) -> Words:
    """The words of a language; its file is read now. Raises ``LookupError`` if there is no such language."""
    if language == languages.ENGLISH:
        return ENGLISH
    if language not in languages.languages():
        raise LookupError(f"{language!r:.50} is none of {', '.join(languages.languages())}")
    return Words(language, (languages.FOLDER / f"{language}.po").read_bytes())
