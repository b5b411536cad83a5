"""The first frame, with the main thread and the panel's at work side by side."""

import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from mapio_display.core.frame import Frame, Glass
from mapio_display.errors import PanelError
from mapio_display.panel.early import AGAIN_S, Early, first_frame
from mapio_display.panel.memory import Memory, Remembered
from tests.panel.fakes import Bench, noise

STARTING = noise(1, "starting")


def draw() -> Frame:
    return STARTING


def memory(folder: Path, boot_id: str = "boot") -> Memory:
    return Memory(folder / "panel.json", boot_id)


def end(early: Early | None) -> Early:
    """Wait for the thread."""
    assert early is not None
    ended = Event()
    early.job.when_ended(ended.set)
    assert ended.wait(10)
    return early


def test_the_first_frame_gets_onto_the_glass(tmp_path: Path) -> None:
    bench = Bench()
    early = end(first_frame(bench.driver, memory(tmp_path), draw, bench.time.now))
    assert early.job.error is None
    assert early.frame is STARTING
    bench.assert_shows(STARTING)


def test_the_panel_is_woken_while_the_frame_is_being_drawn(tmp_path: Path) -> None:
    bench = Bench()
    woken = Event()

    class Waking:
        def wake(self) -> None:
            bench.driver.wake()
            woken.set()

        def full(self, frame: Frame) -> None:
            bench.driver.full(frame)

        def close(self) -> None:
            bench.driver.close()

    def draw_slowly() -> Frame:
        assert woken.wait(10)
        return STARTING

    end(first_frame(Waking(), memory(tmp_path), draw_slowly, bench.time.now))
    bench.assert_shows(STARTING)


@pytest.mark.parametrize("known", [Remembered(Glass(noise(2), at=100.0)), Remembered(Glass(at=100.0))])
def test_a_restart_within_ten_minutes_draws_nothing(known: Remembered, tmp_path: Path) -> None:
    bench = Bench()
    before = bench.chip.glass_frame()
    memory(tmp_path).store(known)
    assert known.glass.at is not None
    bench.time.seconds = known.glass.at + AGAIN_S - 1
    assert first_frame(bench.driver, memory(tmp_path), draw, bench.time.now) is None
    assert bench.chip.glass_frame() == before
    assert memory(tmp_path).load() == known


def test_a_start_after_ten_minutes_or_in_another_boot_draws(tmp_path: Path) -> None:
    bench = Bench()
    memory(tmp_path).store(Remembered(Glass(noise(2), at=100.0)))
    assert first_frame(bench.driver, memory(tmp_path, "next"), draw, bench.time.now) is not None
    memory(tmp_path).store(Remembered(Glass(noise(2), at=100.0)))
    bench = Bench()
    bench.time.seconds = 100.0 + AGAIN_S
    end(first_frame(bench.driver, memory(tmp_path), draw, bench.time.now))


def test_a_crash_loop_draws_once_even_if_every_start_is_killed_in_mid_refresh(tmp_path: Path) -> None:
    drawn = 0
    for start in range(20):
        bench = Bench()
        bench.time.seconds = 1000.0 + 5 * start
        early = first_frame(bench.driver, memory(tmp_path), draw, bench.time.now)
        if early is not None:
            drawn += 1
            end(early)  # and nobody remembers it, as if the process had been killed
    assert drawn == 1


def test_a_missing_panel_is_the_jobs_failure_and_not_the_callers(tmp_path: Path) -> None:
    bench = Bench()
    bench.chip.stuck = True
    early = end(first_frame(bench.driver, memory(tmp_path), draw, bench.time.now))
    assert isinstance(early.job.error, PanelError)


def test_a_mistake_in_drawing_is_the_callers_and_the_panel_sleeps(tmp_path: Path) -> None:
    bench = Bench()
    closed = Event()

    class Closing:
        def wake(self) -> None:
            bench.driver.wake()

        def full(self, frame: Frame) -> None:
            raise AssertionError("there is no frame")

        def close(self) -> None:
            bench.driver.close()
            closed.set()

    def fail() -> Frame:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        first_frame(Closing(), memory(tmp_path), fail, bench.time.now)
    assert closed.wait(10)
    assert bench.chip.asleep


def test_the_interpreters_switch_interval_is_as_before_afterwards(tmp_path: Path) -> None:
    usual = sys.getswitchinterval()
    bench = Bench()
    try:
        sys.setswitchinterval(0.004)
        end(first_frame(bench.driver, memory(tmp_path), draw, bench.time.now))
        assert sys.getswitchinterval() == pytest.approx(0.004)
    finally:
        sys.setswitchinterval(usual)


def test_nothing_slow_is_imported_before_the_first_frame(tmp_path: Path) -> None:
    script = f"""
import sys
from mapio_display.panel.connect import connect
from mapio_display.panel.early import first_frame
from mapio_display.panel.memory import Memory
from mapio_display.panel.waveshare import Driver
driver = Driver("epd2in13_V4", connect("simulated", {str(tmp_path / "none")!r}, reset="", dc="", busy=""))
first_frame(driver, Memory({str(tmp_path / "panel.json")!r}, "boot"), lambda: print(*sys.modules))
"""
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True).stdout
    slow = {"asyncio", "PIL", "concurrent.futures", "importlib.metadata", "ssl", "subprocess", "tempfile", "gpiod"}
    ours = {"mapio_display.core.snapshot", "mapio_display.core.front.refresh", "mapio_display.panel.screen"}
    assert "mapio_display.panel.early" in output.split()
    assert not (slow | ours) & set(output.split())
