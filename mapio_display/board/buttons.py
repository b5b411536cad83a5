"""The three buttons beside the panel."""

import asyncio
from collections.abc import Callable, Mapping

from mapio_display.board.lines import InputLine, Level, LinePort
from mapio_display.core.facts.buttons import Button, ButtonLost, ButtonPressed, ButtonReleased
from mapio_display.core.protocols import StatePort

DEBOUNCE_S = 0.01


class ButtonSource:
    """Dispatches ``ButtonPressed``, ``ButtonReleased`` and ``ButtonLost``; ``names`` says which line each button is on.

    A button that is down at the start is ignored until it is pressed again.
    """

    def __init__(
        self,
        state: StatePort,
        names: Mapping[Button, str],
        *,
        line: Callable[[str], LinePort] = lambda name: InputLine(name, debounce_s=DEBOUNCE_S),
    ) -> None:
        self._state = state
        self._lines = {button: line(name) for button, name in names.items()}

    async def run(self) -> None:
        """Follow the buttons without end."""
        async with asyncio.TaskGroup() as group:
            for button, line in self._lines.items():
                group.create_task(line.follow(self._reporter(button)), name=f"button {button}")

    def _reporter(self, button: Button) -> Callable[[Level], None]:
        def report(level: Level) -> None:
            if level.active is None:
                self._state.dispatch(ButtonLost(button))
            elif level.at is not None:
                self._state.dispatch(
                    ButtonPressed(button, level.at) if level.active else ButtonReleased(button, level.at)
                )

        return report
