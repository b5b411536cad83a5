"""The services that run on the virtual gateway, played by a file: ``{"docker.service": "active"}``, units by state.

The states are those of systemd, such as ``inactive`` and ``failed``. A unit that is not in the file is not installed.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from mapio_display.host.file_source import read_object
from mapio_display.host.folder_watch import folder_watch
from mapio_display.virtual.systemd import VirtualSystemd
from mapio_display.words.catalogue import ENGLISH, Words

AT_FIRST = '{"docker.service": "active"}\n'


class VirtualServices:
    """Gives ``systemd`` the units of the file ``play``."""

    def __init__(self, play: Path, systemd: VirtualSystemd, say: Callable[[str], None], words: Words = ENGLISH) -> None:
        self._play = play
        self._systemd = systemd
        self._say = say
        self._words = words
        self._known: dict[str, str] = {}

    def boot(self) -> None:
        """What a boot finds."""
        self._known = {}
        self._look()

    async def run(self) -> None:
        """Follow the file, until cancelled."""
        changed = asyncio.Event()
        with folder_watch(changed) as watch:
            watch(self._play.parent)
            while True:
                changed.clear()
                self._look()
                await changed.wait()

    def _look(self) -> None:
        try:
            said = {unit: str(state) for unit, state in read_object(self._play).items()}
        except (OSError, ValueError) as error:
            self._say(self._words.text("demo.services", reason=str(error)))
            return
        known, self._known = self._known, said
        if said.keys() != known.keys():
            others = {unit: state for unit, state in self._systemd.units.items() if unit not in known}
            self._systemd.reload({**others, **said})
        for unit, state in said.items() - known.items():
            self._systemd.change(unit, state)
