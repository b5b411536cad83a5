"""The systemd units as systemd itself reads them."""

import ipaddress
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mapio_display.config import Config

UNITS = Path(__file__).parent.parent / "systemd"


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """The units, with the command where this machine has it."""
    command = str(Path(sys.executable).parent / "mapio-display")
    copies = []
    for unit in sorted(UNITS.glob("*.service")):
        copy = tmp_path / unit.name
        copy.write_text(unit.read_text().replace("/usr/bin/mapio-display", command))
        copies.append(copy)
    return copies


@pytest.mark.tools
def test_systemd_finds_nothing_wrong_with_the_units(units: list[Path]) -> None:
    assert shutil.which("systemd-analyze"), "Debian's package systemd has it; `make test` installs it"
    done = subprocess.run(["systemd-analyze", "verify", *units], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_last_frame_is_drawn_before_the_machine_goes_down() -> None:
    text = (UNITS / "mapio-display.service").read_text()
    for line in ("DefaultDependencies=no", "Conflicts=shutdown.target", "Before=shutdown.target"):
        assert line in text.splitlines()


# What meta-rauc has in an image, beside our two.
MARK_GOOD = """[Unit]
After=boot-complete.target
Requires=boot-complete.target

[Service]
Type=oneshot
ExecStart=/usr/bin/true
"""
WANTED = ("mapio-display.service", "rauc-mark-good.service", "rauc.service")


def boots(tmp_path: Path, units: list[Path], gate: str) -> str:
    """What systemd says of a boot into multi-user.target with all of these, the gate as it is or changed."""
    wants, requires = tmp_path / "multi-user.target.wants", tmp_path / "boot-complete.target.requires"
    wants.mkdir()
    requires.mkdir()
    (tmp_path / "rauc-mark-good.service").write_text(MARK_GOOD)
    for name in WANTED:
        (wants / name).symlink_to(f"../{name}")
    (requires / "mapio-display-ready.service").symlink_to("../mapio-display-ready.service")
    ready = next(unit for unit in units if unit.name == "mapio-display-ready.service")
    ready.write_text(ready.read_text().replace("After=mapio-display.service", gate))
    command = ["systemd-analyze", "verify", "--man=no", "multi-user.target"]
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment).stderr


@pytest.mark.tools
def test_with_raucs_units_everything_is_started_and_no_job_is_dropped(tmp_path: Path, units: list[Path]) -> None:
    said = boots(tmp_path, units, "After=mapio-display.service")
    assert not [line for line in said.splitlines() if "cycle" in line or "mapio" in line or "rauc" in line], said


@pytest.mark.tools
def test_a_gate_that_waited_for_more_would_make_systemd_drop_a_job(tmp_path: Path, units: list[Path]) -> None:
    said = boots(tmp_path, units, "After=mapio-display.service multi-user.target")
    assert "deleted to break ordering cycle" in said


def test_the_daemon_starts_before_file_systems_network_and_bus() -> None:
    (after,) = (line for line in (UNITS / "mapio-display.service").read_text().splitlines() if "After=" in line)
    units = [Path("/lib/systemd/system") / name for name in after.partition("=")[2].split()]
    present = [unit for unit in units if unit.exists()]  # a container has no udev
    assert len(present) >= 2
    for name, unit in ((unit.name, unit.read_text()) for unit in present):
        assert "DefaultDependencies=no" in unit, f"{name} would be started after all of sysinit.target"
        waits = [line for line in unit.splitlines() if line.startswith(("After=", "Requires="))]
        assert not [line for line in waits if "local-fs" in line or "sysinit" in line or "network" in line], name


def test_the_daemon_needs_no_other_unit_and_none_keeps_it_from_starting() -> None:
    for unit in UNITS.glob("*.service"):
        assert not [line for line in unit.read_text().splitlines() if line.startswith(("Requires=", "BindsTo="))]


@pytest.mark.parametrize("name", ["mapio-display.service", "mapio-display-ready.service"])
@pytest.mark.tools
def test_a_unit_can_do_no_more_than_its_work_takes(name: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=19", str(UNITS / name)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout.splitlines()[-1]


def lines_of(key: str) -> list[str]:
    """The values of all of the daemon's lines with this key."""
    text = (UNITS / "mapio-display.service").read_text()
    return [line.partition("=")[2] for line in text.splitlines() if line.startswith(f"{key}=")]


@pytest.mark.parametrize("port", [80, 8080, 8456])
def test_the_ports_of_both_arrangements_may_be_opened_and_no_other_service_s(port: int) -> None:
    allowed = [value.removeprefix("tcp:").partition("-") for value in lines_of("SocketBindAllow")]
    ranges = [range(int(first), int(last or first) + 1) for first, _, last in allowed]
    assert lines_of("SocketBindDeny") == ["any"]
    assert any(port in one for one in ranges)
    assert not any(other in one for other in (22, 53, 443) for one in ranges)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "192.168.1.20", "10.50.0.1", "203.0.113.7", "fe80::1", "fd00::1", "2001:db8::1", "::1"]
)
def test_every_single_host_may_be_spoken_to(address: str) -> None:
    ip = ipaddress.ip_address(address)
    networks = [ipaddress.ip_network(network) for line in lines_of("IPAddressAllow") for network in line.split()]
    assert any(ip.version == network.version and ip in network for network in networks)
    for group in ("224.0.0.251", "255.255.255.255", "ff02::fb"):
        other = ipaddress.ip_address(group)
        assert not any(other.version == network.version and other in network for network in networks)


def test_what_gives_root_to_a_process_that_reaches_it_is_closed() -> None:
    closed = {path.lstrip("-") for line in lines_of("InaccessiblePaths") for path in line.split()}
    assert {"/run/systemd/private", "/run/docker.sock", "/run/containerd", "/etc/shadow", "/etc/ssh"} <= closed
    assert lines_of("LimitCORE") == ["0"]


def test_nothing_but_its_own_folders_can_be_written() -> None:
    assert lines_of("ProtectSystem") == ["strict"]
    assert lines_of("ReadWritePaths") == [
        "-/usr/local/mapio-display",
        "-/etc/wpa_supplicant",
        "-/sys/devices/platform",
    ]


def test_of_the_homes_only_roots_ssh_keys_are_there() -> None:
    assert lines_of("ProtectHome") == ["tmpfs"], "the folders below could not be shown otherwise (systemd.exec(5))"
    assert lines_of("BindPaths") == ["-/home/root/.ssh -/root/.ssh"]
    assert "-" + str(Config().ssh.file.parent) in lines_of("BindPaths")[0].split()


def test_each_line_that_closes_or_opens_something_has_a_reason_above_it() -> None:
    keys = {"ReadWritePaths", "InaccessiblePaths", "DeviceAllow", "SocketBindDeny", "IPAddressDeny", "LimitCORE"}
    before, unexplained = "", []
    for line in (UNITS / "mapio-display.service").read_text().splitlines():
        key = line.partition("=")[0]
        if key in keys:
            reason = before.startswith("#") or before.partition("=")[0] == "DevicePolicy"
            unexplained += [] if reason else [line]
        before = line
    assert unexplained == []


def test_a_slot_counts_as_booted_only_when_display_and_web_server_are_up() -> None:
    lines = (UNITS / "mapio-display-ready.service").read_text().splitlines()
    assert "Before=boot-complete.target" in lines
    assert "RequiredBy=boot-complete.target" in lines
    after = [line for line in lines if line.startswith("After=")]
    assert after == ["After=mapio-display.service"], "waiting for more would make a cycle with mark-good's job"
