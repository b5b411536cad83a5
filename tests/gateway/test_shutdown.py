"""The last frame, however the machine or the daemon ends: what the glass keeps is true."""

import asyncio
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mapio_display.core.facts.shutdown import Shutdown
from mapio_display.core.front.names import View
from mapio_display.core.status import from_json
from mapio_display.host.logind import MANAGER
from mapio_display.views.render import render
from mapio_display.virtual.bus import call_once
from mapio_display.words.catalogue import ENGLISH
from tests.gateway.conftest import Demo, free_port, start, start_in_haste, stop, until

pytestmark = [pytest.mark.xdist_group("gateway-shutdown"), pytest.mark.timeout(100)]


@pytest.fixture
def gateway(tmp_path: Path, bundles: Path) -> Iterator[Demo]:
    """A demo of its own, at rest."""
    (tmp_path / "bundles").symlink_to(bundles)
    gateway = start_in_haste(tmp_path, free_port())
    gateway.at_rest()
    yield gateway
    if gateway.process.poll() is None:
        stop(gateway)


def glass_keeps(gateway: Demo, status: dict[str, Any], view: str, shutdown: Shutdown | None = None) -> None:
    """Wait until the glass shows the last frame of a gateway that had this status."""
    frame = render(view, replace(from_json(status), shutdown=shutdown), words=ENGLISH)
    until(lambda: gateway.glass().tobytes() == frame.bits, f"{view} on the glass")


def test_a_restart_typed_at_the_console_is_on_the_panel_before_the_machine_goes(gateway: Demo) -> None:
    before, boot_id = gateway.at_rest(), gateway.boot_id()
    asyncio.run(call_once(gateway.facts["bus"], MANAGER, "Reboot", "b", False))
    glass_keeps(gateway, before, View.REBOOTING, Shutdown.RESTART)
    gateway.wait("the next boot", lambda s: s["boot_id"] != boot_id and s["daemon"]["ready"])
    gateway.glass_shows("home")


@pytest.mark.parametrize(("under_way", "within"), [(False, 3.0), (True, 4.5)])
def test_at_a_real_panels_pace_it_is_there_in_the_five_seconds_that_logind_gives(
    tmp_path: Path, bundles: Path, under_way: bool, within: float
) -> None:
    (tmp_path / "bundles").symlink_to(bundles)
    gateway = start(tmp_path, free_port())
    try:
        gateway.at_rest()
        before = gateway.wait("the panel at rest", lambda s: s["panel"]["view"] == "home")
        if under_way:
            gateway.command("press", "down")
        asked = time.monotonic()
        asyncio.run(call_once(gateway.facts["bus"], MANAGER, "Reboot", "b", False))
        glass_keeps(gateway, before, View.REBOOTING, Shutdown.RESTART)
        took = time.monotonic() - asked
    finally:
        stop(gateway)
    assert took < within


def test_a_gateway_that_is_off_says_so(gateway: Demo) -> None:
    before = gateway.at_rest()
    facts = gateway.facts
    stop(gateway)
    assert gateway.facts == facts
    glass_keeps(gateway, before, View.STOPPED, Shutdown.OFF)


def test_a_daemon_that_is_only_stopped_says_that_and_comes_back(gateway: Demo) -> None:
    before = gateway.at_rest()
    gateway.kill("daemon", signal.SIGTERM)
    glass_keeps(gateway, before, View.STOPPED)
    gateway.glass_shows("home")
