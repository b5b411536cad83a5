"""Frozen values: what ``dataclass(frozen=True)`` makes, without compiling methods for each class.

The package has two hundred such classes, and those of the core are all loaded before the panel's first frame. To
compile six methods for each of these would take as long as to load Pillow.
"""

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

if TYPE_CHECKING:
    from dataclasses import Field


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Frozen:
    """A value that never changes. What a subclass annotates are its fields.

    Two values are equal if their class and their fields are. ``field``, ``fields`` and ``replace`` of ``dataclasses``
    work as with any dataclass. Raises ``TypeError`` for a field that is missing, unknown or given twice.
    """

    __match_args__: ClassVar[tuple[str, ...]] = ()
    _fields: ClassVar[frozenset[str]] = frozenset()
    _defaults: ClassVar[dict[str, Any]] = {}
    _factories: ClassVar[dict[str, Callable[[], Any]]] = {}
    _compared: ClassVar[tuple[str, ...]] = ()
    _shown: ClassVar[tuple[str, ...]] = ()

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    else:  # what a type checker knows better from the annotations of each class

        def __init_subclass__(cls) -> None:
            super().__init_subclass__()
            dataclass(init=False, repr=False, eq=False)(cls)
            own = fields(cls)
            cls._fields = frozenset(cls.__match_args__)
            cls._defaults = {each.name: each.default for each in own if each.default is not MISSING}
            cls._factories = {each.name: each.default_factory for each in own if each.default_factory is not MISSING}
            cls._compared = tuple(each.name for each in own if each.compare)
            cls._shown = tuple(each.name for each in own if each.repr)

        def __init__(self, *args: Any, **named: Any) -> None:
            values = self.__dict__
            values.update(zip(self.__match_args__, args, strict=False))
            values.update(named)
            given = len(values)
            if given < len(self._fields):
                for name, default in self._defaults.items():
                    values.setdefault(name, default)
                for name in self._factories.keys() - values.keys():
                    values[name] = self._factories[name]()
            if given < len(args) + len(named) or values.keys() != self._fields:
                raise TypeError(f"{type(self).__name__}{self.__match_args__}: {len(args)} values, {sorted(named)}")
            self.__post_init__()

        def __setattr__(self, name: str, value: object) -> None:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")

        def __delattr__(self, name: str) -> None:
            raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __post_init__(self) -> None:
        """Check the fields; may raise ``ValueError``."""

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self is other or self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._shown)
        return f"{type(self).__qualname__}({shown})"

    def _key(self) -> tuple[Any, ...]:
        """What two equal values have in common."""
        return tuple(map(self.__dict__.get, self._compared))
