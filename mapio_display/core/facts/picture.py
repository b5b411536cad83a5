"""The owner's own picture."""

from dataclasses import dataclass

from mapio_display.core.facts.event import Observation


@dataclass(frozen=True, slots=True)
class Picture:
    """The owner's own picture, fitted to the panel: ``bits`` as in a ``Frame``; or why there is none."""

    width: int = 0
    height: int = 0
    bits: bytes = b""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class PictureChanged(Observation):
    """The owner's own picture is another, or is gone."""

    picture: Picture
