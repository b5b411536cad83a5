"""One language's sentences, and how a message becomes one of them."""

import re
from collections.abc import Iterator, Mapping
from math import ceil, floor
from typing import Literal

from mapio_display.core.failures import Failure
from mapio_display.core.message import Fact, Message
from mapio_display.core.sizes import amount
from mapio_display.words.english import SENTENCES

Where = Literal["alone", "after-version", "headline", "title"]

_ROUNDED = {"up": ceil, "down": floor}
_FACT = re.compile(r"\{(\w+)(?::(up|down))?\}")
_LINE = re.compile(r'(?:(msgctxt|msgid|msgstr) )?"((?:[^"\\]|\\.)*)"')
_ESCAPED = {'\\"': '"', "\\\\": "\\", "\\n": "\n", "\\t": "\t"}


class Words:
    """The sentences of one language; what it lacks is said in English."""

    def __init__(self, sentences: Mapping[str, str] = SENTENCES) -> None:
        self._sentences = sentences

    def say(self, message: Message | None) -> str:
        """Word a message; nothing for none. One that another version of this program made is given as it is."""
        if message is None:
            return ""
        try:
            return self.text(message.code, **dict(message.facts))
        except (LookupError, TypeError, ValueError):
            return " ".join([message.code, *(f"{name}={value}" for name, value in message.facts)])

    def text(self, key: str, **facts: Fact) -> str:
        """The sentence of this key with its facts. Raises ``LookupError`` for an unknown key or a missing fact."""
        return _FACT.sub(lambda found: _worded(facts[found[1]], found[2]), self._sentences.get(key) or SENTENCES[key])

    def of_result(self, where: Where, result: str) -> str:
        """A verdict in words: alone, after the version that it is about, as a headline, or as a page's title."""
        return self.text(f"result.{where}.{result}")

    def in_short(self, why: Failure) -> str:
        """Why no update is possible, in a few words."""
        return self.text(f"no-updates.{why.message.code}")


ENGLISH = Words()


def names_of(sentence: str) -> set[tuple[str, str]]:
    """The facts that a sentence names, each with how it is worded."""
    return set(_FACT.findall(sentence))


def _worded(fact: Fact, rounded: str | None) -> str:
    if rounded is None:
        return str(fact)
    if not isinstance(fact, int):
        raise TypeError(f"{fact!r:.50} is no size")
    return amount(fact, _ROUNDED[rounded])


def entries(po: str) -> Iterator[tuple[str, str, str]]:
    """The entries of a ``.po`` file: key, English and translated sentence. Raises ``ValueError`` with the line.

    Its header, which has no key, is left out, as are comments and entries marked obsolete.
    """
    entry: dict[str, str] = {}
    field = ""
    for number, line in enumerate([*po.splitlines(), 'msgctxt ""'], 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None or not (match[1] or field):
            raise ValueError(f"line {number}: this is no line of a .po file: {line}")
        if match[1] and match[1] in ("msgctxt", "msgid") and "msgstr" in entry:
            if entry.get("msgctxt"):
                yield entry["msgctxt"], entry.get("msgid", ""), entry["msgstr"]
            entry = {}
        field = match[1] or field
        entry[field] = entry.get(field, "") + re.sub(r"\\.", lambda found: _ESCAPED.get(found[0], found[0]), match[2])


def faults(po: str) -> list[str]:
    """What is to be mended in a ``.po`` file: keys that are missing or unknown, other English, other facts."""
    translated = {key: (english, own) for key, english, own in entries(po)}
    found = [f"{key}: is missing" for key in SENTENCES if not translated.get(key, ("", ""))[1]]
    for key, (english, own) in translated.items():
        if key not in SENTENCES:
            found.append(f"{key}: there is no such sentence")
        elif english != SENTENCES[key]:
            found.append(f"{key}: its English has changed")
        elif own and names_of(own) != names_of(english):
            found.append(f"{key}: does not name the same facts")
    return found
