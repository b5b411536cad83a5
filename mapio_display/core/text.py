"""Text from outside: what may be kept of it, and how it is written where a person reads it at a console."""

import re

_SURROGATES = re.compile("[\ud800-\udfff]")


def decoded(text: str) -> str:
    """``text`` with U+FFFD for what was no UTF-8, which Python keeps as lone surrogates (PEP 383) and cannot encode."""
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)


def printable(text: str) -> str:
    """``text`` on one line that moves no cursor and turns no direction: all that does is written as an escape.

    That is control characters (ESC and C1 among them), line and paragraph separators, the controls of bidirectional
    text, and lone surrogates. Blanks of any width stay.
    """
    return text if text.isprintable() else "".join(c if _is_harmless(c) else _escaped(c) for c in text)


def printable_json(document: str) -> str:
    """A JSON document with the same written as JSON's own escapes, so that its content stays the same."""
    return "".join(c if _is_harmless(c) or c == "\n" else _json_escaped(c) for c in document)


def _is_harmless(character: str) -> bool:
    return character.isprintable() or (character.isspace() and character >= "\xa0" and character not in "\u2028\u2029")


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _json_escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
