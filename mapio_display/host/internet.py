"""Whether the Internet can be reached: a TCP connection to a host of the owner's choice, opened and closed again.

Nothing leaves the gateway for this unless such a host is configured.
"""

import asyncio
import contextlib

from mapio_display.core.facts.network import InternetObserved
from mapio_display.core.protocols import Pause, StatePort
from mapio_display.host.source import Given, Run, Source

EVERY_S = 300.0
PATIENCE_S = 5.0


class InternetSource:
    """Dispatches ``InternetObserved`` at the start and every five minutes."""

    def __init__(self, state: StatePort, host: str, port: int, *, pause: Pause = asyncio.sleep) -> None:
        self._state = state
        self._host = host
        self._port = port
        self._pause = pause

    async def run(self) -> None:
        """Look, endlessly."""
        while True:
            self._state.dispatch(InternetObserved(await answers(self._host, self._port)))
            await self._pause(EVERY_S)


async def answers(host: str, port: int, patience_s: float = PATIENCE_S) -> bool:
    """Say whether a connection can be opened in so many seconds."""
    try:
        async with asyncio.timeout(patience_s):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, UnicodeError):  # no route, no name, refused, too slow; or a name that cannot be one
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


def _source(given: Given) -> Run | None:
    network = given.config.network
    return InternetSource(given.state, network.internet, network.port).run() if network.internet else None


SOURCE: Source = _source
