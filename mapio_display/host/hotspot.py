"""The gateway's own access point: wpa_supplicant's unit and file for it, and the order in which Wi-Fi is switched."""

import asyncio
import logging
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import assert_never

from mapio_display.core.commands import HotspotCommand, StartHotspot, StopHotspot
from mapio_display.core.facts.hotspot import HotspotFailed, HotspotFound, HotspotRules, HotspotStarted, HotspotStopped
from mapio_display.core.message import message, prose
from mapio_display.core.protocols import Pause, StatePort
from mapio_display.durable import write_durably
from mapio_display.errors import HotspotError, UnitError
from mapio_display.files import read_small
from mapio_display.host.systemd import UnitsPort, answered

ACCESS_POINT = "wpa_supplicant-ap.service"
STATION = "wpa_supplicant@{}.service"
DEFAULT_SSID = "MAPIO"
LETTERS = "abcdefghjknpqrstuvxyz23456789"  # none that is taken for another, and none so wide that it is drawn small
LENGTH = 10

# wpa_supplicant.conf(5): a string runs to the last quotation mark of its line; without any it is hexadecimal.
_SSID = re.compile(r'^\s*ssid=(?:"(.*)"|((?:[0-9A-Fa-f]{2})+)\s*$)', re.MULTILINE)
_PSK = re.compile(r'^(\s*psk=)(?:"(.*)"|[0-9A-Fa-f]{64})', re.MULTILINE)

_log = logging.getLogger(__name__)


def is_interface(name: str) -> bool:
    """Say whether the kernel has an interface of this name."""
    return (Path("/sys/class/net") / name).exists()


class HotspotActor:
    """Reports to the core that there can be a hotspot, and switches it as the core commands.

    ``file`` is the access point's file for wpa_supplicant, and ``station`` the interface of the Wi-Fi that makes it,
    on which its client has to stop; ``unit`` runs that client where it is not the usual one. Without the access point's
    unit this does nothing. ``exists`` says whether there is an interface of a name.
    """

    def __init__(
        self,
        state: StatePort,
        units: UnitsPort,
        file: Path,
        rules: HotspotRules,
        station: str,
        *,
        unit: str | None = None,
        exists: Callable[[str], bool] = is_interface,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._state = state
        self._units = units
        self._file = file
        self._rules = rules
        self._station_interface = station
        self._exists = exists
        self._station = unit or STATION.format(station)
        self._pause = pause
        self._commands: asyncio.Queue[HotspotCommand] = asyncio.Queue()

    def take(self, command: HotspotCommand) -> None:
        """Put a command at the end of the queue."""
        self._commands.put_nowait(command)

    async def run(self) -> None:
        """Carry out commands without end."""
        up = await answered(lambda: self._units.is_active(ACCESS_POINT), self._pause)
        if up is None:
            _log.info("No hotspot: there is no %s", ACCESS_POINT)
            return
        self._state.dispatch(HotspotFound(self._rules))
        if up:
            await self._take_over()
        while True:
            command = await self._commands.get()
            try:
                await self._carry_out(command)
            except HotspotError as error:
                self._state.dispatch(HotspotFailed(error.reason))
            except UnitError as error:
                self._state.dispatch(HotspotFailed(prose(str(error))))

    async def _take_over(self) -> None:
        """Report an access point that was brought up before the daemon's last restart."""
        try:
            text = _read(self._file)
        except HotspotError as error:
            _log.warning("The hotspot is up, but its file %s cannot be read (%s)", self._file, error)
            return
        if (psk := _PSK.search(text)) and psk[2]:
            self._state.dispatch(HotspotStarted(_ssid(text), _shown(psk[2])))

    async def _carry_out(self, command: HotspotCommand) -> None:
        match command:
            case StartHotspot():
                await self._start()
            case StopHotspot():
                await self._stop()
            case _:
                assert_never(command)

    async def _start(self) -> None:
        if not self._exists(self._station_interface):
            raise HotspotError(message("hotspot-no-interface", interface=self._station_interface))
        password = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        ssid = await asyncio.to_thread(_replace_password, self._file, password)
        await self._units.stop(self._station)
        await self._units.restart(ACCESS_POINT)
        _log.info("The hotspot %s starts", ssid)
        self._state.dispatch(HotspotStarted(ssid, password))

    async def _stop(self) -> None:
        await self._units.stop(ACCESS_POINT)
        await self._units.start(self._station)
        _log.info("The hotspot is down")
        self._state.dispatch(HotspotStopped())


def _replace_password(file: Path, password: str) -> str:
    """Put a new password into the file, leave the rest as it is, and give the SSID. Raises ``HotspotError``."""
    text = _read(file)
    changed, count = _PSK.subn(rf'\g<1>"{password}"', text)
    if not count:
        raise HotspotError(message("hotspot-file.no-password", file=str(file)))
    try:
        write_durably(file, changed.encode("utf-8", "surrogateescape"), 0o600)
    except OSError as error:
        raise HotspotError(message("hotspot-file.not-written", file=str(file), reason=str(error.strerror))) from error
    return _ssid(text)


def _read(file: Path) -> str:
    try:
        return read_small(file).decode("utf-8", "surrogateescape")
    except OSError as error:
        raise HotspotError(message("hotspot-file.not-read", file=str(file), reason=str(error.strerror))) from error


def _ssid(text: str) -> str:
    found = _SSID.search(text)
    if found is None:
        return DEFAULT_SSID
    return bytes.fromhex(found[2]).decode("utf-8", "replace") if found[2] else _shown(found[1])


def _shown(text: str) -> str:
    """``text`` without the bytes that are not UTF-8: neither a code nor a status can hold them."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
