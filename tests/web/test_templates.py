"""HTML comes from templates that escape by themselves, and scripts read codes, never what a page says."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, UndefinedError, nodes

from mapio_display.resources import resource
from mapio_display.web import templates
from mapio_display.web.pages.assets import TYPES
from mapio_display.words.catalogue import ENGLISH
from tests.test_house import FILES, OUTSIDE, PACKAGE, imports, parsed

TAG = re.compile(r"(?<!\?P)</?[a-z][a-z0-9]*(\s[^<>]*)?/?>|<[a-z]+\s+[a-z-]+=|<!doctype", re.IGNORECASE)
TEMPLATES = sorted(PACKAGE.rglob("*.html"))
SCRIPTS = sorted(name for name in TYPES if name.endswith(".js"))
TEXTS = [*SCRIPTS, "style.css"]


def texts(path: Path) -> Iterator[str]:
    """The texts in the code of a file, those of f-strings too, without its docstrings."""
    tree = parsed(path)
    aside = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in aside:
            yield node.value


def markup(path: Path) -> list[str]:
    return [text for text in texts(path) if TAG.search(text)]


def test_no_python_file_builds_html_by_hand() -> None:
    assert [(path, text) for path in OUTSIDE for text in markup(path)] == []
    for path in OUTSIDE:
        assert not {"html", "markupsafe"} & {module.partition(".")[0] for module in imports(path)}, path


def test_html_that_is_built_by_hand_is_found(tmp_path: Path) -> None:
    for number, built in enumerate(
        ("f'<p>{name}</p>'", "f'<li class=\"{kind}\">'", "'</section>'", "f'<a href=\"{x}'", "'<br>'")
    ):
        path = tmp_path / f"{number}.py"
        path.write_text(f'"""Makes <p>."""\nx = {built}\n')
        assert markup(path), built


def test_templates_are_filled_in_one_place() -> None:
    assert [path.name for path in FILES if "jinja2" in set(imports(path))] == ["templates.py"]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_no_template_turns_escaping_off(path: Path) -> None:
    assert not re.search(r"\|\s*safe\b|autoescape|\bMarkup\b", path.read_text("utf-8"))


def test_no_two_templates_have_one_name() -> None:
    assert len({path.name for path in TEMPLATES}) == len(TEMPLATES) > 0


def test_what_a_template_is_given_is_escaped() -> None:
    assert "<p>&lt;b&gt; &amp; &#34;</p>" in templates.render("farewell", ENGLISH, message='<b> & "')


def test_what_a_template_is_not_given_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        templates.render("farewell", ENGLISH)


# A script may put text into the page; one that reads text from it, or compares a message, breaks with the next wording.
READS_PROSE = re.compile(
    r"""textContent(?!\s*=[^=])  # read, and not set
      | innerText | innerHTML | outerHTML | insertAdjacentHTML
      | \b(?:message|text)\b\s*(?:[!=]==?|\.(?:includes|match|search|startsWith|endsWith|indexOf)\b)
      | \.test\((?:text|message|answer)""",
    re.VERBOSE,
)


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_reads_what_a_page_or_an_answer_says(name: str) -> None:
    assert READS_PROSE.findall(resource("assets", name).read_text("utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "if (/page comes back/.test($('ending').textContent)) x();",
        "const said = $('state').textContent.includes(text);",
        'if (answer.message === "Not a bundle.") x();',
        "if (text.includes('RAUC')) x();",
        "if (/other-offset/.test(text)) x();",
    ],
)
def test_a_script_that_reads_prose_is_found(line: str) -> None:
    assert READS_PROSE.search(line)


@pytest.mark.parametrize("path", [*TEMPLATES, *(resource("assets", name) for name in TEXTS)], ids=lambda p: p.name)
def test_no_line_is_longer_than_in_python(path: Path) -> None:
    assert [line for line in path.read_text("utf-8").splitlines() if len(line) > 120] == []


# What is a name, and the same in all languages.
NAMES = {"MAPIO", "UP", "MID", "DOWN", "UTC", "mapio-bundle-image-….raucb", "-with-kernel", "-with-uboot-kernel"}
READ = {"alt", "aria-label", "content", "placeholder", "title"}  # the attributes that people read, or hear
LETTERS = re.compile(r"[^\W\d_]{2}")


class Prose(HTMLParser):
    """The words that a page has in its HTML itself."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fixed = ("viewport", "color-scheme")
        if ("name", fixed[0]) not in attrs and ("name", fixed[1]) not in attrs:
            self._take(*(value or "" for name, value in attrs if name in READ))

    def handle_data(self, data: str) -> None:
        self._take(data)

    def _take(self, *texts: str) -> None:
        self.found += [text.strip() for text in texts if LETTERS.search(text) and text.strip() not in NAMES]


def prose_of_template(source: str) -> list[str]:
    """The words in a template that are not asked for by their key."""
    tree = Environment(autoescape=True).parse(source)
    html = "".join(node.data for node in tree.find_all(nodes.TemplateData))
    texts = (node.value for node in tree.find_all(nodes.Const) if isinstance(node.value, str))
    return [*Prose(html).found, *(text for text in texts if re.search(r"^[A-Z][a-z]|\w \w", text))]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_no_template_has_words_of_its_own(path: Path) -> None:
    assert prose_of_template(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Choose a file</p>",
        "<p>{{ say('page.ota') }} ready</p>",
        '<img alt="The panel">',
        '<nav aria-label="Pages {{ n }}">',
        "{{ version or 'not known' }}",
        "{{ bar(0, 'Transfer') }}",
    ],
)
def test_words_in_a_template_are_found(source: str) -> None:
    assert prose_of_template(source)


