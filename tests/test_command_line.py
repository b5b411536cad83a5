"""The command line in each language: its help, its errors, and those of the configuration."""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mapio_display.cli import main
from mapio_display.cli.language import of_console, of_environment
from mapio_display.cli.parser import parser
from mapio_display.words.catalogue import ENGLISH, of
from mapio_display.words.languages import languages

WIDE, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
OTHERS = [language for language in languages() if language != "en"]


@pytest.fixture
def none_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without a configuration."""
    files = (tmp_path / "image.toml", tmp_path / "owner.toml")
    monkeypatch.setattr("mapio_display.config.load.load_language.__defaults__", (None, files))


@pytest.fixture
def in_language(monkeypatch: pytest.MonkeyPatch, none_configured: None, request: pytest.FixtureRequest) -> str:
    monkeypatch.setenv("LC_ALL", f"{request.param}.UTF-8")
    return str(request.param)


def commands(whole: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser, and those of its commands and their actions."""
    yield whole
    for action in whole._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from commands(each)


def texts(each: argparse.ArgumentParser) -> list[str]:
    """What the help of a command says, piece by piece."""
    titles = [str(group.title) for group in each._action_groups]
    choices = [choice for action in each._actions for choice in getattr(action, "_choices_actions", ())]
    return [str(each.description), *titles, *(str(action.help) for action in (*each._actions, *choices))]


@pytest.mark.parametrize("language", OTHERS)
def test_the_help_of_each_command_is_translated(language: str) -> None:
    english = [texts(each) for each in commands(parser(ENGLISH))]
    own = [texts(each) for each in commands(parser(of(language)))]
    same = {a for before, after in zip(english, own, strict=True) for a, b in zip(before, after, strict=True) if a == b}
    assert same - {"arguments"} <= {"None", argparse.SUPPRESS}


