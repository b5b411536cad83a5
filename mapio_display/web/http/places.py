"""Which connections are open: a bound for all of them, a lower one for each address, and who gives way when it is met.

A newcomer at a full server is not refused as long as a connection can end that has nothing under way. It is taken from
the address that holds most, so that no address keeps another one out by the number of connections.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

GRACE_S = 1.0


class Rank(IntEnum):
    """In which order connections give way."""

    STREAM = 0  # a stream of events: a browser opens it again by itself
    WAITING = 1  # no request, or not the whole of its head
    UNREAD = 2  # an answer that the client does not take
    SENDING = 3  # a small body that has not come in, or one that was refused
    BUSY = 4  # a request is being handled, or a bundle received: never ended


class Transport(Protocol):
    """What is needed of a connection's transport."""

    def abort(self) -> None:
        """End the connection now."""


@dataclass(eq=False, slots=True)
class Place:
    """That of one connection; ``since`` is when it took its rank, in seconds of the event loop's clock."""

    transport: Transport
    address: str
    rank: Rank = Rank.WAITING
    since: float = 0.0


class Places:
    """The open connections: ``most`` in all, and ``most_each`` of one address.

    ``changed`` is called with their number after each change.
    """

    def __init__(self, most: int, most_each: int, changed: Callable[[int], None] = lambda _: None) -> None:
        self._most = most
        self._most_each = most_each
        self._changed = changed
        self._taken: dict[str, set[Place]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def enter(self, place: Place, *, shares: bool = True) -> bool:
        """Let a newcomer in, whose ``since`` is now; False if there is no room.

        Without ``shares`` its address has all places, as that of a proxy, from which many clients come.
        """
        if not self._make_room(place, self._most_each if shares else self._most):
            return False
        self._taken.setdefault(place.address, set()).add(place)
        self._count += 1
        self._changed(self._count)
        return True

    def leave(self, place: Place) -> None:
        """Free the place of a connection that has ended, if it is not free yet."""
        there = self._taken.get(place.address, set())
        if place not in there:
            return
        there.remove(place)
        if not there:
            del self._taken[place.address]
        self._count -= 1
        self._changed(self._count)

    def end_all(self) -> None:
        """End every connection."""
        for place in [place for there in self._taken.values() for place in there]:
            place.transport.abort()

    def _make_room(self, newcomer: Place, share: int) -> bool:
        mine = len(self._taken.get(newcomer.address, ()))
        if mine < share:
            if self._count < self._most:
                return True
            sizes = ((len(there), other) for other, there in self._taken.items())
            larger = sorted(((size, other) for size, other in sizes if size > mine), reverse=True)
            if any(self._end_one_of(other, newcomer.since) for _, other in larger):
                return True
        # Of one address many may come at once, and each shall have the time to ask.
        return self._end_one_of(newcomer.address, newcomer.since - GRACE_S)

    def _end_one_of(self, address: str, until: float) -> bool:
        """End a connection of ``address`` that has its rank since ``until`` or longer; a stream, whenever it began."""
        there = self._taken.get(address, set())
        willing = [place for place in there if place.rank is Rank.STREAM or place.since <= until]
        first = min(willing, key=lambda place: (place.rank, place.since), default=None)
        if first is None or first.rank is Rank.BUSY:
            return False
        self.leave(first)
        first.transport.abort()
        return True


def host_of(peer: object) -> str:
    """The address of a socket's peer as text; "" for a Unix socket's."""
    return str(peer[0]) if isinstance(peer, tuple) and peer else ""
