"""Mains, charger and battery as a file tells them, for a board that has none: ``{"mains": true, "volts": 3.9}``.

The kernel says when the file has been written (inotify(7)); it is the folder that is watched, because editors put a new
file in the old one's place. The folder too may come late, and be another one later: whoever tells may be a service that
makes its own.
"""

import asyncio
import ctypes
import json
import logging
import os
from pathlib import Path

from mapio_display.core.events import PowerSeen
from mapio_display.files import read_small
from mapio_display.sources.ports import Pause, StatePort

IN_CLOSE_WRITE = 0x8
IN_MOVED_TO = 0x80
LOOK_AGAIN_S = 10.0  # for a folder that is not there
SEVERAL_EVENTS = 65536  # bytes

_libc = ctypes.CDLL(None, use_errno=True)
_log = logging.getLogger(__name__)


class PowerFileSource:
    """Dispatches ``PowerSeen`` at the start and whenever the file says something else; what it leaves out stays."""

    def __init__(self, state: StatePort, path: Path, *, pause: Pause = asyncio.sleep) -> None:
        self._state = state
        self._path = path
        self._pause = pause

    async def run(self) -> None:
        """Follow the file for ever."""
        written = asyncio.Event()
        watch = _watcher()
        loop = asyncio.get_running_loop()
        loop.add_reader(watch, _take, watch, written)
        try:
            last: PowerSeen | str | None = None
            while True:
                now: PowerSeen | str
                watched = _watch(watch, self._path.parent)
                try:
                    now = read_power(self._path)
                except OSError as error:
                    now = f"{self._path}: {error.strerror}"
                except ValueError as error:
                    now = str(error)
                if now != last and isinstance(now, PowerSeen):
                    self._state.dispatch(now)
                elif now != last:
                    _log.warning("The power is not known: %s", now)
                last = now
                await (written.wait() if watched else self._pause(LOOK_AGAIN_S))
                written.clear()
        finally:
            loop.remove_reader(watch)
            os.close(watch)


def read_power(path: Path) -> PowerSeen:
    """What the file says. Raises ``OSError``, or ``ValueError`` if that cannot be understood."""
    try:
        said = json.loads(read_small(path))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(said, dict):
        raise ValueError(f"{path} must hold a JSON object")  # noqa: TRY004 - bad content
    mains, charging, volts = (said.get(key) for key in ("mains", "charging", "volts"))
    if any(type(flag) not in (type(None), bool) for flag in (mains, charging)):
        raise ValueError(f"{path}: mains and charging must be true or false")
    if type(volts) not in (type(None), int, float) or not abs(volts or 0) < float("inf"):
        raise ValueError(f"{path}: volts must be a number")
    return PowerSeen(mains, charging, volts)


def _watcher() -> int:
    """Give a descriptor that can be read whenever a file in a folder that is watched by it has been written."""
    descriptor: int = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return descriptor


def _watch(descriptor: int, folder: Path) -> bool:
    """Watch a folder, whether it is watched already or not; False where there is none.

    When it goes away the descriptor can be read too (IN_IGNORED).
    """
    watched: int = _libc.inotify_add_watch(descriptor, os.fsencode(folder), IN_CLOSE_WRITE | IN_MOVED_TO)
    return watched >= 0


def _take(watch: int, written: asyncio.Event) -> None:
    os.read(watch, SEVERAL_EVENTS)
    written.set()
