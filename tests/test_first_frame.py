"""The first frame: after an update it shows that at once; and where nothing can run, it alone shows why."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mapio_display import __version__
from mapio_display.cli import main
from mapio_display.config import load_config
from mapio_display.core.facts.daemon import Daemon, Lifecycle
from mapio_display.core.front.names import View
from mapio_display.core.snapshot import Snapshot
from mapio_display.first_frame import begin_first_frame
from mapio_display.rauc.journal import Journal
from mapio_display.views.render import render
from mapio_display.virtual.chip import VirtualPanel
from mapio_display.words.catalogue import ENGLISH, of
from mapio_display.words.languages import languages
from tests.core.plays import INSTALLING
from tests.gateway.conftest import free_port


def configuration(tmp_path: Path, more: str = "") -> Path:
    path = tmp_path / "config.toml"
    (tmp_path / "boot_id").write_text("boot\n")
    path.write_text(
        f'board = "simulated"\n[paths]\nruntime_dir = "{tmp_path}/run"\nboot_id = "{tmp_path}/boot_id"\n'
        f'data_dir = "{tmp_path}/data"\nos_release = "{tmp_path}/none"\n[panel]\nspi = "{tmp_path}/chip.sock"\n{more}'
    )
    return path


async def test_a_mistake_in_the_configuration_is_on_the_panel_and_the_exit_status_is_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = configuration(tmp_path, "[web]\nport = 0\n")
    panel = VirtualPanel(tmp_path / "chip.sock", tmp_path / "glass.png", haste=50.0)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(panel.run())
        await asyncio.sleep(0)
        assert await asyncio.to_thread(main, ["run", "--config", str(path)]) == 2
        await panel.quiet()
        serving.cancel()
    mistake = f"{path}: web.port: 0 is not between 1 and 65535"
    assert mistake in capsys.readouterr().err
    assert (
        panel.chip.glass_frame().bits
        == render(View.STOPPED, Snapshot(Daemon(__version__, error=mistake)), words=ENGLISH).bits
    )
    assert panel.chip.violations == []


@pytest.mark.slow
async def test_a_daemon_that_is_stopped_while_it_is_still_loading_leaves_a_true_last_frame(tmp_path: Path) -> None:
    path = configuration(tmp_path, f'[web]\nhost = "127.0.0.1"\nport = {free_port()}\n')
    panel = VirtualPanel(tmp_path / "chip.sock", tmp_path / "glass.png", haste=50.0)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        serving = group.create_task(panel.run())
        await asyncio.sleep(0)
        daemon = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "mapio_display", "run", "--config", str(path)),
            env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/no-bus"},
            stderr=asyncio.subprocess.DEVNULL,
        )
        # When this is there the first frame has begun, and asyncio is not loaded yet.
        while not (tmp_path / "run" / "panel.json").exists():  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.001)
        daemon.terminate()
        assert await daemon.wait() == 0
        await panel.quiet()
        serving.cancel()
    stopping = Snapshot(Daemon(__version__, lifecycle=Lifecycle.STOPPING))
    assert panel.chip.glass_frame().bits == render(View.STOPPED, stopping, words=ENGLISH).bits


# The configuration on the data partition is another, and meanwhile the daemon may be told to stop.
STARTS_AGAIN = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from mapio_display.config import load_config
from mapio_display.daemon import run
from mapio_display.first_frame import begin_first_frame
from mapio_display.words.catalogue import ENGLISH

config = load_config(Path(sys.argv[1]))

def read_config():
    if "told" in sys.argv:
        os.kill(os.getpid(), signal.SIGTERM)
    return replace(config, update=replace(config.update, reboot="manual"))

again = run(config, begin_first_frame(config), read_config)
print(again, signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, ()), signal.SIGTERM in signal.sigpending())
"""


@pytest.mark.parametrize(
    ("told", "ends"), [([], ["True True False"]), (["told"], ["True True True", "False False False"])]
)
@pytest.mark.slow
def test_a_daemon_that_starts_again_is_stopped_by_a_signal_that_comes_meanwhile(
    tmp_path: Path, told: list[str], ends: list[str]
) -> None:
    path = configuration(tmp_path, f'[web]\nhost = "127.0.0.1"\nport = {free_port()}\n')
    done = subprocess.run(
        [sys.executable, "-c", STARTS_AGAIN, str(path), *told],
        env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/no-bus"},
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stdout.strip() in ends


def test_a_mistake_is_reported_on_standard_error_where_no_panel_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = configuration(tmp_path, "[web]\nport = 0\n")
    assert main(["run", "--config", str(path)]) == 2
    assert "web.port" in capsys.readouterr().err


@pytest.mark.parametrize("language", languages())
def test_the_first_frame_is_in_the_language_of_the_configuration(tmp_path: Path, language: str) -> None:
    first = begin_first_frame(load_config(configuration(tmp_path, f'[views]\nlanguage = "{language}"\n')))
    assert first.early is not None
    assert first.early.frame == render(View.STARTING, first.snapshot, words=of(language))


# All that the daemon does before the panel refreshes.
BEGINS = """
import sys
from pathlib import Path
import mapio_display.cli
from mapio_display.config import load_config
from mapio_display.first_frame import begin_first_frame

begin_first_frame(load_config(Path(sys.argv[1])))
print(*sys.modules)
"""


def test_before_the_first_frame_only_what_it_shows_is_loaded(tmp_path: Path) -> None:
    program = [sys.executable, "-c", BEGINS, str(configuration(tmp_path))]
    loaded = subprocess.run(program, capture_output=True, text=True, check=True).stdout.split()
    assert "mapio_display.views.stages.starting" in loaded
    rooms = {"board", "rauc", "transfer", "releases", "web", "virtual"}
    later = {
        f"mapio_display.{name}"
        for name in (*rooms, "daemon", "state", "core.reduce", "core.update", "core.text", "host.wpa")
    }
    slow = {"asyncio", "aiohttp", "dbus_next", "jinja2", "segno", "argparse", "ssl", "subprocess", "http"}
    assert not (slow | later) & set(loaded)


WAITS = '{"record": {"stage": "receiving", "resumable": true}}'


@pytest.mark.parametrize("journal", ["", "{}", "[]", "null", '{"record": null}', '{"record": 5}', "[" * 100_000, WAITS])
def test_without_an_update_in_the_journal_the_first_frame_only_says_starting(tmp_path: Path, journal: str) -> None:
    config = load_config(configuration(tmp_path))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "journal.json").write_text(journal)
    first = begin_first_frame(config)
    assert first.early is not None
    assert first.early.frame == render(
        View.STARTING, Snapshot(Daemon(__version__), os=first.snapshot.os), words=ENGLISH
    )


def test_after_an_update_the_first_frame_says_that_it_is_being_judged(tmp_path: Path) -> None:
    config = load_config(configuration(tmp_path))
    (tmp_path / "data").mkdir()
    Journal(tmp_path / "data").save(INSTALLING, None)
    assert json.loads((tmp_path / "data" / "journal.json").read_text())["record"]
    first = begin_first_frame(config)
    assert first.early is not None
    assert first.early.frame != render(
        View.STARTING, Snapshot(Daemon(__version__), os=first.snapshot.os), words=ENGLISH
    )
    assert first.early.frame == render(View.STARTING, first.snapshot, words=ENGLISH)
