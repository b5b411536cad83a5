"""The README's list of commands is what the command line offers."""

import argparse
import re
from pathlib import Path

import pytest

from mapio_display.cli.parser import parser as commands_of
from mapio_display.words.catalogue import ENGLISH

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
USAGES = re.findall(r"^    mapio-display (\S.*?)(?:   .*)?$", README.partition("### Command line")[2], re.MULTILINE)
EXAMPLES = {"FILE": "x", "DIR": "x", "OUT.png": "x.png", "VIEW": "home", "SLOT": "rootfs.1", "FINGERPRINT": "x"}
EXAMPLES |= {"S": "1", "N": "8080", "SSID": "x"}


def offered(parser: argparse.ArgumentParser, *names: str) -> set[tuple[str, ...]]:
    """The commands, each with those that come before it."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found = {path for name, each in action.choices.items() for path in offered(each, *names, name)}
            return found if action.required else {names, *found}
    return {names}


def words(usage: str) -> list[str]:
    """A usage with all its options, the first of several choices, and examples for what is in capitals."""
    first = (word.strip("[]").partition("|")[0] for word in usage.split())
    return [EXAMPLES.get(word, word) for word in first]


def test_the_readme_lists_each_command_and_no_other() -> None:
    commands = offered(commands_of(ENGLISH))
    starts = [(tuple(usage.split()[:2]), tuple(usage.split()[:1])) for usage in USAGES]
    listed = [two if two in commands else one for two, one in starts]
    assert sorted(listed) == sorted(commands)


@pytest.mark.parametrize("usage", USAGES)
def test_a_command_takes_what_the_readme_says(usage: str) -> None:
    assert commands_of(ENGLISH).parse_args(words(usage)).command


@pytest.mark.parametrize("usage", [usage for usage in USAGES if "|" in usage])
def test_the_readme_has_each_choice(usage: str) -> None:
    (choices,) = re.findall(r"\S*\|\S*", usage)
    command = usage.split(maxsplit=1)[0]
    with pytest.raises(SystemExit):
        commands_of(ENGLISH).parse_args([command, "none of them"])
    for choice in choices.split("|"):
        assert choice in vars(commands_of(ENGLISH).parse_args([command, choice])).values()
