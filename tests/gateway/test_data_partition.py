"""The daemon and the data partition: it starts before that is mounted, and runs without it."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.conftest import PATIENCE_S, free_port
from tests.gateway.daemon import Daemon

pytestmark = pytest.mark.xdist_group("daemon")


@pytest.fixture
def partition(tmp_path: Path) -> Iterator[Path]:
    """A folder that systemd is to mount something on, with nothing there yet."""
    point = tmp_path / "partition"
    point.mkdir()
    name = subprocess.run(
        ["systemd-escape", "--path", "--suffix=mount", str(point)], check=True, capture_output=True, text=True
    ).stdout.strip()
    unit = Path("/run/systemd/system/local-fs.target.wants") / name
    unit.parent.mkdir(parents=True, exist_ok=True)
    unit.touch()
    yield point
    unit.unlink()
    subprocess.run(["umount", "--quiet", "--lazy", str(point)], check=False)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """What will be mounted there."""
    disk = tmp_path / "disk"
    (disk / "data").mkdir(parents=True)
    return disk


def mount(disk: Path, point: Path, *options: str) -> None:
    subprocess.run(["mount", "--bind", *options, str(disk), str(point)], check=True)


@pytest.mark.root
def test_it_waits_for_the_data_partition_and_takes_its_pin_from_there(
    daemon: Daemon, partition: Path, disk: Path
) -> None:
    (disk / "data" / "pin").write_text("246802\n")
    daemon.start(paths="data_wait = 600", data_dir="partition/data")
    daemon.until_notified("EXTEND_TIMEOUT_USEC=690000000")
    daemon.until_notified("STATUS=Starting")
    mount(disk, partition)
    status = daemon.wait(lambda s: bool(s["daemon"]["ready"]))
    assert (status["data_partition"], status["system"]["data_writable"]) == ("there", True)
    assert (disk / "data" / "pin").read_text() == "246802\n"
    assert (disk / "data" / "session.key").exists()


@pytest.mark.root
def test_without_it_nothing_is_written_in_its_place_and_no_bundle_is_taken(daemon: Daemon, partition: Path) -> None:
    daemon.start(paths="data_wait = 0", data_dir="partition/data")
    status = daemon.wait(lambda s: bool(s["daemon"]["ready"]))
    assert (status["data_partition"], status["web"]["enabled"]) == ("missing", True)
    refused = daemon.upload(b"")
    assert (refused.status, json.loads(refused.body)["error"]["code"]) == (503, "no-data-partition")
    assert "is not mounted: no updates" in daemon.end()
    assert list(partition.iterdir()) == []


@pytest.mark.root
def test_when_it_comes_at_last_the_daemon_starts_again_with_it(daemon: Daemon, partition: Path, disk: Path) -> None:
    (disk / "data" / "web-off").write_text("")
    daemon.start(paths="data_wait = 0", data_dir="partition/data")
    daemon.wait(lambda s: s["data_partition"] == "missing" and s["web"]["url"])
    mount(disk, partition)
    status = daemon.wait(lambda s: s["data_partition"] == "there")
    assert status["web"]["enabled"] is False
    assert daemon.process is not None
    assert daemon.process.poll() is None, "systemd sees one process"
    assert "starting again" in daemon.end()


@pytest.mark.root
def test_a_read_only_data_partition_is_reported_and_no_bundle_is_taken(
    daemon: Daemon, partition: Path, disk: Path
) -> None:
    (disk / "data" / "pin").write_text("246802\n")
    mount(disk, partition)
    subprocess.run(["mount", "-o", "remount,bind,ro", str(partition)], check=True)
    daemon.start(data_dir="partition/data")
    status = daemon.wait(lambda s: bool(s["daemon"]["ready"]))
    assert (status["data_partition"], status["system"]["data_writable"]) == ("there", False)
    refused = daemon.upload(b"", pin="246802")
    assert (refused.status, json.loads(refused.body)["error"]["code"]) == (503, "read-only")


@pytest.mark.root
def test_a_configuration_that_came_with_it_is_the_one_that_counts(daemon: Daemon, partition: Path, disk: Path) -> None:
    daemon.start(data_dir="partition/data")
    daemon.until_notified("STATUS=Starting")
    other = free_port()
    config = daemon.directory / "config.toml"
    config.write_text(config.read_text().replace(f"port = {daemon.port}", f"port = {other}"))
    mount(disk, partition)
    assert daemon.wait(lambda s: bool(s["daemon"]["ready"]))["web"]["url"] == f"http://127.0.0.1:{other}/"


@pytest.mark.root
def test_a_mistake_that_came_with_it_ends_the_daemon_with_file_key_and_reason(
    daemon: Daemon, partition: Path, disk: Path
) -> None:
    daemon.start(data_dir="partition/data")
    daemon.until_notified("STATUS=Starting")
    config = daemon.directory / "config.toml"
    config.write_text(config.read_text() + "[update]\nreboot = 'soon'\n")
    mount(disk, partition)
    assert daemon.process is not None
    _, log = daemon.process.communicate(timeout=PATIENCE_S)
    assert daemon.process.returncode == 2
    assert f"{config}: update.reboot: 'soon' is none of 'auto', 'manual'" in log


def test_systemds_status_line_is_in_the_language_of_the_configuration(daemon: Daemon) -> None:
    daemon.start(more='[views]\nlanguage = "fr"\n')
    daemon.until_notified("STATUS=Démarrage")
    daemon.wait(lambda status: bool(status["daemon"]["ready"]))
