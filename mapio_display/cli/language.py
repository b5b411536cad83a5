"""The language of the console: the configuration's, or where there is no configuration, that of the environment."""

import os
from argparse import ArgumentError, ArgumentParser
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from mapio_display.config import load_language
from mapio_display.words import catalogue
from mapio_display.words.catalogue import Words
from mapio_display.words.languages import ENGLISH, languages


def of_console(argv: Sequence[str], environment: Mapping[str, str] = os.environ) -> Words:
    """The words for a command line, which may name a configuration; ``--help`` and errors are in them too."""
    parser = ArgumentParser(add_help=False, exit_on_error=False, allow_abbrev=False)
    parser.add_argument("--config", type=Path)
    named = None
    with suppress(ArgumentError):  # no file follows, as the command's own parser will report
        named = parser.parse_known_args(argv)[0].config
    return catalogue.of(load_language(named) or of_environment(environment))


def of_environment(environment: Mapping[str, str]) -> str:
    """The language that the first of ``LC_ALL``, ``LC_MESSAGES`` and ``LANG`` names, or English."""
    name = next((name for key in ("LC_ALL", "LC_MESSAGES", "LANG") if (name := environment.get(key))), "")
    code = name.partition(".")[0].partition("@")[0].replace("_", "-")
    known = languages()
    return next((each for each in (code, code.partition("-")[0]) if each in known), ENGLISH)
