"""Facts that only sources and views use: the snapshot keeps each under a key, which the subject's file declares."""

from typing import Any, Generic, TypeAlias, TypeVar

from mapio_display.frozen import Frozen

T = TypeVar("T")


class Key(Frozen, Generic[T]):
    """A place in the snapshot, for a fact by which the core itself decides nothing.

    ``name`` is the fact's name in the status, ``kind`` its type, by which a status is read again, and ``unknown`` its
    value as long as no source has reported it.
    """

    name: str
    kind: Any
    unknown: T


Keys: TypeAlias = tuple[Key[Any], ...]
"""What a subject declares as ``KEYS``: all that is in there is for others, so never a secret."""
