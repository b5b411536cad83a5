"""The owner's own picture."""

from dataclasses import replace
from typing import TYPE_CHECKING

from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.event import Change, Handlers, Observation
from mapio_display.core.message import Message
from mapio_display.frozen import Frozen

if TYPE_CHECKING:
    from mapio_display.core.snapshot import Snapshot


class Picture(Frozen):
    """The owner's own picture, fitted to the panel: ``bits`` as in a ``Frame``; or why there is none."""

    width: int = 0
    height: int = 0
    bits: bytes = b""
    error: Message | None = None


class PictureChanged(Observation):
    """The owner's own picture is another, or is gone."""

    picture: Picture


def _changed(snapshot: "Snapshot", event: PictureChanged, now: Now) -> Change:
    return replace(snapshot, picture=event.picture), ()


HANDLERS: Handlers = {PictureChanged: _changed}
