"""The buttons beside the panel, and what they have made of what it shows."""

from enum import StrEnum

from mapio_display.core.facts.event import Observation
from mapio_display.frozen import Frozen


class Front(Frozen):
    """What the buttons have made of the panel.

    ``turned_to`` is the view that a button chose, until ``home_at``; None where the panel shows what matters most.
    MID is down since ``held_since``; ``countdown`` is the seconds that are left to release it.
    """

    turned_to: str | None = None
    home_at: float | None = None
    held_since: float | None = None
    countdown: int | None = None


class Button(StrEnum):
    """The three buttons beside the panel."""

    UP = "up"
    DOWN = "down"
    MID = "mid"


class ButtonPressed(Observation):
    """A button went down, ``at`` that second of CLOCK_MONOTONIC."""

    button: Button
    at: float


class ButtonReleased(Observation):
    """A button was released, ``at`` that second of CLOCK_MONOTONIC."""

    button: Button
    at: float


class ButtonLost(Observation):
    """A button's line was lost: whether it is still down is not known."""

    button: Button
