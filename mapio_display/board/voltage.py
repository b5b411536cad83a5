"""The battery's voltage, by the Raspberry Pi's firmware.

``vcgencmd pmicrd REGISTER`` reads the power chip (PMIC), whose register 0 says which chip it is. Where it has the
voltage, and in which steps, is in the board's file.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Protocol

from mapio_display.core.facts.power import PowerObserved
from mapio_display.core.protocols import Pause, StatePort

EVERY_S = 60.0
ANSWER_S = 5.0

_log = logging.getLogger(__name__)


class PowerChip(Protocol):
    """A power chip, and the register that has the battery's voltage."""

    @property
    def id(self) -> int | None:
        """What register 0 holds; None for any chip."""

    @property
    def register(self) -> int:
        """Which register has the voltage."""
        ...

    @property
    def step(self) -> float:
        """Volts a step."""
        ...


async def read_register(command: str, register: str) -> int | None:
    """Ask the firmware for a register of the power chip; None where there is no such chip or command.

    Raises ``TimeoutError`` where the answer does not come.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            command, "pmicrd", register, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(ANSWER_S):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    # It answers with the register and its value, as in [00] = a0
    found = re.search(rb"=\s*(?:0x)?([0-9a-f]{1,2})\s*$", output, re.IGNORECASE)
    return int(found[1], 16) if found and process.returncode == 0 else None


class VoltageSource:
    """Dispatches ``PowerObserved`` with the battery's voltage; never without a power chip.

    Starts one process a minute at the most: the first asks which chip it is, each one after it for the voltage.
    """

    def __init__(
        self,
        state: StatePort,
        command: str,
        chips: Iterable[PowerChip],
        *,
        read: Callable[[str, str], Awaitable[int | None]] = read_register,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._state = state
        self._command = command
        self._chips = tuple(chips)
        self._read = read
        self._pause = pause

    async def run(self) -> None:
        """Measure for as long as there is something to measure."""
        number = await self._id()
        chip = next((chip for chip in self._chips if number is not None and chip.id in (number, None)), None)
        if chip is None:
            _log.info("No power chip that is known answers; nor is the battery's voltage")
            return
        while True:
            await self._pause(EVERY_S)
            with suppress(TimeoutError):
                value = await self._read(self._command, f"{chip.register:x}")
                if value is not None:
                    self._state.dispatch(PowerObserved(volts=round(chip.step * value, 2)))

    async def _id(self) -> int | None:
        """Ask which chip it is; again where the firmware does not answer in time, busy as it is at the start."""
        while True:
            with suppress(TimeoutError):
                return await self._read(self._command, "0")
            await self._pause(EVERY_S)
