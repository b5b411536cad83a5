"""Input lines by name, followed through the kernel's edge events (GPIO character device, version 2 of its interface).

Nothing polls: the kernel debounces, stamps every edge, and wakes the loop. Each line is taken by itself, because
another service may hold one of them and the rest is of use still.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol, Self

from mapio_display.board.gpio import Direction, Edge, EdgeEvent, Gpio, LineSettings, Request, Value
from mapio_display.core.protocols import Pause
from mapio_display.errors import LineError
from mapio_display.frozen import Frozen

BUFFER = 64  # edges the kernel keeps for us; of more it drops the oldest
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0

_log = logging.getLogger(__name__)


class Level(Frozen):
    """A line became active or inactive, ``at`` that second of CLOCK_MONOTONIC; None for how it was found.

    ``active`` is None when the line was lost, and its level is unknown.
    """

    active: bool | None
    at: float | None = None


LOST = Level(None)


class LinePort(Protocol):
    """What is used of an ``InputLine``."""

    async def follow(self, report: Callable[[Level], None]) -> None:
        """Report the level that the line has at first, every edge, and its loss."""


class InputLine:
    """One line, active when it is low."""

    def __init__(
        self,
        name: str,
        *,
        debounce_s: float = 0.0,
        gpio: Gpio | None = None,
    ) -> None:
        self.name = name
        self._settings = LineSettings(
            direction=Direction.INPUT,
            edge_detection=Edge.BOTH,
            active_low=True,
            debounce_period=timedelta(seconds=debounce_s),
        )
        self._gpio = gpio or Gpio()

    def take(self) -> "TakenLine":
        """Take the line; raises ``LineError`` if no chip has it, or another program does."""
        try:
            request = self._gpio.take(self.name, self._settings, buffer=BUFFER)
        except OSError as error:
            raise LineError(f"The line {self.name} cannot be taken: {error.strerror}") from error
        if request is None:
            raise LineError(f"No GPIO chip of this machine has the line {self.name}")
        return TakenLine(self.name, request)

    async def follow(self, report: Callable[[Level], None], *, pause: Pause = asyncio.sleep) -> None:
        """Report the first level, every edge, and the loss of the line; a line that cannot be taken is tried again."""
        waiting, said = FIRST_PAUSE_S, ""
        while True:
            try:
                with self.take() as line:
                    waiting, said = FIRST_PAUSE_S, ""
                    await _report(line, report)
            except LineError as error:
                if str(error) != said:
                    said = str(error)
                    _log.warning("%s", error)
            await pause(waiting)
            waiting = min(2 * waiting, LONGEST_PAUSE_S)


async def _report(line: "TakenLine", report: Callable[[Level], None]) -> None:
    try:
        report(line.level())
        await _report_edges(line, report)
    except LineError:
        report(LOST)
        raise


async def _report_edges(line: "TakenLine", report: Callable[[Level], None]) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(line.fd, ready.set)
    try:
        while True:
            await ready.wait()
            ready.clear()
            for level in line.edges():
                report(level)
    finally:
        loop.remove_reader(line.fd)


class TakenLine:
    """A line that is ours for as long as the ``with`` block lasts. All calls raise ``LineError``."""

    def __init__(self, name: str, request: Request) -> None:
        self._name = name
        self._request = request
        self._last_number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._request.release()

    @property
    def fd(self) -> int:
        """Readable while edges wait."""
        return self._request.fd

    def level(self) -> Level:
        """How the line is now."""
        try:
            return Level(self._request.get_value(self._name) is Value.ACTIVE)
        except OSError as error:
            raise self._unreadable(error) from error

    def edges(self) -> list[Level]:
        """Take the edges that wait, in their order.

        The kernel numbers all edges, also those that its buffer had no room for, and they alternate: so what was lost
        is known, but for its time.
        """
        levels = []
        try:
            # Woken though nothing waits, a read would block the loop.
            while self._request.wait_edge_events(0.0):
                for event in self._request.read_edge_events():
                    active, at = event.event_type is EdgeEvent.Type.RISING_EDGE, event.timestamp_ns / 1e9
                    lost = event.line_seqno - self._last_number - 1
                    levels += [Level(active ^ bool(back % 2), at) for back in range(lost, 0, -1)]
                    levels.append(Level(active, at))
                    self._last_number = event.line_seqno
        except OSError as error:
            raise self._unreadable(error) from error
        return levels

    def _unreadable(self, error: OSError) -> LineError:
        return LineError(f"The line {self._name} cannot be read: {error.strerror}")
