"""Where connections come in: each gets a place, a refusal or its end, and the memory of many goes back after them."""

import asyncio
from collections.abc import Collection
from functools import partial

from aiohttp import web

from mapio_display.memory import give_back
from mapio_display.web.auth.address import is_one_of, network_of
from mapio_display.web.http.connection import Connection
from mapio_display.web.http.farewell import TurnedAway
from mapio_display.web.http.language import Languages
from mapio_display.web.http.places import Place, Places, Rank, host_of
from mapio_display.web.limits import Limits
from mapio_display.web.refusals import BUSY

REFUSED, REFUSED_EACH = 64, 24  # connections that are turned away at a time with an answer; the rest without
MANY = 8  # connections: more than one browser has


class Entrance:
    """Decides of each new connection whether there is a place for it."""

    def __init__(
        self,
        handlers: web.Server,
        places: Places,
        idle_s: float,
        limits: Limits,
        *,
        languages: Languages,
        proxies: Collection[str] = (),
    ) -> None:
        self._handlers = handlers
        self._places = places
        self._refused = Places(REFUSED, REFUSED_EACH)
        self._idle_s = idle_s
        self._limits = limits
        self._languages = languages
        self._proxies = proxies

    def arrival(self) -> asyncio.Protocol:
        """The protocol of a connection that has yet to say where it comes from."""
        return _Arrival(self)

    def protocol(self, transport: asyncio.Transport) -> asyncio.Protocol | None:
        """That of a connection that has; None if it is to be ended without a word."""
        host = host_of(transport.get_extra_info("peername"))
        place = Place(transport, network_of(host), since=asyncio.get_running_loop().time())
        if self._places.enter(place, shares=not is_one_of(host, self._proxies)):
            lost = partial(self._places.leave, place)
            return Connection(self._handlers, place, self._idle_s, self._limits, languages=self._languages, lost=lost)
        place.rank = Rank.BUSY
        if self._refused.enter(place):
            return TurnedAway(BUSY, self._languages, partial(self._refused.leave, place))
        return None

    def end_all(self) -> None:
        """End every connection, those that are being turned away included."""
        self._places.end_all()
        self._refused.end_all()


class _Arrival(asyncio.Protocol):
    """A connection in its first moment."""

    def __init__(self, entrance: Entrance) -> None:
        self._entrance = entrance

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hand it on."""
        assert isinstance(transport, asyncio.Transport)
        protocol = self._entrance.protocol(transport)
        if protocol is None:
            transport.abort()
        else:
            transport.set_protocol(protocol)
            protocol.connection_made(transport)


class Calm:
    """Gives the kernel back, some seconds after most of many connections have ended, what they have taken."""

    def __init__(self, calm_s: float) -> None:
        self._calm_s = calm_s
        self._count = self._most = 0
        self._timer: asyncio.TimerHandle | None = None

    def count(self, count: int) -> None:
        """Receive how many connections there are."""
        self._count, self._most = count, max(count, self._most)
        if self._timer is None and self._most >= MANY and count <= self._most // 4:
            self._timer = asyncio.get_running_loop().call_later(self._calm_s, self._give_back)

    def stop(self) -> None:
        """Do no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _give_back(self) -> None:
        self._timer, self._most = None, self._count
        give_back()
