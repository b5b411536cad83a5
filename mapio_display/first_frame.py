"""The first frame, on its way to the glass before anything slow is imported; and the only one, where nothing can run.

asyncio, aiohttp and dbus-next take some hundred milliseconds to load on a desk and a second on the gateway. The panel's
reset alone waits 42 ms; meanwhile Pillow is loaded and the frame drawn.
"""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mapio_display import __version__
from mapio_display.config import Config
from mapio_display.core.frame import Frame
from mapio_display.errors import ConfigError, PanelError
from mapio_display.files import read_small
from mapio_display.frozen import Frozen
from mapio_display.panel.connect import connect
from mapio_display.panel.early import Early, first_frame
from mapio_display.panel.memory import Memory
from mapio_display.panel.waveshare import Driver

if TYPE_CHECKING:
    from mapio_display.core.snapshot import Snapshot

# ruff: noqa: PLC0415 - what the frame shows is loaded while the panel resets


class FirstFrame(Frozen):
    """What was built for the first frame, and is handed on to the daemon; it was drawn from ``snapshot``."""

    boot_id: str | None
    driver: Driver
    memory: Memory
    snapshot: "Snapshot"
    early: Early | None


def begin_first_frame(config: Config) -> FirstFrame:
    """Begin to draw "starting" and return while the panel refreshes."""
    boot_id = read_boot_id(config.paths.boot_id)
    driver, memory = panel_driver(config), panel_memory(config, boot_id)
    drawn: list[Snapshot] = []

    def draw() -> Frame:
        from mapio_display.core.front.names import View
        from mapio_display.views.render import render
        from mapio_display.words import catalogue

        words = catalogue.of(config.views.language)
        drawn.append(_snapshot(config))
        return render(View.STARTING, drawn[0], (driver.width, driver.height), words=words)

    early = first_frame(driver, memory, draw)
    return FirstFrame(boot_id, driver, memory, drawn[0] if drawn else _snapshot(config), early)


def show_mistake(config: Config, mistake: ConfigError) -> None:
    """Leave a frame on the glass that says why nothing runs, and return when it is there.

    What is on the glass is then unknown to the next start. A panel that does not answer shows nothing, of course.
    """
    from mapio_display.core.facts.daemon import Daemon
    from mapio_display.core.front.names import View
    from mapio_display.core.snapshot import Snapshot
    from mapio_display.views.render import render
    from mapio_display.words import catalogue
    from mapio_display.words.mistakes import in_words

    driver = panel_driver(config)
    panel_memory(config, read_boot_id(config.paths.boot_id)).begin(time.monotonic())
    words = catalogue.of(config.views.language)
    stopped = Snapshot(Daemon(__version__, error=in_words(mistake, words)))
    try:
        driver.full(render(View.STOPPED, stopped, (driver.width, driver.height), words=words))
        driver.close()
    except PanelError:
        return


def panel_driver(config: Config) -> Driver:
    """Build the driver of the configured panel; raises ``PanelError`` if there is none."""
    panel = config.panel
    transport = connect(panel.gpio, panel.spi, reset=panel.reset, dc=panel.dc, busy=panel.busy, trace=panel.trace)
    return Driver(panel.driver, transport, rotation=panel.rotation)


def panel_memory(config: Config, boot_id: str | None) -> Memory:
    """What the daemon remembers of the panel's glass."""
    return Memory(config.paths.runtime_dir / "panel.json", boot_id)


def read_boot_id(path: Path) -> str | None:
    """Read the kernel's random boot id (random(4))."""
    try:
        return read_small(path).decode("ascii").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def _snapshot(config: Config) -> "Snapshot":
    from mapio_display.core.facts.daemon import Daemon
    from mapio_display.core.facts.power import Battery
    from mapio_display.core.facts.update import Phase, Step, Update
    from mapio_display.core.snapshot import Snapshot
    from mapio_display.host.os_release import read_os_release

    update = Update(Step.JUDGING, Phase.REBOOTING) if _after_update(config.paths.data_dir) else Update()
    battery = Battery(config.battery.curve, config.battery.low)
    os = read_os_release(config.paths.os_release)
    return Snapshot(Daemon(__version__), os=os, update=update, battery=battery)


def _after_update(data_dir: Path) -> bool:
    """Say whether the journal holds an update that has yet to be judged; what it is will be read with more care.

    A transfer that may go on is not judged: it waits for its rest.
    """
    try:
        record = json.loads(read_small(data_dir / "journal.json"))["record"]
        return record is not None and not (record["resumable"] and record["stage"] == "receiving")
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
