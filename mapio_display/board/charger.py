"""Mains and charging, by the charger's lines.

Whether there are mains is told by two of them, of which another service may hold one: MAPIO's Home Assistant reads
``CHG_ACOK_N`` itself. ``CHG_BOOST_N`` tells the contrary: the charger lives on the battery only without them.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from mapio_display.board.lines import InputLine, Level
from mapio_display.core.facts.power import PowerObserved
from mapio_display.core.protocols import StatePort


class LinePort(Protocol):
    """What is used of an ``InputLine``."""

    async def follow(self, hear: Callable[[Level], None]) -> None:
        """Tell how the line is found, every edge, and its loss."""


class ChargerSource:
    """Dispatches ``PowerObserved`` with every edge of the charger's lines; a line without a name is left alone."""

    def __init__(
        self,
        state: StatePort,
        mains: str,
        charging: str,
        boost: str,
        *,
        line: Callable[[str], LinePort] = InputLine,
    ) -> None:
        self._state = state
        meanings: dict[str, Callable[[bool], PowerObserved]] = {
            mains: lambda active: PowerObserved(mains=active),
            charging: lambda active: PowerObserved(charging=active),
            boost: lambda active: PowerObserved(mains=not active),
        }
        self._lines = [(line(name), meaning) for name, meaning in meanings.items() if name]

    async def run(self) -> None:
        """Follow the lines for ever."""
        async with asyncio.TaskGroup() as group:
            for line, meaning in self._lines:
                group.create_task(line.follow(self._heard(meaning)))

    def _heard(self, meaning: Callable[[bool], PowerObserved]) -> Callable[[Level], None]:
        def hear(level: Level) -> None:
            if level.active is not None:  # a line that is lost leaves what it told
                self._state.dispatch(meaning(level.active))

        return hear
