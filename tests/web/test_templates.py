"""HTML comes from templates that escape by themselves, and scripts read codes, never what a page says."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from mapio_display.resources import resource
from mapio_display.web import templates
from mapio_display.web.pages.assets import TYPES
from tests.test_house import FILES, OUTSIDE, PACKAGE, imports

TAG = re.compile(r"(?<!\?P)</?[a-z][a-z0-9]*(\s[^<>]*)?/?>|<[a-z]+\s+[a-z-]+=|<!doctype", re.IGNORECASE)
TEMPLATES = sorted(PACKAGE.rglob("*.html"))
SCRIPTS = sorted(name for name in TYPES if name.endswith(".js"))
TEXTS = [*SCRIPTS, "style.css"]


def texts(path: Path) -> Iterator[str]:
    """The texts in the code of a file, those of f-strings too, without its docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    aside = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in aside:
            yield node.value


def markup(path: Path) -> list[str]:
    return [text for text in texts(path) if TAG.search(text)]


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_python_file_builds_html_by_hand(path: Path) -> None:
    assert markup(path) == []
    assert not {"html", "markupsafe"} & {module.partition(".")[0] for module in imports(path)}


def test_html_that_is_built_by_hand_is_found(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    for built in ("f'<p>{name}</p>'", "f'<li class=\"{kind}\">'", "'</section>'", "f'<a href=\"{x}'", "'<br>'"):
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
    assert "<p>&lt;b&gt; &amp; &#34;</p>" in templates.render("farewell", message='<b> & "')


def test_what_a_template_is_not_given_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        templates.render("farewell")


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
