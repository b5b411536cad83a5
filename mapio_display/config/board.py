"""The boards: each a file of TOML with the sections for what hangs on it."""

import re
from collections.abc import Container
from functools import cache
from pathlib import Path
from typing import Any

from mapio_display.config.hardware import (
    BatteryConfig,
    ButtonsConfig,
    HotspotConfig,
    LedsConfig,
    PanelConfig,
    PowerConfig,
)
from mapio_display.config.reading import put_over, read
from mapio_display.config.values import checked, listed
from mapio_display.errors import ConfigError

BOARDS = Path(__file__).parent.parent / "board" / "boards"

_BOARD: dict[str, type] = {
    "panel": PanelConfig,
    "buttons": ButtonsConfig,
    "leds": LedsConfig,
    "power": PowerConfig,
    "battery": BatteryConfig,
    "hotspot": HotspotConfig,
}


@cache
def packaged(name: str) -> dict[str, Any]:
    """The sections of a board that comes with the package."""
    return _read(BOARDS / f"{name}.toml")


def board_sections(board: Any, path: Path, only: Container[str] | None = None) -> dict[str, Any]:
    """The sections of the board that ``path`` names."""
    file = board_file(board, path)
    return packaged(board) if file.parent == BOARDS else _read(file, only)


def boards() -> list[str]:
    """The names of the boards that come with the package."""
    return sorted(path.stem for path in BOARDS.glob("*.toml"))


def board_file(board: Any, path: Path, key: str = "board") -> Path:
    """The file of a board that ``path`` names under ``key``: one of ``boards()``, or an absolute path."""
    if not isinstance(board, str):
        raise ConfigError(f"{path}: {key}: must be a string, not {board!r}")
    if board.startswith("/"):
        file: Path = checked(board, Path, key, path)
        try:
            file.stat()
        except OSError as error:
            raise ConfigError(f"{path}: {key}: {file}: {error.strerror}") from error
        return file
    file = BOARDS / f"{board}.toml"
    if not re.fullmatch(r"[\w.-]{1,99}", board, re.ASCII) or not file.exists():
        raise ConfigError(f"{path}: {key}: {board!r} is none of {listed(boards())}, and not an absolute path")
    return file


def _read(path: Path, only: Container[str] | None = None, extended_by: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The sections of a board's file, over those of the board that it extends."""
    if (values := read(path, only)) is None:
        raise ConfigError(f"{path}: there is no such file")
    sections = {name: section() for name, section in _BOARD.items()}
    if "extends" in values:
        base = board_file(values.pop("extends"), path, "extends")
        if base in (*extended_by, path):
            raise ConfigError(f"{path}: extends: {base} extends this board itself")
        sections = _read(base, only, (*extended_by, path))
    return put_over(sections, values, path, "extends")
