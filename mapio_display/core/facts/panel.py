"""The e-paper panel: whether it answers, and what it shows."""

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.event import Change, Handlers, Observation
from mapio_display.core.facts.shutdown import Shutdown
from mapio_display.frozen import Frozen

if TYPE_CHECKING:
    from mapio_display.core.snapshot import Snapshot


class PanelState(StrEnum):
    """Whether the panel answers."""

    OK = "ok"
    NOT_RESPONDING = "not-responding"


class Panel(Frozen):
    """What the panel shows, and announces; the state is None until the first frame was tried."""

    state: PanelState | None = None
    view: str | None = None
    full_refreshes: int = 0
    partial_refreshes: int = 0
    last_refresh_at: str | None = None
    announces: Shutdown | None = None

    PUBLIC: ClassVar = ("state", "view", "full_refreshes", "partial_refreshes", "last_refresh_at")


class PanelShown(Observation):
    """A frame of ``view`` is on the glass; ``full`` says by which kind of refresh.

    ``announces`` is what it says that the machine goes down for; None where it says no such thing.
    """

    view: str
    full: bool
    announces: Shutdown | None = None


class PanelRestored(Observation):
    """What is known of the glass from before this start of the daemon; ``view`` is None if not what it shows."""

    view: str | None
    full_refreshes: int
    partial_refreshes: int
    last_refresh_at: str | None


class PanelFailed(Observation):
    """The panel does not answer."""

    reason: str


def _shown(snapshot: "Snapshot", event: PanelShown, now: Now) -> Change:
    panel = snapshot.panel
    panel = Panel(
        PanelState.OK,
        event.view,
        panel.full_refreshes + event.full,
        panel.partial_refreshes + (not event.full),
        now.iso,
        event.announces,
    )
    return replace(snapshot, panel=panel), ()


def _restored(snapshot: "Snapshot", event: PanelRestored, now: Now) -> Change:
    panel = Panel(
        PanelState.OK if event.view else None,
        event.view,
        event.full_refreshes,
        event.partial_refreshes,
        event.last_refresh_at,
    )
    return replace(snapshot, panel=panel), ()


def _failed(snapshot: "Snapshot", event: PanelFailed, now: Now) -> Change:
    return replace(snapshot, panel=replace(snapshot.panel, state=PanelState.NOT_RESPONDING)), ()


HANDLERS: Handlers = {PanelShown: _shown, PanelRestored: _restored, PanelFailed: _failed}
