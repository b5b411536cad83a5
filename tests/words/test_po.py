"""A language's file is read as gettext's tools write it, and what is wrong in it is named."""

import re
from collections.abc import Mapping

import pytest

from mapio_display.core import failures
from mapio_display.core.message import message
from mapio_display.words.catalogue import Words
from mapio_display.words.english import all_sentences
from mapio_display.words.languages import FOLDER
from mapio_display.words.po import Po, entries, faults
from tests.words.renew import SECTIONS, renewed

SENTENCES = all_sentences()

PO = """# A translator's file.
msgid ""
msgstr ""
"Language: de\\n"

# Short, for the panel.
#, python-brace-format
msgctxt "no-space"
msgid "{english}"
msgstr ""
"Frei: {{available:down}}, "
"nötig: {{needed:up}}."

#, fuzzy
msgctxt "interrupted"
msgid "{interrupted}"
msgstr "Unklar."

#~ msgctxt "replaced"
#~ msgid "Gone."
#~ msgstr "Weg."

msgctxt "nothing-to-acknowledge"
msgid "There is nothing to dismiss."
msgstr "Es gibt nichts auszublenden."
"""
SMALL = PO.format(english=SENTENCES["no-space"], interrupted=SENTENCES["interrupted"])
NO_SPACE = failures.no_space(needed=600_000_001, available=12_900_000).message


def test_a_languages_file_is_read_and_what_is_not_translated_is_in_english() -> None:
    assert [key for key, *_ in entries(SMALL)] == ["no-space", "interrupted", "nothing-to-acknowledge"]
    german = Words("de", SMALL.encode())
    assert german.say(NO_SPACE) == "Frei: 12 MB, nötig: 601 MB."
    assert german.say(failures.NOTHING_TO_ACKNOWLEDGE.message) == "Es gibt nichts auszublenden."
    assert german.say(failures.CANCELLED.message) == SENTENCES["cancelled"]
    assert german.say(message("replaced", version="2")) == "Version 2 was installed since, and is in use now."


def test_what_is_marked_fuzzy_is_worded_in_english() -> None:
    assert Words("de", SMALL.encode()).say(failures.INTERRUPTED.message) == SENTENCES["interrupted"]


def test_a_file_with_the_line_ends_of_windows_is_read() -> None:
    assert Words("de", SMALL.replace("\n", "\r\n").encode()).say(NO_SPACE) == "Frei: 12 MB, nötig: 601 MB."


def test_a_sentence_that_does_not_name_its_facts_is_worded_in_english() -> None:
    other = Words("de", SMALL.replace("{available:down}", "{free:down}").encode())
    assert other.say(NO_SPACE).startswith("The data partition has 12 MB free")


@pytest.mark.parametrize("damage", [b"\xff\xfe", b'msgstr "open\n', b"<<<<<<< main\n"])
def test_a_damaged_entry_is_worded_in_english(damage: bytes) -> None:
    whole = SMALL.encode()
    at = whole.index(b'"n\xc3\xb6tig')
    words = Words("de", whole[:at] + damage + whole[at:])
    assert words.say(failures.NOTHING_TO_ACKNOWLEDGE.message) == "Es gibt nichts auszublenden."
    assert "601 MB" in words.say(NO_SPACE)


def test_each_entry_is_found_alone_as_in_the_whole_file() -> None:
    for path in FOLDER.glob("*.po"):
        po = Po(path.read_bytes())
        assert {key: po.sentence(key) for key in SENTENCES} == {
            key: own for key, _, own in entries(path.read_text("utf-8"))
        }


def po_of(sentences: Mapping[str, str]) -> str:
    """A file that says the same in English."""
    quoted = {key: re.sub(r'(["\\])', r"\\\1", text) for key, text in sentences.items()}
    return "\n".join(f'msgctxt "{key}"\nmsgid "{text}"\nmsgstr "{text}"\n' for key, text in quoted.items())


def test_a_whole_file_has_no_faults() -> None:
    assert faults(po_of(SENTENCES)) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('msgctxt "cancelled"', 'msgctxt "canceled"', "canceled: there is no such sentence"),
        ('msgctxt "cancelled"', 'msgctxt "canceled"', "cancelled: is missing, or marked fuzzy"),
        ('msgctxt "cancelled"', '#, fuzzy\nmsgctxt "cancelled"', "cancelled: is missing, or marked fuzzy"),
        ('msgctxt "cancelled"', 'msgctxt "interrupted"', "interrupted: occurs twice"),
        (
            'msgid "The transfer was cancelled',
            'msgid "The upload was cancelled',
            "cancelled: its English has changed",
        ),
        ('msgstr "Version {version}', 'msgstr "Version', "replaced: does not name the same facts"),
        (
            'msgstr "No installed update is waiting for a restart."',
            'msgstr ""',
            "nothing-to-reboot: is missing, or marked fuzzy",
        ),
    ],
)
def test_a_fault_in_a_languages_file_is_found(old: str, new: str, fault: str) -> None:
    whole = po_of(SENTENCES)
    assert old in whole
    assert fault in faults(whole.replace(old, new))


@pytest.mark.parametrize("line", ["msgid The sentence", '"goes on from nothing"', 'msgstr "not closed'])
def test_a_line_that_cannot_be_understood_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        list(entries(line))


def test_a_new_language_begins_with_all_sentences_and_no_translation() -> None:
    new = renewed("", "it")
    assert {key: (english, own) for key, english, own in entries(new)} == {
        key: (english, "") for key, english in SENTENCES.items()
    }
    assert all(f"\n\n{section}\n\n" in new for section in SECTIONS.values())
    assert renewed(new, "it") == new


def test_renewing_keeps_translations_and_notes_and_marks_what_has_changed() -> None:
    old = SMALL.replace("nothing to dismiss", "nothing to put away").replace("#, fuzzy\n", "")
    new = renewed(old, "de")
    assert new.startswith("# A translator's file.\n")
    assert '# Short, for the panel.\nmsgctxt "no-space"\n' in new
    assert '#, fuzzy\nmsgctxt "nothing-to-acknowledge"\nmsgid "There is nothing to dismiss."\nmsgstr "Es gibt' in new
    assert "#~" not in new
    assert [key for key, *_ in entries(new)] == list(SENTENCES)
    assert Words("de", new.encode()).say(NO_SPACE) == "Frei: 12 MB, nötig: 601 MB."