@pytest.mark.parametrize("in_language", ["en", "fr", "de"], indirect=True)
def test_help_is_shown_in_the_language_of_the_environment_without_a_configuration(
    in_language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    begins = {
        "en": "usage: mapio-display [-h] [--version] COMMAND ...",
        "fr": f"utilisation{WIDE}: mapio-display [-h] [--version] COMMANDE ...",
        "de": "Aufruf: mapio-display [-h] [--version] BEFEHL ...",
    }
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(begins[in_language])


GERMAN = [
    ([], "diese Argumente fehlen: BEFEHL"),
    (["web"], "diese Argumente fehlen: on|off"),
    (["render", "home"], "diese Argumente fehlen: -o/--output"),
    (["pin", "old"], "Argument new: ungültige Auswahl: 'old' (möglich: "),
    (["status", "--socket"], "Argument --socket: es fehlt ein Wert"),
    (["status", "--json=1"], "Argument --json: nimmt keinen Wert, hat aber '1'"),
    (["check-config", "more"], "unbekannte Argumente: more"),
    (["demo", "--port", "70000"], "Argument --port: 70000 liegt nicht zwischen 0 und 65535"),
    (["wait-ready", "--timeout", "soon"], "Argument --timeout: soon ist keine Anzahl von Sekunden ab 0"),
    (["press", "up", "--hold", "9"], "Argument --hold: 9 ist mehr als 8 Sekunden"),
    (["wifi", "join", ""], "Argument SSID: der Name eines Netzwerks hat 1 bis 32 Byte"),
    (["status", "--url", "x"], "Argument --url: x muss aussehen wie http://192.168.1.20/"),
    (["render", "home", "-o", "x", "--s", "2"], "mehrdeutige Option: --s kann --snapshot, --scale sein"),
]


@pytest.mark.parametrize(("argv", "reason"), GERMAN, ids=lambda value: "-".join(value) if type(value) is list else "")
@pytest.mark.parametrize("in_language", ["de"], indirect=True)
def test_an_error_in_the_command_line_is_in_the_language(
    in_language: str, argv: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("Aufruf: ")
    assert f": Fehler: {reason}" in said


@pytest.mark.parametrize("in_language", ["fr"], indirect=True)
def test_render_names_the_views_in_the_language(
    in_language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", "roof", "-o", str(tmp_path / "x.png")]) == 2
    assert f"roof n’est pas une vue{NARROW}; les vues sont " in capsys.readouterr().err
    assert main(["render", "home", "-o", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"mapio-display: {tmp_path}{WIDE}: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[views]\nlanguage = "de"\n[web]\nport = 0\n', "web.port: 0 liegt nicht zwischen 1 und 65535"),
        ('[views]\nlanguage = "fr"\ncolor = 1\n', f"views.color{WIDE}: clé inconnue{NARROW}; les clés connues sont "),
        ('[views]\nlanguage = "tlh"\n', "views.language: 'tlh' is none of 'en', 'de', "),
        ("[web]\nport = 0\n", "web.port: 0 is not between 1 and 65535"),
    ],
)
def test_a_mistake_in_the_configuration_is_reported_in_its_language_and_logged_in_english(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c.toml"
    path.write_text(text)
    assert main(["check-config", "--config", str(path)]) == 2
    assert said in capsys.readouterr().err
    assert main(["run", "--config", str(path)]) == 2
    logged = capsys.readouterr().err
    assert logged.startswith(f"mapio-display: {path}: ")
    assert "unknown key; known are" in logged or " is not between " in logged or " is none of " in logged


@pytest.mark.usefixtures("none_configured")
def test_a_file_that_is_named_but_not_there_is_reported_in_the_language_of_the_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "de_AT.UTF-8")
    for command in ("check-config", "status"):
        assert main([command, "--config", str(tmp_path / "none.toml")]) == 2
        assert capsys.readouterr().err == f"mapio-display: {tmp_path / 'none.toml'}: diese Datei gibt es nicht\n"


@pytest.mark.parametrize("argv", [["status", "--config"], ["--config"], []])
def test_a_configuration_whose_name_is_missing_has_no_language(argv: list[str], none_configured: None) -> None:
    assert of_console(argv, {"LANG": "fr_FR"}).language == "fr"


def test_the_configurations_language_goes_before_that_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[views]\nlanguage = "fr"\n')
    (tmp_path / "d.toml").write_text("[web]\nport = 81\n")
    environment = {"LC_ALL": "de_DE.UTF-8"}
    assert of_console(["status", f"--config={tmp_path}/c.toml"], environment).language == "fr"
    assert of_console(["status", "--config", f"{tmp_path}/d.toml"], environment).language == "en"


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "fr_CA.UTF-8"}, "fr"),
        ({"LANG": "de@euro"}, "de"),
        ({"LANG": "tlh_KX.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "fr_FR", "LC_MESSAGES": "de_DE"}, "de"),
        ({"LANG": "fr_FR", "LC_MESSAGES": "de_DE", "LC_ALL": "C"}, "en"),
        ({"LANG": "fr_FR", "LC_ALL": ""}, "fr"),
        ({"LANG": "../fr"}, "en"),
    ],
)
def test_the_environment_names_a_language_as_for_other_programs(environment: dict[str, str], language: str) -> None:
    assert of_environment(environment) == language


def test_the_daemon_loads_none_of_it_before_its_first_frame() -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "import mapio_display.cli, mapio_display.cli.daemon, mapio_display.first_frame as first\n"
        "from mapio_display import config\n"
        "from mapio_display.core.front.names import View\n"
        "from mapio_display.views.render import render\n"
        "from mapio_display.words import catalogue\n"
        "for language in ('en', 'de'):\n"
        "    render(View.STARTING, first._snapshot(config.load_config()), words=catalogue.of(language))\n"
        "print(*sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    package = "mapio_display."
    others = {
        "words.english.command_line",
        "words.english.configuration",
        "words.mistakes",
        "cli.commands",
        "cli.parser",
    }
    assert not set(done.stdout.split()) & {"argparse", *(f"{package}{name}" for name in others)}
    assert f"{package}views.render" in done.stdout.split()
