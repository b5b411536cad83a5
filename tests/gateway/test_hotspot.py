"""A gateway without a network on MAPIO's OS: the access point on its own interface, and its codes on the glass."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mapio_display.virtual.configuration import HOTSPOT_AFTER_S
from tests.gateway.conftest import Demo, free_port, start_in_haste, stop
from tests.views.conftest import codes_in, encoded

__all__ = ["codes_in"]  # a fixture

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def alone(tmp_path: Path, bundles: Path) -> Iterator[Demo]:
    """A gateway without a cable, and with no Wi-Fi to join."""
    (tmp_path / "bundles").symlink_to(bundles)
    gateway = start_in_haste(tmp_path, free_port(), cable=False)
    yield gateway
    stop(gateway)


def addresses(status: dict[str, Any]) -> list[tuple[str, str]]:
    return [(entry["interface"], entry["address"]) for entry in status["network"]["addresses"]]


def test_without_a_network_the_hotspot_and_its_codes_are_shown_until_the_cable_is_in(
    alone: Demo, codes_in: Callable[[bytes], list[str]]
) -> None:
    def codes() -> list[str]:
        glass = alone.glass()
        return codes_in(encoded(glass.resize((4 * glass.width, 4 * glass.height), Image.Resampling.NEAREST)))

    alone.wait("the hotspot's view", lambda s: s["panel"]["view"] == "hotspot", HOTSPOT_AFTER_S + 60)
    status = alone.status()
    assert status["hotspot"] == {"state": "on", "ssid": "MAPIO", "error": None}
    assert addresses(status) == [("wlan0_ap", "10.50.0.1")], "not wpan0's, nor a container's"
    password = re.search(r'psk="(.*)"', (alone.directory / "wpa_supplicant-ap.conf").read_text())
    assert password is not None
    assert codes() == [f"WIFI:T:WPA;S:MAPIO;P:{password[1]};;"]
    for _ in range(2):
        assert alone.ask("POST", "/api/press", '{"button": "down"}').status == 200
    alone.glass_shows("webserver")
    assert codes() == [f"{alone.facts['url']}#{alone.facts['pin']}"]

    (alone.directory / "network.json").write_text('{"cable": true}')
    status = alone.wait("the cable", lambda s: s["hotspot"]["state"] == "off")
    assert addresses(status) == [("eth0", "192.168.1.20")]
    interfaces = json.loads((alone.directory / "run/interfaces.json").read_text())["interfaces"]
    assert [entry["name"] for entry in interfaces] == ["eth0", "wlan0", "docker0", "wpan0"], "wlan0_ap is deleted"
    alone.wait("rest", lambda s: s["panel"]["view"] != "hotspot")
