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
from mapio_display.views.patterns import caption, checkerboard, orientation
from mapio_display.words import catalogue
from mapio_display.words.catalogue import Words

PARTIALS = 3


def run_panel_test(config: Config, say: Callable[[str], None], look_s: float = 2.0) -> None:
    """Show one pattern after the other, each for ``look_s`` seconds, and say what it should look like.

    Raises ``PanelError`` when the daemon has the panel, or when the panel does not answer.
    """
    words = catalogue.of(config.views.language)
    if _answers(config.paths.runtime_dir / "api.sock"):
        raise PanelError(words.text("panel-test.occupied"))
    driver = panel_driver(config)
    # Whatever happens from here on, the daemon must not believe that the glass shows what it once drew.
    panel_memory(config, read_boot_id(config.paths.boot_id)).begin(time.monotonic())
    try:
        shown: Frame | None = None
        for what, frame in _pictures(driver, config.panel.driver, words):
            began = time.monotonic()
            if shown is None:
                driver.full(frame)
            else:
                driver.partial(shown, frame)
            shown = frame if driver.can_partial and frame.view == "caption" else None
            say(words.text("panel-test.took", what=what, seconds=words.decimal(time.monotonic() - began, places=2)))
            time.sleep(look_s)
    finally:
        driver.close()
    say(words.text("panel-test.done"))


def _pictures(driver: Driver, model: str, words: Words) -> Iterator[tuple[str, Frame]]:
    size = driver.width, driver.height
    yield words.text("panel-test.orientation"), orientation(model, size, words)
    yield words.text("panel-test.checkerboard"), checkerboard(size)
    yield words.text("panel-test.inverse"), checkerboard(size, inverse=True)
    yield words.text("panel-test.words"), caption(words.text("panel-test.picture.full"), size)
    if driver.can_partial:
        for number in range(1, PARTIALS + 1):
            picture = words.text("panel-test.picture.partial", number=number)
            yield words.text("panel-test.partial", number=number), caption(picture, size)
    yield words.text("panel-test.last"), caption(words.text("panel-test.picture.done"), size)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:
            return True  # another user's, which we may not signal
    return True
