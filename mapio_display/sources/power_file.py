"""Mains, charger and battery as a file tells them, for a board that has none: ``{"mains": true, "volts": 3.9}``.

The file's folder may come late, and be another one later: what writes it may be a service that makes its own.
"""

import asyncio
import json
import logging
from pathlib import Path

from mapio_display.core.events import PowerSeen
from mapio_display.files import read_small
from mapio_display.sources.folder_watch import folder_watch
from mapio_display.sources.ports import Pause, StatePort

LOOK_AGAIN_S = 10.0  # for a folder that is not there

_log = logging.getLogger(__name__)


class PowerFileSource:
    """Dispatches ``PowerSeen`` at the start and whenever the file says something else; what it leaves out stays."""

    def __init__(self, state: StatePort, path: Path, *, pause: Pause = asyncio.sleep) -> None:
        self._state = state
        self._path = path
        self._pause = pause

    async def run(self) -> None:
        """Follow the file without end."""
        written = asyncio.Event()
        with folder_watch(written) as watch:
            last: PowerSeen | str | None = None
            while True:
                now: PowerSeen | str
                watched = watch(self._path.parent)
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
