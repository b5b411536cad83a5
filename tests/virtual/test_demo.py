"""The demo as `make demo` starts it: what it tells, what it keeps alive, and that nothing is left of it."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from mapio_display.virtual.rauc_service import real_rauc_runs
from mapio_display.virtual.tools import run
from tests.gateway.conftest import Demo, free_port, start, stop, until
from tests.samples import sample_bundles

pytestmark = [pytest.mark.rauc, pytest.mark.timeout(120), pytest.mark.xdist_group("demo")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo's folder, with the bundles made already."""
    bundles = sample_bundles(tmp_path_factory, real=real_rauc_runs())
    folder = tmp_path_factory.mktemp("demo")
    (folder / "bundles").symlink_to(bundles.directory)
    return folder


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Demo]:
    gateway = start(folder, free_port())
    yield gateway
    gateway.process.kill()
    gateway.process.communicate()
    gone(folder)


def processes(folder: Path) -> list[psutil.Process]:
    """All processes that have the folder in their command line."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE
        and any(str(folder) in word for word in process.info["cmdline"] or [])
    ]


def gone(folder: Path) -> None:
    """Wait until no process of the demo is left."""
    _, alive = psutil.wait_procs(processes(folder), timeout=10)
    assert not alive


def demo(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a demo that is expected to end by itself."""
    command = [sys.executable, "-m", "mapio_display", "demo", *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)


def test_what_it_reports_is_all_there(running: Demo) -> None:
    facts = running.facts
    assert facts.keys() == {
        *("url", "pin", "bus", "socket", "glass", "trace", "slots", "uboot_env_config", "data_dir", "bundles", "pids")
    }
    assert facts["url"] == f"http://127.0.0.1:{running.port}/"
    assert running.said[-1] == f"ready {facts['url']} pin {facts['pin']}"
    assert facts["slots"].keys() == {"A", "B"}
    assert facts["bundles"].keys() == {"good", "older", "untrusted", "wrong-board", "truncated", "broken"}
    for path in (facts["glass"], facts["trace"], facts["uboot_env_config"], facts["data_dir"], facts["socket"]):
        assert Path(path).exists()
    for path in (*facts["slots"].values(), *facts["bundles"].values()):
        assert Path(path).is_file()
    assert facts["pids"].keys() == {"daemon", "rauc"}
    assert all(psutil.pid_exists(pid) for pid in facts["pids"].values())
    assert facts["bus"].startswith("unix:path=")
    assert running.status()["os"]["version"] == "2.1"
    assert running.slot_version("A") == "2.1"


def test_the_whole_front_can_be_played(running: Demo, folder: Path) -> None:
    power, led = folder / "power.json", folder / "leds/LED3_R/brightness"
    running.wait("mains", lambda s: s["power"]["mains"] is True)
    power.write_text('{"mains": false, "charging": false, "volts": 3.3}')
    running.wait("a low battery", lambda s: s["power"]["battery_volts"] == 3.3)
    until(lambda: led.read_text() != "0", "a red LED")
    assert running.upload("good").status == 409
    power.write_text('{"mains": true, "volts": 4.1}')
    running.wait("a full battery", lambda s: s["power"]["battery_percent"] == 100)
    assert running.ask("POST", "/api/press", '{"button": "down"}').status == 200
    running.glass_shows("webserver")


def test_a_service_that_fails_is_shown_at_once(running: Demo, folder: Path) -> None:
    docker = {"name": "Docker", "unit": "docker.service"}
    running.wait("Docker", lambda s: s["services"] == [{**docker, "state": "running"}])
    (folder / "services.json").write_text('{"docker.service": "failed"}')
    running.wait("Docker's failure", lambda s: s["services"] == [{**docker, "state": "failed"}])
    (folder / "services.json").write_text("{}")
    running.wait("Docker's removal", lambda s: s["services"] == [])


@pytest.mark.parametrize("name", ["daemon", "rauc"])
def test_a_service_that_dies_is_started_again_after_a_second(running: Demo, name: str) -> None:
    old = running.facts["pids"]
    began = time.monotonic()
    running.kill(name)
    until(lambda: running.facts["pids"] != old, f"another {name}")
    new = running.facts["pids"]
    assert time.monotonic() - began >= 0.9
    assert psutil.pid_exists(new[name])
    other = {"daemon": "rauc", "rauc": "daemon"}[name]
    assert new[other] == old[other]
    running.at_rest()


