"""Mains and charging, by the charger's lines."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from mapio_display.core.events import PowerSeen
from mapio_display.sources.lines import InputLine, Level
from mapio_display.sources.ports import StatePort


class LinePort(Protocol):
    """What is used of an ``InputLine``."""

    async def follow(self, hear: Callable[[Level], None]) -> None:
        """Tell how the line is found and then every edge."""


class ChargerSource:
    """Dispatches ``PowerSeen`` with every edge of the charger's lines; a line without a name is left alone."""

    def __init__(
        self, state: StatePort, mains: str, charging: str, *, line: Callable[[str], LinePort] = InputLine
    ) -> None:
        self._state = state
        self._mains = line(mains) if mains else None
        self._charging = line(charging) if charging else None

    async def run(self) -> None:
        """Follow the lines for ever."""
        async with asyncio.TaskGroup() as group:
            if self._mains:
                group.create_task(self._mains.follow(lambda level: self._tell(PowerSeen(mains=level.active))))
            if self._charging:
                group.create_task(self._charging.follow(lambda level: self._tell(PowerSeen(charging=level.active))))

    def _tell(self, event: PowerSeen) -> None:
        self._state.dispatch(event)
