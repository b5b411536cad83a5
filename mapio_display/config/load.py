"""The configuration's files, one over the other: the image's, and over it the owner's on the data partition.

That one survives updates. Neither need exist, and every key is optional; an unknown key is an error, because it is
most likely a misspelt one.
"""

import re
from collections.abc import Container, Iterable, Mapping
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from mapio_display.config.board import board_file, board_sections
from mapio_display.config.hardware import PanelConfig
from mapio_display.config.mistakes import Wrong, mistake
from mapio_display.config.reading import put_over, read
from mapio_display.config.sections import Config, ViewsConfig
from mapio_display.errors import ConfigError
from mapio_display.words.languages import ENGLISH, languages

IMAGE_FILE = Path("/etc/mapio-display/config.toml")
OWNER_FILE = Path("/usr/local/mapio-display/config.toml")
PANEL = ("board", "extends", "paths", "panel")  # what says how the panel is reached


def load_config(named: Path | None = None, defaults: Iterable[Path] = (IMAGE_FILE, OWNER_FILE)) -> Config:
    """Read the file ``named`` on the command line, which must exist, or else the ``defaults`` that exist.

    Raises ``ConfigError``, worded ``file: key: reason``.
    """
    config = Config()
    lines_from: Path | None = None
    for path in [named] if named else defaults:
        if (values := read(path)) is not None:
            config = _over(config, values, path)
            if "panel" in values:
                lines_from = path
            elif "board" in values:
                lines_from = board_file(config.board, path)
        elif named:
            raise mistake(path, "", Wrong("config-file.none"))
    if lines_from is not None:
        _check_lines(config.panel, lines_from)
    return config


def load_panel(named: Path | None = None, defaults: Iterable[Path] = (IMAGE_FILE, OWNER_FILE)) -> Config:
    """Read how the panel is reached, and its language, as far as they make sense; the rest is as by default.

    It is for showing on the panel what is wrong with the rest.
    """
    config = Config()
    for path in [named] if named else defaults:
        with suppress(ConfigError):
            config = _over(config, read(path, PANEL) or {}, path, PANEL)
    return replace(config, views=ViewsConfig(language=load_language(named, defaults) or ENGLISH))


def load_language(named: Path | None = None, defaults: Iterable[Path] = (IMAGE_FILE, OWNER_FILE)) -> str | None:
    """Read the language, as far as it is legible; None where there is no file at all.

    It is for reporting what is wrong with the rest.
    """
    language = None
    for path in [named] if named else defaults:
        try:
            values = read(path, ("views",))
        except ConfigError:
            values = {}
        if values is not None:
            views = values.get("views")
            chosen = views.get("language") if isinstance(views, Mapping) else None
            language = chosen if chosen in languages() else language or ENGLISH
    return language


def _over(config: Config, values: Mapping[str, Any], path: Path, only: Container[str] | None = None) -> Config:
    """Put the values of a file over a configuration; a board goes over all that hangs on the one before."""
    sections = {entry.name: getattr(config, entry.name) for entry in fields(config)}
    board = sections.pop("board")
    if "board" in values:
        board = values["board"]
        sections |= board_sections(board, path, only)
    others = {key: value for key, value in values.items() if key != "board"}
    tables = {entry.name: entry.type for entry in fields(config) if isinstance(sections.get(entry.name), Mapping)}
    return Config(board=board, **put_over(sections, others, path, "board", tables))


def _check_lines(panel: PanelConfig, path: Path) -> None:
    """Check that the panel's lines are named, and for RPi.GPIO, which knows no names, with numbers.

    ``path`` is the last file that sets the panel.
    """
    for key in ("reset", "dc", "busy"):
        line = getattr(panel, key)
        if panel.gpio == "RPi.GPIO" and not re.fullmatch(r"1?[0-9]|2[0-7]", line):
            raise mistake(path, f"panel.{key}", Wrong("config-key.bcm", value=repr(line)))
        if panel.gpio == "gpiod" and not line:
            raise mistake(path, f"panel.{key}", Wrong("config-key.line-missing"))