def test_a_second_demo_in_the_same_folder_is_refused(running: Demo) -> None:
    done = demo("--dir", str(running.directory), "--port", "0")
    assert done.returncode == 1
    assert "another demo is running there" in done.stderr
    assert running.status()["daemon"]["ready"]


def test_a_port_in_use_is_reported_in_one_line_and_nothing_is_begun(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = demo("--dir", str(tmp_path / "new"), "--port", str(port))
    assert done.returncode == 1
    assert done.stderr == f"mapio-display: port {port}: Address already in use; choose another one with --port\n"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("port", ["65536", "-1", "eighty"])
def test_a_port_that_is_none_is_a_wrong_command_line(tmp_path: Path, port: str) -> None:
    done = demo("--dir", str(tmp_path), f"--port={port}")
    assert done.returncode == 2
    assert f"--port: {port} is not between 0 and 65535" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_it_leaves_no_process_and_the_glass_shows_that(
    folder: Path, tmp_path: Path, number: signal.Signals
) -> None:
    directory = tmp_path / "demo"
    directory.mkdir()
    (directory / "bundles").symlink_to((folder / "bundles").resolve())
    with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err, ExitStack() as at_the_end:
        command = [sys.executable, "-m", "mapio_display", "demo", "--dir", str(directory), "--port", "0"]
        process = subprocess.Popen(command, stdout=out, stderr=err)
        at_the_end.callback(process.kill)
        until(lambda: "ready " in (tmp_path / "out").read_text() or process.poll() is not None, "readiness")
        assert process.poll() is None
        url, glass = (json.loads((directory / "gateway.json").read_text())[key] for key in ("url", "glass"))
        before = Path(glass).read_bytes()
        process.send_signal(number)
        process.send_signal(number)  # an impatient owner
        assert process.wait(timeout=20) == 0
    assert processes(directory) == []
    assert Path(glass).read_bytes() != before
    lines = (tmp_path / "out").read_text().splitlines()
    assert lines[-1].startswith(f"ready {url} pin "), "what comes later goes to standard error"
    assert "Going down" in (tmp_path / "err").read_text()


def test_killed_it_leaves_no_process_either(folder: Path, tmp_path: Path) -> None:
    directory = tmp_path / "demo"
    directory.mkdir()
    (directory / "bundles").symlink_to((folder / "bundles").resolve())
    gateway = start(directory, free_port())
    assert len(processes(directory)) >= 4, "the demo, the bus, RAUC and the daemon"
    gateway.process.kill()
    gateway.process.communicate()
    gone(directory)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_while_it_makes_the_bundles_it_ends_at_once(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "mapio_display", "demo", "--dir", str(tmp_path / "demo"), "--port", "0"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process,
        ExitStack() as at_the_end,
    ):
        at_the_end.callback(process.kill)
        assert process.stdout is not None
        while "Bundles" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(number)
        assert process.wait(timeout=20) == -number
        assert process.stdout.read() == ""
    gone(tmp_path / "demo")


def test_a_second_start_is_a_gateway_as_delivered_with_the_bundles_of_the_first(folder: Path, tmp_path: Path) -> None:
    made = {bundle: bundle.stat().st_mtime_ns for bundle in (folder / "bundles").iterdir()}
    directory = tmp_path / "my gateway"
    directory.mkdir()
    (directory / "bundles").symlink_to((folder / "bundles").resolve())
    for _ in range(2):
        gateway = start(directory, free_port())
        assert not (directory / "data" / "left-over").exists()
        assert gateway.uboot()["BOOT_ORDER"] == "A B"
        assert gateway.slot_version("A") == "2.1"
        (directory / "data" / "left-over").touch()
        run("fw_setenv", "-c", gateway.facts["uboot_env_config"], "BOOT_ORDER", "B A")
        stop(gateway)
    assert {bundle: bundle.stat().st_mtime_ns for bundle in (folder / "bundles").iterdir()} == made
