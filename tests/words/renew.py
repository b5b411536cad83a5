"""``make po TO=it``: bring the file of a language to today's English; or make one, with all that is to be translated.

Entries stand in the order of ``words/english/``, under a comment for each subject. What is new there has no translation
yet; where the English has changed, the old translation stays and is marked fuzzy, as gettext's own tools do.
"""

import re
import sys
from collections.abc import Iterator

from mapio_display.words.english import all_subjects
from mapio_display.words.languages import FOLDER
from mapio_display.words.po import entries

HEADER = """# Glossary: one term for each thing throughout.
#   bundle =
#   slot =
#   update =
msgid ""
msgstr ""
"Project-Id-Version: mapio-display\\n"
"PO-Revision-Date: \\n"
"Last-Translator: \\n"
"Language-Team: \\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""
SECTIONS = {subject: f"# {subject.__name__.rpartition('.')[2]}: {subject.__doc__}" for subject in all_subjects()}


def renewed(po: str, language: str) -> str:
    """The file with an entry for each English sentence, in their order; ``po`` is empty for a new one."""
    head, _, rest = po.partition("\n\n") if po else (HEADER.format(language=language).rstrip(), "", "")
    known = {key: (english, own) for key, english, own in entries(rest)}
    comments = dict(comments_in(rest))
    return "\n\n".join([head, *blocks(known, comments)]) + "\n"


def blocks(known: dict[str, tuple[str, str]], comments: dict[str, list[str]]) -> Iterator[str]:
    """The sections and entries."""
    for subject in all_subjects():
        yield SECTIONS[subject]
        for key, english in subject.SENTENCES.items():
            was, own = known.get(key, (english, ""))
            flag = ["#, fuzzy"] if own and was != english else []
            fields = {"msgctxt": key, "msgid": english, "msgstr": own}
            yield "\n".join([*comments.get(key, []), *flag, *(f'{name} "{quoted(fields[name])}"' for name in fields)])


def comments_in(po: str) -> Iterator[tuple[str, list[str]]]:
    """For each key what a translator noted above its entry."""
    for block in po.split("\n\n"):
        lines = block.splitlines()
        if key := re.search(r'^msgctxt "(.*)"$', block, re.MULTILINE):
            notes = [line for line in lines if line.startswith("# ") and line not in SECTIONS.values()]
            yield key[1], notes


def quoted(text: str) -> str:
    """A text as it stands between quotation marks."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")


def main(language: str) -> None:
    """Write the file of this language anew; ``language`` is its code, for example "it" or "pt-BR"."""
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Z]{2})?", language):
        raise SystemExit(f"{language} is no code of a language, as it or pt-BR")
    file = FOLDER / f"{language}.po"
    file.write_text(renewed(file.read_text("utf-8") if file.exists() else "", language), "utf-8")
    print(f"{file.name}: {sum(not own for *_, own in entries(file.read_text('utf-8')))} sentences to translate")


if __name__ == "__main__":
    main(*sys.argv[1:])
