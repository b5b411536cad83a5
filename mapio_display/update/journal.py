"""The journal on the data partition: the update under way and the verdict on the last one, in one file.

It is replaced as a whole, so that a power cut leaves either the old one or the new one.
"""

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mapio_display.core.record import LastUpdate, Record, Result, Stage
from mapio_display.durable import write_durably
from mapio_display.errors import StoreError

log = logging.getLogger(__name__)


class Journal:
    """The file ``journal.json`` in ``directory``."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "journal.json"

    def load(self) -> tuple[Record | None, LastUpdate | None]:
        """Read the journal. One that cannot be understood is kept aside under another name, and not believed."""
        try:
            content = json.loads(self._path.read_text("utf-8"))
            return _record(content["record"]), _last_update(content["last_update"])
        except FileNotFoundError:
            return None, None
        except OSError as error:
            log.error("The journal cannot be read: %s", error)
            return None, None
        except (ValueError, KeyError, TypeError) as error:
            aside = self._path.with_suffix(".unreadable.json")
            log.error("The journal makes no sense (%s); it is kept as %s", error, aside.name)
            try:
                self._path.replace(aside)
            except OSError as also:
                log.error("The journal cannot be kept aside: %s", also)
            return None, None

    def save(self, record: Record | None, last_update: LastUpdate | None) -> None:
        """Replace the journal and return when it is on the disk. Raises ``StoreError``."""
        content = {
            "record": asdict(record) if record else None,
            "last_update": asdict(last_update) if last_update else None,
        }
        try:
            write_durably(self._path, json.dumps(content, indent=1).encode() + b"\n")
        except OSError as error:
            raise StoreError(f"{self._path.name}: {error.strerror}") from error


def _record(value: dict[str, Any] | None) -> Record | None:
    return Record(**{**value, "stage": Stage(value["stage"])}) if value is not None else None


def _last_update(value: dict[str, Any] | None) -> LastUpdate | None:
    return LastUpdate(**{**value, "result": Result(value["result"])}) if value is not None else None
