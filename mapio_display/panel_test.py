"""``mapio-display panel-test``: patterns on the real panel, to see whether it is wired right, and how long it takes."""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from mapio_display.config import Config
from mapio_display.core.frame import Frame
from mapio_display.errors import PanelError
from mapio_display.first_frame import panel_driver, panel_memory, read_boot_id
from mapio_display.panel.waveshare import Driver
from mapio_display.views.patterns import checkerboard, orientation, words

PARTIALS = 3


def run_panel_test(config: Config, say: Callable[[str], None], look_s: float = 2.0) -> None:
    """Show one pattern after the other, each for ``look_s`` seconds, and say what it should look like.

    Raises ``PanelError`` when the daemon has the panel, or when the panel does not answer.
    """
    if _answers(config.paths.runtime_dir / "api.sock"):
        raise PanelError("The display service has the panel; stop it first: systemctl stop mapio-display")
    driver = panel_driver(config)
    # Whatever happens from here on, the daemon must not believe that the glass shows what it once drew.
    panel_memory(config, read_boot_id(config.paths.boot_id)).begin(time.monotonic())
    try:
        shown: Frame | None = None
        for what, frame in _pictures(driver, config.panel.driver):
            began = time.monotonic()
            if shown is None:
                driver.full(frame)
            else:
                driver.partial(shown, frame)
            shown = frame if driver.can_partial and frame.view == "words" else None
            say(f"{what}: {time.monotonic() - began:.2f} s")
            time.sleep(look_s)
    finally:
        driver.close()
    say("Done. Start the service again: systemctl start mapio-display")


def _pictures(driver: Driver, model: str) -> Iterator[tuple[str, Frame]]:
    size = driver.width, driver.height
    yield "A line along all four edges, a square up and left, words the right way up", orientation(model, size)
    yield "A checkerboard without a line or a column that differs", checkerboard(size)
    yield "The same with black and white exchanged", checkerboard(size, inverse=True)
    yield "Words in black on white, nothing left of the squares", words("Full refresh", size)
    if driver.can_partial:
        for number in range(1, PARTIALS + 1):
            yield f"Partial refresh {number}, without a flash", words(f"Partial refresh {number}", size)
    yield "The last picture", words("Panel test: done", size)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:
            return True  # another user's, which we may not signal
    return True
