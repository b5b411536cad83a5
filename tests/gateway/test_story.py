"""The whole story of an update as the owner reads it off the panel, replayed from the bytes on the wire.

The trace is what a logic analyser saw between the daemon and the panel. Its bytes, fed to a fresh controller at their
times, show every picture that was on the glass, in order, also while the daemon was not running.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from mapio_display.core.facts.daemon import Daemon
from mapio_display.core.facts.system import OsRelease
from mapio_display.core.facts.update import Bundle, Phase, Step, Update
from mapio_display.core.front.names import View
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.render import render
from mapio_display.virtual.ssd1680 import Ssd1680
from mapio_display.words.catalogue import ENGLISH
from tests.gateway.conftest import HASTE, Gateway

pytestmark = [pytest.mark.xdist_group("gateway-story"), pytest.mark.timeout(150)]


def pictures(trace: Path) -> tuple[list[bytes], list[str]]:
    """Every picture that was on the glass, and what the daemon did against the controller's rules."""
    now = 0.0
    chip = Ssd1680(lambda: now)
    chip.wipe()
    seen = [chip.glass_frame().bits]
    for line in trace.read_text().splitlines():
        row: dict[str, Any] = json.loads(line)
        now = HASTE * row["t"]
        picture = chip.glass_frame().bits
        if picture != seen[-1]:
            seen.append(picture)
        match row["op"]:
            case "reset":
                chip.reset(row["level"])
            case "command":
                chip.write(0, bytes([row["byte"]]))
            case "data":
                chip.write(1, bytes.fromhex(row["hex"]))
    now += 10
    return [*seen, chip.glass_frame().bits], chip.violations


def starting(version: str, update: Update) -> bytes:
    return render(View.STARTING, Snapshot(Daemon(""), os=OsRelease(version=version), update=update), words=ENGLISH).bits


def rebooting(version: str) -> bytes:
    update = Update(Step.REBOOTING, Phase.REBOOTING, "u", bundle=Bundle("", version=version))
    return render(View.REBOOTING, Snapshot(Daemon(""), update=update), words=ENGLISH).bits


def test_the_panel_shows_start_restart_and_result_in_their_order(gateway: Gateway) -> None:
    gateway.glass_shows("home")
    home = gateway.glass().tobytes()
    before = gateway.status()
    assert gateway.upload("good").status == 202
    gateway.after_reboot(before["boot_id"])
    gateway.glass_shows(View.RESULT)
    result = gateway.glass().tobytes()

    seen, violations = pictures(Path(gateway.facts["trace"]))
    judging = starting("2.2", Update(Step.JUDGING, Phase.REBOOTING))
    told = (starting("2.1", Update()), home, rebooting("2.2"), judging, result)
    at = [seen.index(picture) for picture in told]
    assert at == sorted(at)
    assert at[2] - at[1] >= 2, "between home and the restart the update itself was shown"
    assert violations == []
