"""The chip behind its socket, in real time; only the waveforms are shortened."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from mapio_display.core.frame import Frame
from mapio_display.errors import PanelError
from mapio_display.panel.simulated import SimulatedTransport
from mapio_display.panel.waveshare import Driver
from mapio_display.virtual.chip import VirtualPanel
from mapio_display.virtual.ssd1680 import Ssd1680, Times
from tests.panel.fakes import noise, wrong_pixels

FAST = Times(reset=0.001, power_on=0.001, load=0.001, full=0.2, partial=0.02, power_off=0.001)


@asynccontextmanager
async def serving(panel: VirtualPanel) -> AsyncIterator[VirtualPanel]:
    async with asyncio.TaskGroup() as group:
        running = group.create_task(panel.run())
        await panel.quiet()
        yield panel
        running.cancel()


@pytest.fixture
async def panel(tmp_path: Path) -> AsyncIterator[VirtualPanel]:
    chip = Ssd1680(time.monotonic, times=FAST)
    async with serving(VirtualPanel(tmp_path / "chip.sock", tmp_path / "glass.png", rotation=180, chip=chip)) as panel:
        yield panel


def glass(folder: Path) -> Frame:
    with Image.open(folder / "glass.png") as image:
        return Frame("glass", *image.size, image.tobytes())


def show(folder: Path, *frames: Frame) -> None:
    """What a daemon does: one full refresh, and partial ones from then on."""
    with closing(Driver("epd2in13_V4", SimulatedTransport(folder / "chip.sock"), rotation=180)) as driver:
        driver.full(frames[0])
        for old, new in pairwise(frames):
            driver.partial(old, new)


def look(folder: Path, *levels: int) -> int:
    """Give the reset line these levels and read BUSY."""
    with closing(SimulatedTransport(folder / "chip.sock")) as transport:
        transport.open()
        for level in levels:
            transport.reset(level)
        return transport.busy()


class Killed(SimulatedTransport):
    """The connection of a daemon that is killed as soon as its refresh has begun."""

    killed = False

    def write(self, dc: int, data: bytes) -> None:
        if self.killed:
            return
        super().write(dc, data)
        if (dc, data) == (0, b"\x20"):
            self.killed = True
            self.close()
            raise SystemExit

    def reset(self, level: int) -> None:
        if not self.killed:
            super().reset(level)

    def busy(self) -> int:
        return self.killed or super().busy()


def show_and_die(folder: Path, frame: Frame) -> None:
    driver = Driver("epd2in13_V4", Killed(folder / "chip.sock"), rotation=180)
    with pytest.raises(SystemExit):
        driver.full(frame)


async def test_the_frames_of_a_daemon_get_onto_the_glass(panel: VirtualPanel, tmp_path: Path) -> None:
    for frames in ([noise(1)], [noise(2), noise(3), noise(4)]):
        await asyncio.to_thread(show, tmp_path, *frames)
        await panel.quiet()
        assert wrong_pixels(glass(tmp_path), frames[-1]) == 0
    assert await asyncio.to_thread(look, tmp_path) == 1  # all that was sent has been taken
    assert panel.chip.asleep
    assert panel.chip.violations == []


async def test_the_glass_is_there_before_the_first_client(panel: VirtualPanel, tmp_path: Path) -> None:
    assert wrong_pixels(glass(tmp_path), panel.chip.glass_frame(180)) == 0


async def test_a_new_panel_is_white(tmp_path: Path) -> None:
    async with serving(VirtualPanel(tmp_path / "chip.sock", tmp_path / "glass.png")):
        with Image.open(tmp_path / "glass.png") as image:
            assert image.getextrema() == (255, 255)


async def test_a_refresh_goes_on_to_its_end_when_its_daemon_is_killed(panel: VirtualPanel, tmp_path: Path) -> None:
    await asyncio.to_thread(show_and_die, tmp_path, noise(1))
    await asyncio.to_thread(look, tmp_path)  # all that was sent has been taken
    await panel.quiet()
    assert wrong_pixels(glass(tmp_path), noise(1)) == 0


async def test_the_next_daemon_may_break_off_the_refresh_of_a_killed_one(panel: VirtualPanel, tmp_path: Path) -> None:
    await asyncio.to_thread(show_and_die, tmp_path, noise(1))
    await asyncio.to_thread(show, tmp_path, noise(2))
    await panel.quiet()
    assert wrong_pixels(glass(tmp_path), noise(2)) == 0
    assert panel.chip.violations == []


async def test_an_interrupted_refresh_shows_on_the_glass_at_once(panel: VirtualPanel, tmp_path: Path) -> None:
    await asyncio.to_thread(show, tmp_path, noise(1))
    panel.chip.times = replace(FAST, full=60.0)  # it does not end before it is broken off
    await asyncio.to_thread(show_and_die, tmp_path, noise(2))
    await asyncio.to_thread(look, tmp_path, 0)
    assert wrong_pixels(glass(tmp_path), noise(1)) > 10_000
    assert wrong_pixels(glass(tmp_path), noise(2)) > 10_000


async def test_a_daemon_killed_in_the_middle_of_a_message_leaves_the_panel_free(
    panel: VirtualPanel, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as killed:
        killed.connect(str(tmp_path / "chip.sock"))
        killed.sendall(b"W\x01\x00\x00")
    await asyncio.to_thread(show, tmp_path, noise(1))
    await panel.quiet()
    assert wrong_pixels(glass(tmp_path), noise(1)) == 0


async def test_the_next_client_waits_for_the_first_to_hang_up(panel: VirtualPanel, tmp_path: Path) -> None:
    first = SimulatedTransport(tmp_path / "chip.sock")
    await asyncio.to_thread(first.open)
    async with asyncio.TaskGroup() as group:
        second = group.create_task(asyncio.to_thread(look, tmp_path))
        for _ in range(10):
            await asyncio.to_thread(first.busy)
        assert not second.done()
        first.close()


async def test_a_socket_left_behind_is_replaced_and_removed_in_the_end(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(tmp_path / "chip.sock"))
    async with serving(VirtualPanel(tmp_path / "chip.sock", tmp_path / "glass.png")):
        await asyncio.to_thread(look, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["glass.png"]


def test_without_a_panel_the_transport_says_so(tmp_path: Path) -> None:
    transport = SimulatedTransport(tmp_path / "chip.sock")
    with pytest.raises(PanelError, match=r"chip\.sock does not answer"):
        transport.open()
    with pytest.raises(PanelError, match="it is not open"):
        transport.busy()


def test_a_panel_that_goes_away_is_a_panel_error(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "chip.sock"))
        listener.listen()
        transport = SimulatedTransport(tmp_path / "chip.sock")
        transport.open()
        peer, _ = listener.accept()
        peer.close()
        with pytest.raises(PanelError, match="is gone"):
            transport.busy()
        transport.close()
