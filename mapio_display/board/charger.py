"""Mains and charging, by the charger's lines.

Two of them show whether there are mains, because another service may hold one: MAPIO's Home Assistant reads
``CHG_ACOK_N`` itself. ``CHG_BOOST_N`` is the opposite: the charger runs on the battery only without mains.
"""

import asyncio
from collections.abc import Callable

from mapio_display.board.lines import InputLine, Level, LinePort
from mapio_display.core.facts.power import PowerObserved
from mapio_display.core.protocols import StatePort


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
        """Follow the lines without end."""
        async with asyncio.TaskGroup() as group:
            for line, meaning in self._lines:
                group.create_task(line.follow(self._reporter(meaning)))

    def _reporter(self, meaning: Callable[[bool], PowerObserved]) -> Callable[[Level], None]:
        def report(level: Level) -> None:
            if level.active is not None:  # a lost line leaves what it reported
                self._state.dispatch(meaning(level.active))

        return report
