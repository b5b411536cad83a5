"""A file of JSON that stands for what a board has not got: followed as what it says changes.

Its folder may come late, and be another one later: what writes it may be a service that makes its own.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mapio_display.core.facts.event import Event
from mapio_display.core.protocols import Pause, StatePort
from mapio_display.files import read_small
from mapio_display.host.folder_watch import folder_watch

LOOK_AGAIN_S = 10.0  # for a folder that is not there

_log = logging.getLogger(__name__)


class FileSource:
    """Dispatches what ``read`` makes of the file, at the start and whenever that changes.

    ``read`` raises ``OSError``, or ``ValueError`` for what it does not understand: that is logged, and changes nothing.
    """

    def __init__(
        self, state: StatePort, path: Path, read: Callable[[Path], Event], *, pause: Pause = asyncio.sleep
    ) -> None:
        self._state = state
        self._path = path
        self._read = read
        self._pause = pause

    async def run(self) -> None:
        """Follow the file without end."""
        written = asyncio.Event()
        with folder_watch(written) as watch:
            last: Event | str | None = None
            while True:
                now: Event | str
                watched = watch(self._path.parent)
                try:
                    now = self._read(self._path)
                except OSError as error:
                    now = f"{self._path}: {error.strerror}"
                except ValueError as error:
                    now = str(error)
                if now != last and isinstance(now, str):
                    _log.warning("Not known: %s", now)
                elif now != last and not isinstance(now, str):
                    self._state.dispatch(now)
                last = now
                await (written.wait() if watched else self._pause(LOOK_AGAIN_S))
                written.clear()


def read_object(path: Path) -> dict[str, Any]:
    """Read a file of one JSON object. Raises ``OSError``, or ``ValueError`` for what is none."""
    try:
        said = json.loads(read_small(path))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(said, dict):
        raise ValueError(f"{path} must hold a JSON object")  # noqa: TRY004 - bad content
    return said
