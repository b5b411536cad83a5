"""Protocols that several rooms need, and waiting by one of them."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

from mapio_display.core.facts.event import Event
from mapio_display.core.snapshot import Snapshot

Pause: TypeAlias = Callable[[float], Awaitable[None]]
"""Waits so many seconds."""


class StatePort(Protocol):
    """What a source needs of the state."""

    def dispatch(self, event: Event) -> object:
        """Let the core take an event."""


class SnapshotPort(Protocol):
    """Where the snapshot comes from."""

    @property
    def snapshot(self) -> Snapshot:
        """What is known now."""

    async def after(self, known: Snapshot) -> Snapshot:
        """Wait until the snapshot is another than ``known``, and give the newest."""


class WholeState(SnapshotPort, Protocol):
    """Where the snapshot comes from and the events go to."""

    def dispatch(self, event: Event) -> Snapshot:
        """Let the core take an event; raises ``Refused`` for a request that is turned down."""


async def until(state: SnapshotPort, holds: Callable[[Snapshot], bool]) -> Snapshot:
    """Wait until this holds of the snapshot, and give that; what ``holds`` raises ends the wait."""
    snapshot = state.snapshot
    while not holds(snapshot):
        snapshot = await state.after(snapshot)
    return snapshot
