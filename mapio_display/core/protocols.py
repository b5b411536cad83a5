"""Protocols that several rooms need."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

from mapio_display.core.facts.event import Event

Pause: TypeAlias = Callable[[float], Awaitable[None]]
"""Waits so many seconds."""


class StatePort(Protocol):
    """What a source needs of the state."""

    def dispatch(self, event: Event) -> object:
        """Let the core take an event."""
