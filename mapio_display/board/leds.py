"""The gateway's LEDs, through /sys/class/leds (the kernel's Documentation/leds/leds-class.rst).

Each is up to three, one a colour, as ``LED1_R``. The kernel's timer blinks them, so that nothing wakes for it.
"""

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from mapio_display.core.front.lights import Light
from mapio_display.core.protocols import SnapshotPort
from mapio_display.core.snapshot import Snapshot

BLINK_MS = 500

_log = logging.getLogger(__name__)


class Leds:
    """Keeps LEDs as the snapshot has them; ``lights`` says by an LED's name what it shows.

    ``endings`` of that name are its red, its green and its blue LED. An LED is written to when its light changes; one
    that is not there is left out until it is.
    """

    def __init__(
        self,
        state: SnapshotPort,
        folder: Path,
        lights: Mapping[str, Callable[[Snapshot], Light]],
        endings: tuple[str, str, str] = ("_R", "_G", "_B"),
    ) -> None:
        self._state = state
        self._folder = folder
        self._lights = lights
        self._endings = endings
        self._shown: dict[str, tuple[bool, bool]] = {}
        self._failing: set[str] = set()

    async def run(self) -> None:
        """Follow the snapshot without end."""
        while True:
            snapshot = self._state.snapshot
            for name, light in self._lights.items():
                self._show(name, light(snapshot))
            await self._state.after(snapshot)

    def _show(self, name: str, light: Light) -> None:
        for ending, on in zip(self._endings, (light.red, light.green, False), strict=True):
            led, wanted = f"{name}{ending}", (on, on and light.blinking)
            if self._shown.get(led) == wanted:
                continue
            try:
                _set(self._folder / led, on=on, blinking=on and light.blinking)
            except FileNotFoundError:
                continue  # a board without it, or its driver is still to come
            except OSError as error:
                if led not in self._failing:
                    _log.warning("The LED %s cannot be set: %s", led, error.strerror)
                self._failing.add(led)
                continue  # tried again with the next change
            self._failing.discard(led)
            self._shown[led] = wanted


def _set(led: Path, *, on: bool, blinking: bool) -> None:
    if not (blinking and _has_timer(led)):
        _write(led / "trigger", "none")
    _write(led / "brightness", (led / "max_brightness").read_text("ascii").strip() if on else "0")


def _has_timer(led: Path) -> bool:
    """Have the kernel's timer work the LED; False on a kernel without it, where the light is steady instead.

    It blinks at the brightness that is set after it; its two files come with it.
    """
    try:
        _write(led / "trigger", "timer")
        for delay in ("delay_on", "delay_off"):
            _write(led / delay, str(BLINK_MS))
    except OSError:
        return False
    return True


def _write(path: Path, text: str) -> None:
    # No O_CREAT: for a file that is not there sysfs would say that it may not be made.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_TRUNC), "w", encoding="ascii") as file:
        file.write(text)
