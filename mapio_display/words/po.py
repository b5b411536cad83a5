"""A language's file, in gettext's form (https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html)."""

import re
from collections.abc import Iterator
from contextlib import suppress

from mapio_display.words.english import all_sentences, sentence

FACT = re.compile(r"\{(\w+)(?::(up|down))?\}")
_LINE = re.compile(r'(?:(msgctxt|msgid|msgstr) )?"((?:[^"\\]|\\.)*)"')
_ESCAPED = {'\\"': '"', "\\\\": "\\", "\\n": "\n", "\\t": "\t"}
_FUZZY = re.compile(r"#,.*\bfuzzy\b")


class Po:
    """The content of a language's file. An entry is parsed when it is asked for; the first frame needs three."""

    def __init__(self, content: bytes) -> None:
        self._content = b"\n" + content.replace(b"\r\n", b"\n")

    def sentence(self, key: str) -> str:
        """The translation of this key; empty if there is none, or it does not name the facts of the English one."""
        at = self._content.find(f'\nmsgctxt "{key}"\n'.encode())
        if at < 0:
            return ""
        start, end = self._content.rfind(b"\n\n", 0, at + 1), self._content.find(b"\n\n", at + 1)
        text = self._content[start + 1 : end if end > 0 else None].decode(errors="replace")
        with suppress(ValueError):
            own = next((own for found, _, own in entries(text) if found == key), "")
            return own if names_of(own) == names_of(sentence(key)) else ""
        return ""


def names_of(sentence: str) -> set[tuple[str, str]]:
    """The facts that a sentence names, each with how it is worded."""
    return set(FACT.findall(sentence))


def entries(po: str) -> Iterator[tuple[str, str, str]]:
    """The entries of a ``.po`` file: key, English and translated sentence. Raises ``ValueError`` with the line.

    Its header, which has no key, is left out, as are comments and entries marked obsolete. What is marked fuzzy is not
    translated yet.
    """
    entry: dict[str, str] = {}
    field, fuzzy, next_fuzzy = "", False, False
    for number, line in enumerate([*po.splitlines(), 'msgctxt ""'], 1):
        if _FUZZY.match(line):
            next_fuzzy = True
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None or not (match[1] or field):
            raise ValueError(f"line {number}: this is no line of a .po file: {line}")
        if match[1] and match[1] in ("msgctxt", "msgid") and ("msgstr" in entry or not entry):
            if entry.get("msgctxt"):
                yield entry["msgctxt"], entry.get("msgid", ""), "" if fuzzy else entry["msgstr"]
            entry, fuzzy, next_fuzzy = {}, next_fuzzy, False
        field = match[1] or field
        entry[field] = entry.get(field, "") + re.sub(r"\\.", lambda found: _ESCAPED.get(found[0], found[0]), match[2])


def faults(po: str) -> list[str]:
    """What is to be mended in a ``.po`` file: keys that are missing or unknown, other English, other facts."""
    found, translated, expected = [], dict[str, tuple[str, str]](), all_sentences()
    for key, english, own in entries(po):
        if key in translated:
            found.append(f"{key}: occurs twice")
        translated[key] = (english, own)
    found += [f"{key}: is missing, or marked fuzzy" for key in expected if not translated.get(key, ("", ""))[1]]
    for key, (english, own) in translated.items():
        if key not in expected:
            found.append(f"{key}: there is no such sentence")
        elif english != expected[key]:
            found.append(f"{key}: its English has changed")
        elif own and names_of(own) != names_of(english):
            found.append(f"{key}: does not name the same facts")
    return found
