"""A file of TOML, and how its values go over sections."""

import tomllib
from collections.abc import Container, Mapping
from dataclasses import fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from mapio_display.config.values import checked
from mapio_display.errors import ConfigError
from mapio_display.files import read_small


def read(path: Path, only: Container[str] | None = None) -> dict[str, Any] | None:
    """What is in a file under these keys; None if there is none."""
    try:
        values = tomllib.loads(read_small(path).decode("utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text: {error.reason} at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    except (ValueError, RecursionError) as error:  # tomllib lets through what int() and the stack do not bear
        raise ConfigError(f"{path}: not valid TOML: a number too long, or brackets too deep") from error
    return {key: value for key, value in values.items() if only is None or key in only}


def put_over(
    sections: dict[str, Any],
    values: Mapping[str, Any],
    path: Path,
    other: str,
    tables: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """Put the values of a file over sections by name; ``other`` is the file's only key that is none.

    ``tables`` are the types of the sections whose keys are free.
    """
    for name, value in values.items():
        if name not in sections:
            raise ConfigError(f"{path}: {name}: unknown key; known are {other} and {', '.join(sections)}")
        if not isinstance(value, Mapping):
            raise ConfigError(f"{path}: {name}: must be a section, written [{name}]")
    return sections | {
        name: _table(sections[name], value, tables[name], name, path)
        if name in tables
        else _section(sections[name], value, name, path)
        for name, value in values.items()
    }


def _table(table: Mapping[str, Any], values: Mapping[str, Any], hint: Any, name: str, path: Path) -> Any:
    (kind, *_) = get_args(hint)
    (_, each) = get_args(kind)
    new = {key: checked(value, each, f"{name}.{key}", path) for key, value in values.items()}
    return checked({**table, **new}, hint, name, path)


def _section(section: Any, values: Mapping[str, Any], name: str, path: Path) -> Any:
    known = {entry.name: entry.type for entry in fields(section)}
    for key in values:
        if key not in known:
            raise ConfigError(f"{path}: {name}.{key}: unknown key; known are {', '.join(sorted(known))}")
    return replace(section, **{key: checked(value, known[key], f"{name}.{key}", path) for key, value in values.items()})
