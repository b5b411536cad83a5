"""What the web server needs of the rest of the house."""

from collections.abc import Callable, Iterable
from typing import Protocol

from mapio_display.core.facts.event import Event
from mapio_display.core.public_keys import PublicKey
from mapio_display.core.snapshot import Snapshot

Picture = Callable[[bool], bytes | None]
"""The panel's picture as PNG, its secrets blanked if asked to; None while nothing is known of the glass."""


class StatePort(Protocol):
    """Where the snapshot comes from and the events go to."""

    @property
    def snapshot(self) -> Snapshot:
        """What is known now."""

    def dispatch(self, event: Event) -> Snapshot:
        """Let the core take an event; raises ``Refused`` for a request that is turned down."""

    async def after(self, known: Snapshot) -> Snapshot:
        """Wait until the snapshot is another than ``known``, and give the newest."""


class KeysPort(Protocol):
    """Who may sign in by SSH. All calls raise ``Refused``."""

    async def keys(self) -> list[PublicKey]:
        """The keys that there are."""

    async def add(self, keys: Iterable[PublicKey]) -> list[PublicKey]:
        """Add those that are not there, and give them."""

    async def remove(self, fingerprint: str) -> list[PublicKey]:
        """Remove a key, and give it as often as it was there."""
