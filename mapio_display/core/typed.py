"""Dataclasses to JSON and back, by their types alone: the status, the journal, what is remembered of the glass."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from mapio_display.core.message import Message

_T = TypeVar("_T")
_KINDS: dict[type, tuple[str, tuple[type, ...]]] = {
    str: ("a string", (str,)),
    int: ("a whole number", (int,)),
    float: ("a number", (int, float)),
    bool: ("true or false", (bool,)),
}


def every_field(kind: type[Any]) -> Iterable[str]:
    """The names of all fields of a dataclass."""
    return [field.name for field in fields(kind)]


def plain(
    value: Any,
    names: Callable[[type[Any]], Iterable[str]] = every_field,
    say: Callable[[Message], str] | None = None,
) -> Any:
    """Give ``value`` ready for ``json.dumps``; of a dataclass the fields that ``names`` has. Bytes are hexadecimal.

    A message is worded by ``say`` where it is given, and else the dataclass that it is.
    """
    if say is not None and isinstance(value, Message):
        return say(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name), names, say) for name in names(type(value))}
    if isinstance(value, tuple):
        return [plain(entry, names, say) for entry in value]
    if isinstance(value, StrEnum):
        return value.value
    return value.hex() if isinstance(value, bytes) else value


class Reader:
    """Makes dataclasses of what ``plain`` made of them. What another version of this program added is ignored.

    ``names`` says which fields are read. ``check`` is given each string and number with its field's name; it returns
    what is kept of it, or raises ``ValueError``. ``whole`` is what errors call the document. ``unsay`` makes
    messages of texts, where they were worded.
    """

    def __init__(
        self,
        whole: str,
        names: Callable[[type[Any]], Iterable[str]] = every_field,
        check: Callable[[str, Any], Any] = lambda _name, value: value,
        unsay: Callable[[str], Message] | None = None,
    ) -> None:
        self._whole = whole
        self._names = names
        self._check = check
        self._unsay = unsay

    def read(self, kind: type[_T], value: object, path: str = "") -> _T:
        """Make a ``kind`` of a JSON object; what is missing has its default, or is None where the type allows that.

        Raises ``ValueError`` naming the key that is missing, or has a value of the wrong kind.
        """
        if not isinstance(value, Mapping):
            raise ValueError(f"{path or self._whole}: must be an object")  # noqa: TRY004 - bad content
        hints, at = get_type_hints(kind), f"{path}." if path else ""
        known = {name: self.value(hints[name], value[name], at + name) for name in self._names(kind) if name in value}
        for field in fields(kind):  # type: ignore[arg-type]
            if field.name not in known and field.default is MISSING and field.default_factory is MISSING:
                if NoneType not in get_args(hints[field.name]):
                    raise ValueError(f"{at}{field.name}: is missing")
                known[field.name] = None
        return kind(**known)

    def value(self, hint: Any, value: Any, path: str) -> Any:
        """Make a value of this type of a JSON one; ``path`` names it in errors, as in ``read``."""
        if isinstance(hint, UnionType):
            if value is None:
                return None
            (hint,) = (each for each in get_args(hint) if each is not NoneType)
        if get_origin(hint) is tuple:
            if not isinstance(value, list):
                raise ValueError(f"{path}: must be a list, not {value!r:.50}")
            return tuple(self.value(get_args(hint)[0], each, f"{path}[{index}]") for index, each in enumerate(value))
        if hint is Message and self._unsay is not None:
            return self._unsay(self._single(str, value, path))
        if is_dataclass(hint) and isinstance(hint, type):
            return self.read(hint, value, path)
        return self._single(hint, value, path)

    def _single(self, hint: type[Any], value: Any, path: str) -> Any:
        of = hint if hint in _KINDS else str
        kind, types = _KINDS[of]
        if type(value) not in types:
            raise ValueError(f"{path}: must be {kind}, not {value!r:.50}")
        if hint is bytes:
            return bytes.fromhex(value)
        if issubclass(hint, StrEnum):
            if value not in list(hint):
                raise ValueError(f"{path}: {value!r:.50} is none of {', '.join(hint)}")
            return hint(value)
        return self._check(path.rpartition(".")[2], value)
