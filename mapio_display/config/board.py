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
from mapio_display.config.mistakes import Wrong, mistake
from mapio_display.config.reading import put_over, read
from mapio_display.config.values import checked, listed

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
        raise mistake(path, key, Wrong("config-type.str", value=repr(board)))
    if board.startswith("/"):
        file: Path = checked(board, Path, key, path)
        try:
            file.stat()
        except OSError as error:
            reason = Wrong("config-key.board-file", file=str(file), reason=str(error.strerror))
            raise mistake(path, key, reason) from error
        return file
    file = BOARDS / f"{board}.toml"
    if not re.fullmatch(r"[\w.-]{1,99}", board, re.ASCII) or not file.exists():
        raise mistake(path, key, Wrong("config-key.board", value=repr(board), known=listed(boards())))
    return file


def _read(path: Path, only: Container[str] | None = None, extended_by: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The sections of a board's file, over those of the board that it extends."""
    if (values := read(path, only)) is None:
        raise mistake(path, "", Wrong("config-file.none"))
    sections = {name: section() for name, section in _BOARD.items()}
    if "extends" in values:
        base = board_file(values.pop("extends"), path, "extends")
        if base in (*extended_by, path):
            raise mistake(path, "extends", Wrong("config-key.extends-itself", board=str(base)))
        sections = _read(base, only, (*extended_by, path))
    return put_over(sections, values, path, "extends")
