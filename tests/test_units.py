"""The systemd units as systemd itself reads them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_systemd_finds_nothing_wrong_with_the_units(units: list[Path]) -> None:
    assert shutil.which("systemd-analyze"), "Debian's package systemd has it; `make test` installs it"
    done = subprocess.run(["systemd-analyze", "verify", *units], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_last_frame_is_drawn_before_the_machine_goes_down() -> None:
    text = (UNITS / "mapio-display.service").read_text()
    for line in ("DefaultDependencies=no", "Conflicts=shutdown.target", "Before=shutdown.target"):
        assert line in text.splitlines()


def test_a_slot_counts_as_booted_only_when_display_and_web_server_are_up() -> None:
    lines = (UNITS / "mapio-display-ready.service").read_text().splitlines()
    assert "Before=boot-complete.target" in lines
    assert "RequiredBy=boot-complete.target" in lines
    after = [line for line in lines if line.startswith("After=")]
    assert after == ["After=mapio-display.service"], "waiting for more would make a cycle with mark-good's job"
