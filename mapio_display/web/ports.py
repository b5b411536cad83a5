"""What the web server needs of the rest of the house."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from mapio_display.core.events import Event
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

    async def after(self, seen: Snapshot) -> Snapshot:
        """Wait until the snapshot is another than ``seen``, and give the newest."""


class WriterPort(Protocol):
    """Takes one bundle in."""

    async def write(self, chunk: bytes | memoryview) -> None:
        """Take a chunk. Raises ``StoreError``, ``StorageFull`` for a full disk."""

    async def finish(self) -> int:
        """Return the size in bytes when the bundle is on the disk."""


class ResumedPort(WriterPort, Protocol):
    """Takes more of a resumable bundle in."""

    @property
    def offset(self) -> int:
        """How many bytes have been taken, those of earlier included."""

    async def pause(self) -> int:
        """Return the offset when all that came is on the disk."""


class StorePort(Protocol):
    """The upload store."""

    def free(self) -> int:
        """Bytes that can be written. Raises ``StoreError``."""

    def writer(self, upload_id: str) -> AbstractContextManager[WriterPort]:
        """Take in a bundle; leaving without ``finish`` removes what came of it. Raises ``StoreError``."""

    def reserve(self, upload_id: str, size: int) -> None:
        """Make room for a resumable bundle; blocks. Raises ``StoreError``, ``StorageFull`` for a full disk."""

    def reserved(self, upload_id: str) -> int:
        """How many bytes of the disk the part of a bundle holds."""

    def remove(self, upload_id: str) -> None:
        """Delete a bundle, whole or in part; blocks. Raises ``StoreError``."""

    def resumed(self, upload_id: str) -> AbstractContextManager[ResumedPort]:
        """Go on with a bundle; leaving without ``finish`` keeps what came. Raises ``StoreError``."""
