"""The station's wpa_supplicant: its unit, and the connection to it, which comes and goes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from mapio_display.core.ssid import Ssid
from mapio_display.errors import UnitError, WpaError
from mapio_display.host.wpa.control import Control, control
from mapio_display.host.wpa.file import CONTROL, load
from mapio_display.host.wpa.place import Station, UnitFilesPort
from mapio_display.host.wpa.words import connected_to

LONGEST_PAUSE_S = 60.0
LOOK_S = 5.0  # between two looks for wpa_supplicant, at first
OFTEN_S = 0.2  # the same while a command waits for it
COME_UP_S = 10.0

_log = logging.getLogger(__name__)


class Supplicant:
    """The wpa_supplicant of ``station``; ``link`` is the connection to it, while there is one."""

    def __init__(self, units: UnitFilesPort, station: Station) -> None:
        self.link: Control | None = None
        self._units = units
        self._interface = station.interface
        self._file = station.file
        self._unit = station.unit
        self._linked = asyncio.Event()
        self._wanted = asyncio.Event()

    async def follow(
        self, use: Callable[[Control, Ssid | None], Awaitable[None]], lost: Callable[[WpaError], None]
    ) -> None:
        """Be connected to wpa_supplicant whenever there is one.

        ``use`` has the connection, and the network that it is joined to at first, until it raises ``WpaError``, which
        ``lost`` is given.
        """
        folder, waiting = CONTROL, LOOK_S
        while True:
            with suppress(WpaError):
                folder = (await asyncio.to_thread(load, self._file)).folder or CONTROL
            try:
                async with control(folder / self._interface) as link:
                    joined = connected_to(await link.ask("STATUS"))
                    self.link = link
                    self._linked.set()
                    waiting = LOOK_S
                    await use(link, joined)
            except WpaError as error:
                _log.debug("%s", error)
                if self.link is not None:
                    lost(error)
            finally:
                self.link = None
                self._linked.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(waiting):
                    await self._wanted.wait()
                    await asyncio.sleep(OFTEN_S)
            waiting = min(2 * waiting, LONGEST_PAUSE_S)

    async def connected(self) -> Control:
        """The connection to wpa_supplicant, as soon as there is one. Raises ``WpaError``."""
        self._wanted.set()
        try:
            async with asyncio.timeout(COME_UP_S):
                await self._linked.wait()
        except TimeoutError as error:
            raise WpaError(f"{self._unit} gives no control socket within {COME_UP_S:.0f} s") from error
        finally:
            self._wanted.clear()
        assert self.link is not None
        return self.link

    async def start(self) -> bool:
        """Start it where it does not run, and return whether that was so. Raises ``UnitError``."""
        runs = await self._units.is_active(self._unit)
        if runs is None:
            raise UnitError(f"There is no {self._unit}")
        if not runs:
            await self._units.start(self._unit)
        return not runs

    async def restart(self) -> None:
        """Have it read its file anew. Raises ``UnitError``."""
        if self.link is not None:
            self.link.close()
            self._linked.clear()
        await self._units.restart(self._unit)

    async def is_enabled(self) -> bool:
        """Whether it is started at every boot. Raises ``UnitError``."""
        return await self._units.is_enabled(self._unit)

    async def enable(self) -> None:
        """Have it started at every boot. Raises ``UnitError``."""
        await self._units.enable(self._unit)

    async def disable(self) -> None:
        """Stop it, and have it started at no boot. Raises ``UnitError``."""
        await self._units.disable(self._unit)
        await self._units.stop(self._unit)

    async def stop(self) -> None:
        """Stop it; where systemd does not, that is in the log."""
        try:
            await self._units.stop(self._unit)
        except UnitError as error:
            _log.warning("Wi-Fi: %s", error)

    async def stop_unless_enabled(self) -> None:
        """Stop it where no boot starts it."""
        try:
            enabled = await self.is_enabled()
        except UnitError as error:
            _log.warning("Wi-Fi: %s", error)
        else:
            if not enabled:
                await self.stop()
