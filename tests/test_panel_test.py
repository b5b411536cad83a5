"""The panel's test on a simulated panel behind its socket, and on none."""

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from mapio_display.config import Config, load_config
from mapio_display.errors import PanelError
from mapio_display.first_frame import panel_memory
from mapio_display.panel_test import run_panel_test
from mapio_display.views.patterns import caption, checkerboard, orientation
from mapio_display.virtual.chip import VirtualPanel
from mapio_display.words.catalogue import ENGLISH

SIZE = (250, 122)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "boot_id").write_text("boot\n")
    path = tmp_path / "config.toml"
    path.write_text(
        f'board = "simulated"\n[paths]\nruntime_dir = "{tmp_path}"\nboot_id = "{tmp_path}/boot_id"\n'
        f'[panel]\nspi = "{tmp_path}/chip.sock"\ntrace = "{tmp_path}/trace"\n'
    )
    return load_config(path)


async def test_every_pattern_is_shown_and_timed_and_the_glass_is_not_taken_for_what_it_was(
    config: Config, tmp_path: Path
) -> None:
    panel = VirtualPanel(tmp_path / "chip.sock", tmp_path / "glass.png", haste=50.0)
    said: list[str] = []
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(panel.run())
        await asyncio.sleep(0)
        await asyncio.to_thread(run_panel_test, config, said.append, 0.0)
        await panel.quiet()
        serving.cancel()
    assert panel.chip.violations == []
    assert [line.rpartition(": ")[2].endswith(" s") for line in said[:-1]] == [True] * 8
    assert panel.chip.glass_frame().bits == caption("Panel test: done", SIZE).bits
    remembered = panel_memory(config, "boot").load()
    assert remembered is not None
    assert remembered.glass.frame is None
    sequences = [json.loads(line) for line in (tmp_path / "trace").read_text().splitlines()]
    assert sum(row["op"] == "command" and row["byte"] == 0x20 for row in sequences) == len(said) - 1


def test_while_the_daemon_has_the_panel_the_test_says_how_to_stop_it(config: Config) -> None:
    with socket.socket(socket.AF_UNIX) as daemon:
        daemon.bind(str(config.paths.runtime_dir / "api.sock"))
        daemon.listen()
        with pytest.raises(PanelError, match="systemctl stop mapio-display"):
            run_panel_test(config, print)


def test_a_socket_that_may_not_be_asked_is_taken_for_the_daemons(config: Config) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(str(config.paths.runtime_dir / "api.sock"))
        with pytest.raises(PanelError, match="has the panel"):
            run_panel_test(config, print)


def test_a_panel_that_is_not_there_is_reported_in_one_line(config: Config, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mapio_display", "panel-test", "--config", str(tmp_path / "config.toml")]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.count("\n") == 1
    assert "does not answer" in ran.stderr


@pytest.mark.parametrize("size", [(250, 122), (296, 128), (800, 480)])
def test_the_patterns_reach_every_edge(size: tuple[int, int]) -> None:
    frame = orientation("epd2in13_V4", size, ENGLISH)
    picture = Image.frombytes("1", size, frame.bits).convert("L")
    edges = [(0, 0), (size[0] - 1, 0), (0, size[1] - 1), (size[0] - 1, size[1] - 1)]
    assert [picture.getpixel(corner) for corner in edges] == [0, 0, 0, 0]
    boards = (checkerboard(size), checkerboard(size, inverse=True))
    one, other = (Image.frombytes("1", size, board.bits).convert("L").tobytes() for board in boards)
    assert all(a != b for a, b in zip(one, other, strict=True))
