"""The journal on the data partition: the update under way and the verdict on the last one, in one file.

It is replaced as a whole, so that a power cut leaves either the old one or the new one.
"""

import json
import logging
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from mapio_display.core.message import PROSE, Message, message, prose
from mapio_display.core.record import LastUpdate, Record
from mapio_display.core.text import decoded
from mapio_display.core.typed import Reader, plain
from mapio_display.durable import write_durably
from mapio_display.errors import StoreError
from mapio_display.files import read_small

log = logging.getLogger(__name__)

_Kept = TypeVar("_Kept", Record, LastUpdate)
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)  # files are named by it
_CODE = re.compile(r"[a-z][a-z.-]{0,63}", re.ASCII)
_MOST_FACTS = 8
_UNKNOWN_WHY = "The gateway runs another system than the new one, and the reason is not known."  # version 0.1's
_LARGEST = 1 << 62
_LAST_SECOND = 253_402_128_000  # of the year 9999, after which there is no date


class Journal:
    """The file ``journal.json`` in ``directory``.

    ``lost`` says of the one that was loaded that nothing is known of the last update, because it cannot be read, or
    could not be at an earlier start.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / "journal.json"
        self._aside = self._path.with_suffix(".unreadable.json")
        self.lost = False

    def load(self) -> tuple[Record | None, LastUpdate | None]:
        """Read the journal. One that cannot be understood is kept aside under another name, and not believed."""
        self.lost = False
        record, last_update = self._read()
        self.lost = last_update is None and (self.lost or self._aside.exists())
        return record, last_update

    def _read(self) -> tuple[Record | None, LastUpdate | None]:
        try:
            content = json.loads(read_small(self._path))
            return _kept(Record, content["record"]), _kept_verdict(content["last_update"])
        except FileNotFoundError:
            return None, None
        except OSError as error:
            log.error("The journal cannot be read: %s", error)
            self.lost = True
            return None, None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            log.error("The journal makes no sense (%s); it is kept as %s", error, self._aside.name)
            self.lost = True
            try:
                self._path.replace(self._aside)
            except OSError as also:
                log.error("The journal cannot be kept aside: %s", also)
            return None, None

    def save(self, record: Record | None, last_update: LastUpdate | None) -> None:
        """Replace the journal and return when it is on the disk. Raises ``StoreError``."""
        content = {"record": plain(record), "last_update": _verdict(last_update)}
        try:
            write_durably(self._path, json.dumps(content, indent=1).encode() + b"\n")
        except OSError as error:
            raise StoreError(f"{self._path.name}: {error.strerror}") from error


def _kept(kind: type[_Kept], value: object) -> _Kept | None:
    """Make of an object what was kept in it; raises ``ValueError`` where it cannot have been that.

    What only another version of the daemon knows is passed over: an update, or a roll-back, may bring this one in
    between the record and its verdict.
    """
    return None if value is None else Reader("the journal", check=_checked).read(kind, value)


def _verdict(last: LastUpdate | None) -> dict[str, Any] | None:
    """The verdict with its reason's code and facts; what has no code is text, as in the journals of version 0.1."""
    if last is None or last.reason is None:
        value: dict[str, Any] | None = plain(last)
        return value
    kept, facts = plain(replace(last, reason=None)), dict(last.reason.facts)
    if last.reason.code == PROSE:
        return {**kept, "reason": facts["text"]}
    del kept["reason"]  # version 0.1 takes a text there and nothing else
    return {**kept, "reason_code": last.reason.code, "reason_facts": facts}


def _kept_verdict(value: object) -> LastUpdate | None:
    if not isinstance(value, dict):
        return _kept(LastUpdate, value)
    last = _kept(LastUpdate, {**value, "reason": None})
    return last and replace(last, reason=_reason(value))


def _reason(value: dict[str, Any]) -> Message | None:
    code, facts, text = value.get("reason_code"), value.get("reason_facts", {}), value.get("reason")
    if code is not None:
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            raise ValueError(f"{code!r:.50} is not a reason's code")
        if not isinstance(facts, dict) or len(facts) > _MOST_FACTS:
            raise ValueError(f"{facts!r:.50} are not a reason's facts")
        return Message(code, tuple((decoded(name), _fact(fact)) for name, fact in facts.items()))
    if text is None:
        return None
    if not isinstance(text, str):
        raise ValueError(f"reason: must be a string, not {text!r:.50}")  # noqa: TRY004 - bad content
    return message("rolled-back") if text == _UNKNOWN_WHY else prose(decoded(text))


def _fact(value: object) -> str | int:
    if type(value) not in (str, int):
        raise ValueError(f"{value!r:.50} is not a fact")
    fact: str | int = _checked("fact", value)
    return fact


def _checked(name: str, value: Any) -> Any:
    match value:
        case str() if name == "id" and not _ID.fullmatch(value):
            raise ValueError(f"{value!r:.50} is not an update's id")
        case str() if name == "metadata" and not (value.isascii() and value.isprintable()):
            return ""  # it is a header, and its sender can do without
        case str():
            return decoded(value)
        case int() | float() if not 0 <= value < (_LAST_SECOND if name == "expires_at" else _LARGEST):
            raise ValueError(f"{name} cannot be {value!r:.50}")
        case _:
            return value
