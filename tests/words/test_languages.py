"""Each language is whole, keeps to its typography, and is offered as soon as its file is there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mapio_display.words import catalogue, languages
from mapio_display.words.english import all_sentences
from mapio_display.words.po import entries, faults
from tests.words.renew import renewed

SENTENCES = all_sentences()
FILES = sorted(languages.FOLDER.glob("*.po"))
NARROW, WIDE = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"
# What is no sentence: commands, names of files and keys, an address.
QUOTED = re.compile(r"\w+ = \"[^\"]*\"|https?://\S+|/\S+|\{\w+(:\w+)?\}|\bjournalctl -u \w+")


def sentences(language: str) -> dict[str, str]:
    po = (languages.FOLDER / f"{language}.po").read_text("utf-8")
    return {key: QUOTED.sub("x", own) for key, _, own in entries(po)}


def breaking(rule: str, language: str) -> list[str]:
    return [f"{key}: {own}" for key, own in sentences(language).items() if re.search(rule, own)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_language_is_whole(path: Path) -> None:
    assert faults(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_stands_in_the_order_of_the_english_and_in_its_form(path: Path) -> None:
    assert path.read_text("utf-8") == renewed(path.read_text("utf-8"), path.stem), f"make po TO={path.stem}"


@pytest.mark.tools
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_gettext_takes_the_file(path: Path) -> None:
    done = subprocess.run(
        ["msgfmt", "--check", "--output-file=/dev/null", str(path)], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_there_are_english_french_and_german() -> None:
    assert {"en", "fr", "de"} <= set(languages.languages())
    assert languages.languages()[0] == "en"


def test_a_sentence_is_there_in_each_language() -> None:
    said = {language: catalogue.of(language).text("cancelled") for language in languages.languages()}
    assert said["en"] == SENTENCES["cancelled"]
    assert len(set(said.values())) == len(said)
    assert catalogue.of("de").language == "de"


def test_another_language_is_none() -> None:
    with pytest.raises(LookupError, match=r"'\.\./fr' is none of en, de, "):
        catalogue.of("../fr")


def test_a_file_that_is_dropped_in_is_a_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(languages.FOLDER / "de.po", tmp_path / "gsw.po")
    german = catalogue.of("de")
    monkeypatch.setattr(languages, "FOLDER", tmp_path)
    assert languages.languages() == ("en", "gsw")
    assert catalogue.of("gsw").text("cancelled") == german.text("cancelled")


def test_the_configuration_offers_a_language_whose_file_is_dropped_in(tmp_path: Path) -> None:
    shutil.copy(languages.FOLDER / "de.po", tmp_path / "gsw.po")
    (tmp_path / "config.toml").write_text('[views]\nlanguage = "gsw"\n')
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from mapio_display.words import languages\n"
        "languages.FOLDER = Path(sys.argv[1])\n"
        "from mapio_display.cli import main\n"
        "sys.exit(main(['check-config', '--config', sys.argv[1] + '/config.toml']))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_english_reads_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "FOLDER", Path("/nowhere"))
    assert catalogue.of("en") is catalogue.ENGLISH


def test_sizes_and_numbers_are_written_as_the_language_has_them() -> None:
    said = {language: catalogue.of(language).amount(1_500_000_000) for language in ("en", "fr", "de")}
    assert said == {"en": "1.5 GB", "fr": f"1,5{WIDE}Go", "de": f"1,5{WIDE}GB"}
    assert catalogue.of("fr").decimal(0.4) == "0,4"
    assert catalogue.of("en").amount(999) == "999 B"


def test_french_spaces_its_punctuation() -> None:
    assert breaking(rf"(?<!{NARROW})[;!?](?=\s|$)", "fr") == []
    assert breaking(rf"(?<!{WIDE}):(?=\s|$)", "fr") == []
    assert breaking(rf"«(?!{WIDE})|(?<!{WIDE})»", "fr") == []
    assert breaking(rf"\d[^{WIDE}]?%", "fr") == []


def test_french_has_its_apostrophe_and_quotation_marks() -> None:
    assert breaking("['\"“”„]", "fr") == []


def test_german_has_its_quotation_marks() -> None:
    assert breaking("['\"”«»]", "de") == []
    assert [own for own in sentences("de").values() if own.count("„") != own.count("“")] == []


@pytest.mark.parametrize("language", ["fr", "de"])
def test_no_sentence_has_an_exclamation_mark_or_words_in_capitals(language: str) -> None:
    assert breaking("!|[A-ZÀ-Ý]{2,} [A-ZÀ-Ý]{2,}", language) == []
