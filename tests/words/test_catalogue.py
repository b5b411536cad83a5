"""Every code that the program gives has its sentence, and every sentence its code."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from mapio_display.core import failures
from mapio_display.core.message import PROSE, Message, message, prose
from mapio_display.core.record import Result
from mapio_display.words import english
from mapio_display.words.catalogue import ENGLISH, Where
from mapio_display.words.english import all_sentences, all_subjects
from mapio_display.words.po import names_of
from tests.test_house import parsed
from tests.web.test_templates import asked_by_templates

PACKAGE = Path(__file__).parents[2] / "mapio_display"
SENTENCES = all_sentences()
RESULTS = {f"result.{where}.{result}" for where in get_args(Where) for result in Result}
OBSTACLES = (
    failures.UPDATE_UNDER_WAY,
    failures.NO_DATA_PARTITION,
    failures.READ_ONLY,
    failures.RAUC_ABSENT,
    failures.RAUC_FAILS,
    failures.RAUC_SLOW,
    failures.RAUC_UNHEARD,
    failures.LOW_BATTERY,
)
IN_SHORT = {f"no-updates.{why.message.code}" for why in OBSTACLES}


def calls() -> Iterator[tuple[str, set[str]]]:
    """The code and the facts of each message that the program makes; a part known only when it runs is a star."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(parsed(path)):
            match node:
                case ast.Call(
                    func=ast.Name("message" | "failure" | "Failed" | "Wrong" | "text") | ast.Attribute(attr="text"),
                    args=[first, *_],
                ):
                    facts = {str(word.arg) for word in node.keywords} - {"detail"}
                case _:
                    continue
            for each in (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,):
                match each:
                    case ast.Constant(str() as code):
                        yield code, facts
                    case ast.JoinedStr(values):
                        yield "".join(v.value if isinstance(v, ast.Constant) else "*" for v in values), facts  # type: ignore[misc]


@cache
def made() -> list[tuple[str, set[str]]]:
    """The codes and facts of all messages, but for those that are looked up in a family of their own."""
    everywhere = (*calls(), *asked_by_templates())
    return [(code, facts) for code, facts in everywhere if not code.startswith(("result.", "no-updates."))]


def test_each_message_has_a_sentence_that_names_its_facts() -> None:
    for code, facts in made():
        sentences = [sentence for key, sentence in SENTENCES.items() if fnmatchcase(key, code)]
        assert sentences, f"{code} has no sentence"
        for sentence in sentences:
            assert {name for name, _ in names_of(sentence)} == facts, code


def test_no_key_stands_twice_in_a_subject_or_in_two() -> None:
    trees = [parsed(Path(str(subject.__file__))) for subject in all_subjects()]
    dicts = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Dict)]
    counted = Counter(ast.literal_eval(key) for node in dicts for key in node.keys if key is not None)
    assert [key for key, times in counted.items() if times > 1] == []
    assert counted.keys() == SENTENCES.keys()


def test_each_file_of_the_folder_is_a_subject() -> None:
    files = {path.stem for path in Path(str(english.__file__)).parent.glob("*.py")} - {"__init__"}
    assert {subject.__name__.rpartition(".")[2] for subject in all_subjects()} == files


def test_no_sentence_is_left_over() -> None:
    codes = {code for code, _ in made()}
    unused = [key for key in SENTENCES if not any(fnmatchcase(key, code) for code in codes)]
    by_scripts = {key for key in SENTENCES if key.startswith("script.")}  # tests/web/test_templates.py
    assert set(unused) == RESULTS | IN_SHORT | {PROSE} | by_scripts


# Two words one after the other, or one that begins with a capital; names of attributes and codes are neither.
TWO_WORDS = re.compile(r"[A-Za-z]{2,}[.,;:]? [A-Za-z]")
SENTENCE = re.compile(rf"{TWO_WORDS.pattern}|^[A-Z][a-z]+")
NAMES = {"Enterprise"}  # WPA's, in every language
WORDLESS = [
    *(PACKAGE / "views" / "resting").glob("*.py"),
    *(PACKAGE / "views" / "stages").glob("*.py"),
    PACKAGE / "views" / "way_in.py",
    PACKAGE / "views" / "widgets.py",
    PACKAGE / "words" / "console.py",
    PACKAGE / "panel_test.py",
]
CONSOLE = [
    PACKAGE / "client.py",
    *(
        path for path in (PACKAGE / "cli").glob("*.py") if path.stem != "argparse_words"
    ),  # it has argparse's own, as keys
]
# They hold names of types and of headers, too: only two words make a sentence.
SENTENCES_ELSEWHERE = [*CONSOLE, *(PACKAGE / "config").glob("*.py")]


def texts_in(path: Path) -> list[str]:
    """The strings in a file, without its docstrings."""
    tree = parsed(path)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docs]
    return [text for text in texts if isinstance(text, str)]


@pytest.mark.parametrize("path", WORDLESS, ids=lambda path: path.stem)
def test_what_a_view_or_the_console_says_is_in_the_catalogue(path: Path) -> None:
    assert [text for text in texts_in(path) if SENTENCE.search(text) and text not in NAMES] == []


@pytest.mark.parametrize("path", SENTENCES_ELSEWHERE, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_a_command_or_the_configuration_says_is_in_the_catalogue(path: Path) -> None:
    assert [text for text in texts_in(path) if TWO_WORDS.search(text)] == []


@pytest.mark.parametrize("path", [*WORDLESS, *CONSOLE], ids=lambda path: path.stem)
def test_neither_views_nor_console_choose_english_themselves(path: Path) -> None:
    assert "ENGLISH." not in path.read_text("utf-8")
    assert "catalogue import ENGLISH" not in path.read_text("utf-8")


def test_each_obstacle_is_also_worded_in_short() -> None:
    assert [ENGLISH.in_short(why) for why in OBSTACLES]


@pytest.mark.parametrize("result", Result)
def test_each_verdict_has_all_its_words(result: Result) -> None:
    assert all(ENGLISH.of_result(where, result) for where in get_args(Where))


def test_sizes_are_rounded_so_that_the_sentence_is_true() -> None:
    said = ENGLISH.say(failures.no_space(needed=600_000_001, available=12_900_000).message)
    assert said.startswith("The data partition has 12 MB free and the bundle needs 601 MB.")


@pytest.mark.parametrize("text", ["{slot}", "{", "50 % {0} }{", "", "\N{REPLACEMENT CHARACTER}"])
def test_a_text_that_is_not_ours_is_shown_as_it_is(text: str) -> None:
    assert ENGLISH.say(prose(text)) == text
    assert ENGLISH.say(message("rolled-back.never", slot=text)).startswith(f"Slot {text} did not start")


@pytest.mark.parametrize(
    "strange",
    [
        message("of-a-newer-version", slot="B"),
        message("rolled-back.never"),
        message("no-space", needed="x", available=1),
    ],
)
def test_what_another_version_kept_is_reported_with_its_code(strange: Message) -> None:
    assert ENGLISH.say(strange).startswith(strange.code)
