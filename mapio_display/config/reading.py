"""A file of TOML, and how its values go over sections."""

import tomllib
from collections.abc import Container, Mapping
from dataclasses import fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from mapio_display.config.mistakes import Wrong, mistake
from mapio_display.config.values import checked
from mapio_display.files import read_small


def read(path: Path, only: Container[str] | None = None) -> dict[str, Any] | None:
    """What is in a file under these keys; None if there is none."""
    try:
        values = tomllib.loads(read_small(path).decode("utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise mistake(path, "", Wrong("config-file.unreadable", reason=str(error.strerror))) from error
    except UnicodeDecodeError as error:
        wrong = Wrong("config-file.not-utf8", reason=error.reason, position=error.start)
        raise mistake(path, "", wrong) from error
    except tomllib.TOMLDecodeError as error:
        raise mistake(path, "", Wrong("config-file.not-toml", reason=str(error))) from error
    except (ValueError, RecursionError) as error:  # tomllib lets through what int() and the stack do not bear
        raise mistake(path, "", Wrong("config-file.too-deep")) from error
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
            raise mistake(path, name, Wrong("config-key.unknown-section", other=other, known=", ".join(sections)))
        if not isinstance(value, Mapping):
            raise mistake(path, name, Wrong("config-key.section", name=name))
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
            raise mistake(path, f"{name}.{key}", Wrong("config-key.unknown", known=", ".join(sorted(known))))
    return replace(section, **{key: checked(value, known[key], f"{name}.{key}", path) for key, value in values.items()})
