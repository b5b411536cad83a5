"""The OS version, from os-release (os-release(5)) with MAPIO's own keys where they are."""

import logging
from pathlib import Path

from mapio_display.core.facts.system import OsRelease
from mapio_display.files import read_small

log = logging.getLogger(__name__)


def read_os_release(path: Path) -> OsRelease:
    """Read the file at ``path``; what it does not say is None.

    MAPIO's images name their version ``MAPIO_OS_VERSION``; older ones have only ``PRETTY_NAME``. MAPIO writes values
    without quotes even where they contain spaces, so the text after the first ``=`` is the value, less its quotes.
    """
    try:
        lines = read_small(path).decode("utf-8", errors="replace").splitlines()
    except OSError as error:
        log.error("The OS version is unknown: %s", error)
        return OsRelease()
    values = {}
    for line in lines:
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            values[key.strip()] = _unquoted(value.strip())
    return OsRelease(
        name=values.get("NAME") or values.get("ID"),
        version=values.get("MAPIO_OS_VERSION") or values.get("VERSION_ID"),
        pretty=values.get("MAPIO_OS_VERSION_PRETTY") or values.get("PRETTY_NAME"),
    )


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value