COMMENT = re.compile(r"(?m)^\s*//.*$|\s// .*$")
LITERAL = re.compile(r"\"([^\"\n]*)\"|`([^`]*)`|(?<![\w/])'([^'\n]*)'")
NAME = re.compile(r"Accept|Files|Location|Tus-Resumable|#buttons button")


def prose_of_script(source: str) -> list[str]:
    """The texts in a script that look like something for people: of several words, or beginning like a sentence."""
    texts = (next(filter(None, found), "") for found in LITERAL.findall(COMMENT.sub("", source)))
    shown = (re.sub(r"\$\{[^}]*\}", "", text) for text in texts)
    return [
        text for text in shown if re.search(r"[a-z]{2} [a-z]|^[A-Z][a-z]+[.?]?$", text) and not NAME.fullmatch(text)
    ]


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_has_words_of_its_own(name: str) -> None:
    assert prose_of_script(resource("assets", name).read_text("utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        'report("Drop one file: the bundle.");',
        "rate.textContent = `${rate} MB/s, ${left(5)} left for you`;",
        'button.textContent = "Cancel";',
        "if (confirm('Leave it?')) leaves = true;",
    ],
)
def test_words_in_a_script_are_found(line: str) -> None:
    assert prose_of_script(line)


def asked_by_templates() -> Iterator[tuple[str, set[str]]]:
    """The key and the facts of each sentence that a template asks for."""
    for path in TEMPLATES:
        for call in Environment(autoescape=True).parse(path.read_text("utf-8")).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "say":
                (key,) = call.args
                yield key.as_const(), {fact.key for fact in call.kwargs}


SOURCE = "".join(COMMENT.sub("", resource("assets", name).read_text("utf-8")) for name in SCRIPTS)
FOR_SCRIPTS = ENGLISH.beginning("script.")


def test_the_page_brings_the_scripts_each_sentence_that_they_ask_for_and_no_other() -> None:
    literals = {text for found in LITERAL.findall(SOURCE) for text in found}
    assert literals >= FOR_SCRIPTS.keys(), "a sentence is left over"
    assert set(re.findall(r"\bsay\(\"([\w-]+)\"", SOURCE)) <= FOR_SCRIPTS.keys()


@pytest.mark.parametrize("key", FOR_SCRIPTS)
def test_a_script_gives_a_sentence_its_facts(key: str) -> None:
    names = set(re.findall(r"\{(\w+)\}", FOR_SCRIPTS[key]))
    for facts in re.findall(rf"\bsay\(\"{key}\"(?:, (\{{[^;]*?\}})\))?", SOURCE):
        assert all(re.search(rf"\b{name}\b", facts) for name in names), facts
