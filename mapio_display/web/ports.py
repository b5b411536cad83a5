"""What the web server needs of the rest of the house."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeAlias

from mapio_display.core.protocols import WholeState
from mapio_display.core.public_keys import PublicKey

Picture = Callable[[bool], bytes | None]
"""The panel's picture as PNG, its secrets blanked if asked to; None while nothing is known of the glass."""


StatePort: TypeAlias = WholeState


class KeysPort(Protocol):
    """Who may sign in by SSH. All calls raise ``Refused``."""

    async def keys(self) -> list[PublicKey]:
        """The keys that there are."""

    async def add(self, keys: Iterable[PublicKey]) -> list[PublicKey]:
        """Add those that are not there, and give them."""

    async def remove(self, fingerprint: str) -> list[PublicKey]:
        """Remove a key, and give it as often as it was there."""
