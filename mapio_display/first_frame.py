"""The first frame, on its way to the glass before anything slow is imported.

asyncio, aiohttp and dbus-next take some hundred milliseconds to load on a desk and a second on the gateway. The panel's
reset alone waits 42 ms; meanwhile Pillow is loaded and the frame drawn.
"""

from dataclasses import dataclass
from pathlib import Path

from mapio_display import __version__
from mapio_display.config import Config
from mapio_display.core.frame import Frame
from mapio_display.panel.connect import connect
from mapio_display.panel.early import Early, first_frame
from mapio_display.panel.memory import Memory
from mapio_display.panel.waveshare import Driver

# ruff: noqa: PLC0415 - what the frame shows is loaded while the panel resets


@dataclass(frozen=True, slots=True)
class FirstFrame:
    """What was built for the first frame, and is handed on to the daemon."""

    boot_id: str | None
    driver: Driver
    memory: Memory
    early: Early | None


def begin_first_frame(config: Config) -> FirstFrame:
    """Begin to draw "starting" and return while the panel refreshes."""
    boot_id = read_boot_id(config.paths.boot_id)
    driver, memory = panel_driver(config), panel_memory(config, boot_id)

    def draw() -> Frame:
        from mapio_display.core.snapshot import Daemon, Snapshot
        from mapio_display.core.view import View
        from mapio_display.sources.os_release import read_os_release
        from mapio_display.views.render import render

        os = read_os_release(config.paths.os_release)
        return render(View.STARTING, Snapshot(Daemon(__version__), os=os), (driver.width, driver.height))

    return FirstFrame(boot_id, driver, memory, first_frame(driver, memory, draw))


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
        return path.read_text("ascii").strip() or None
    except (OSError, UnicodeDecodeError):
        return None
