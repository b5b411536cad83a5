"""What the daemon's unit lets it do on a real systemd, and what it does not."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.machine.gateway import Gateway

pytestmark = [pytest.mark.machine, pytest.mark.long, pytest.mark.timeout(3600)]

FOLDER = "/home/root/.ssh"
FILE = f"{FOLDER}/authorized_keys"
UNIT = "mapio-display.service"
MODES = ["700 root:root", "600 root:root"]
EXPOSURE = {UNIT: 3.5, "mapio-display-ready.service": 2.0}  # at most, of 10; systemd calls up to 4 OK


def make_key(folder: Path, name: str) -> tuple[str, str]:
    """A public key, and its fingerprint."""
    file = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{name}@house", "-f", file], check=True)
    listed = subprocess.run(["ssh-keygen", "-lf", file], check=True, capture_output=True, text=True)
    return file.with_suffix(".pub").read_text().strip(), listed.stdout.split()[1]


def send(gateway: Gateway, method: str, **content: str) -> tuple[int, str]:
    """Send JSON about the keys, as the page does."""
    code, answer = gateway.http(method, "/api/ssh/keys", json.dumps(content).encode(), Content_Type="application/json")
    return code, answer.decode()


def inside(gateway: Gateway, command: str) -> str:
    """What a command prints with the daemon's view of the file system."""
    return gateway.console.sh(f"nsenter -m -t $(systemctl show -P MainPID {UNIT}) {command} 2>&1 || true")


def modes(gateway: Gateway) -> list[str]:
    return gateway.console.sh(f"stat -c '%a %U:%G' {FOLDER} {FILE}").splitlines()


def test_a_key_that_the_page_adds_is_one_for_sshd(gateway: Gateway, tmp_path: Path) -> None:
    sh = gateway.console.sh
    assert sh(f"ls -A {FOLDER}") == ""  # which the image does not have: the unit has made it
    mine, fingerprint = make_key(tmp_path, "mine")
    code, answer = send(gateway, "POST", keys=mine)
    assert (code, fingerprint in answer) == (200, True)
    assert sh(f"cat {FILE}") == mine
    assert modes(gateway) == MODES
    other, _ = make_key(tmp_path, "other")
    by_hand = f'# by hand\nno-pty,command="/usr/bin/true" {other}'
    gateway.put(FILE, f"{by_hand}\n{mine}\n")
    assert send(gateway, "DELETE", fingerprint=fingerprint)[0] == 200
    assert sh(f"cat {FILE}") == by_hand
    assert modes(gateway) == MODES
    sh(f"rm {FILE}")


def test_where_the_folder_for_keys_was_replaced_the_next_start_finds_it(gateway: Gateway, tmp_path: Path) -> None:
    sh = gateway.console.sh
    sh(f"rm -r {FOLDER}")
    mine, _ = make_key(tmp_path, "mine")
    code, answer = send(gateway, "POST", keys=mine)
    assert code == 507, answer
    assert FILE in answer
    sh(f"systemctl restart {UNIT}; mapio-display wait-ready", 300)
    assert send(gateway, "POST", keys=mine)[0] == 200
    assert sh(f"cat {FILE}") == mine
    assert modes(gateway) == MODES
    sh(f"rm {FILE}")


def test_the_rest_of_the_system_is_closed_to_it(gateway: Gateway) -> None:
    sh = gateway.console.sh
    sh("touch /home/root/notes; mkdir -p /home/user; touch /home/user/notes")
    assert inside(gateway, "ls -A /home/root") == ".ssh"
    assert "notes" not in inside(gateway, "ls -A /home/user")
    for path in ("/etc/x", "/usr/bin/x", "/boot/x", "/home/root/x", "/var/lib/x"):
        assert "Read-only" in inside(gateway, f"touch {path}"), path
    for path in ("/etc/shadow", "/run/systemd/private"):
        assert inside(gateway, f"stat -c %a {path}") == "0", path
    status = sh(f"cat /proc/$(systemctl show -P MainPID {UNIT})/status")
    has = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert {has[name].strip() for name in ("CapEff", "CapPrm", "CapBnd")} == {"0000000000000400"}
    assert (has["NoNewPrivs"], has["Seccomp"]) == ("1", "2")


def test_systemd_rates_its_exposure_low(gateway: Gateway) -> None:
    for unit, most in EXPOSURE.items():
        said = gateway.console.sh(f"systemd-analyze security --no-pager {unit} | tail -1", 300)
        assert float(said.split(": ")[1].split()[0]) <= most, said
