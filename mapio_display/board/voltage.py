"""The battery's voltage, by the Raspberry Pi's firmware.

``vcgencmd pmicrd REGISTER`` reads the power chip: a MXL7704 tells itself by a0 in register 0 and has the voltage in 1d,
in steps of 20 mV; a DA9090 has it in 13, in steps of 40 mV.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress

from mapio_display.core.facts.power import PowerSeen
from mapio_display.core.protocols import Pause, StatePort

EVERY_S = 60.0
ANSWER_S = 5.0
MXL7704 = 0xA0

_log = logging.getLogger(__name__)


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
    """Dispatches ``PowerSeen`` with the battery's voltage; never without a power chip.

    Starts one process a minute at the most: the first asks which chip it is, each one after it for the voltage.
    """

    def __init__(
        self,
        state: StatePort,
        command: str,
        *,
        read: Callable[[str, str], Awaitable[int | None]] = read_register,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._state = state
        self._command = command
        self._read = read
        self._pause = pause

    async def run(self) -> None:
        """Measure for as long as there is something to measure."""
        chip = await self._chip()
        if chip is None:
            _log.info("No power chip answers; the battery's voltage is not known")
            return
        register, step = ("1d", 0.02) if chip == MXL7704 else ("13", 0.04)
        while True:
            await self._pause(EVERY_S)
            with suppress(TimeoutError):
                value = await self._read(self._command, register)
                if value is not None:
                    self._state.dispatch(PowerSeen(volts=round(step * value, 2)))

    async def _chip(self) -> int | None:
        """Ask which chip it is; again where the firmware does not answer in time, busy as it is at the start."""
        while True:
            with suppress(TimeoutError):
                return await self._read(self._command, "0")
            await self._pause(EVERY_S)
