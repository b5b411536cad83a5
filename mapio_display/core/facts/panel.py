"""The e-paper panel: whether it answers, and what it shows."""

from dataclasses import dataclass
from enum import StrEnum

from mapio_display.core.facts.event import Observation


class PanelState(StrEnum):
    """Whether the panel answers."""

    OK = "ok"
    NOT_RESPONDING = "not-responding"


@dataclass(frozen=True, slots=True)
class Panel:
    """What the panel shows; the state is None until the first frame was tried."""

    state: PanelState | None = None
    view: str | None = None
    full_refreshes: int = 0
    partial_refreshes: int = 0
    last_refresh_at: str | None = None


@dataclass(frozen=True, slots=True)
class PanelShown(Observation):
    """A frame of ``view`` is on the glass; ``full`` says by which kind of refresh."""

    view: str
    full: bool


@dataclass(frozen=True, slots=True)
class PanelRestored(Observation):
    """What is known of the glass from before this start of the daemon; ``view`` is None if not what it shows."""

    view: str | None
    full_refreshes: int
    partial_refreshes: int
    last_refresh_at: str | None


@dataclass(frozen=True, slots=True)
class PanelFailed(Observation):
    """The panel does not answer."""

    reason: str
