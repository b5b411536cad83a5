"""The first set-up without a cable, as `make demo` plays it: no network, hotspot, join, address on the panel."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from mapio_display.virtual.configuration import HOTSPOT_AFTER_S
from tests.gateway.conftest import Demo, free_port, start_in_haste, stop

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def alone(tmp_path: Path, bundles: Path) -> Iterator[Demo]:
    """A gateway without a cable, whose hotspot is up."""
    (tmp_path / "bundles").symlink_to(bundles)
    gateway = start_in_haste(tmp_path, free_port(), cable=False)
    gateway.wait("the hotspot's view", lambda s: s["panel"]["view"] == "hotspot", HOTSPOT_AFTER_S + 60)
    yield gateway
    stop(gateway)


def join(gateway: Demo, ssid: str, password: str) -> int:
    body = json.dumps({"ssid": ssid, "password": password})
    return gateway.ask("POST", "/api/wifi", body, {"Content-Type": "application/json"}).status


def test_a_gateway_comes_into_a_house_without_a_cable(alone: Demo) -> None:
    found = alone.ask("GET", "/api/wifi/networks").json
    assert [network["name"] for network in found["networks"]] == ["Home", "Attic", "Neighbour"]
    station = alone.directory / "wpa_supplicant-wlan0.conf"
    before = station.read_bytes()

    assert join(alone, "Neighbour", "wrong horse") == 202
    assert join(alone, "Home", "correct horse") == 409, "one at a time"
    alone.wait("the join on the panel", lambda s: s["panel"]["view"] == "wifi")
    status = alone.wait("the hotspot again", lambda s: s["hotspot"]["state"] == "on" and s["wifi"]["error"])
    assert status["wifi"]["error"]["code"] == "wifi-wrong-password"
    assert status["wifi"]["result"]["name"] == "Neighbour"
    assert station.read_bytes() == before
    alone.wait("the reason on the panel", lambda s: s["panel"]["view"] == "hotspot")

    assert join(alone, "Home", "correct horse") == 202
    status = alone.wait("the house's network", lambda s: s["wifi"]["joined"] and not s["wifi"]["joining"])
    assert [entry["address"] for entry in status["network"]["addresses"]] == ["192.168.1.30"]
    assert (status["hotspot"]["state"], status["wifi"]["error"]) == ("off", None)
    alone.glass_shows("wifi")
    assert b'ssid="Home"' in station.read_bytes()
    assert "correct horse" not in alone.logs()

    boot_id = alone.boot_id()
    alone.process.send_signal(signal.SIGUSR1)  # the power is cut for a moment
    status = alone.wait("the network after a restart", lambda s: s["boot_id"] != boot_id and s["wifi"]["joined"])
    assert status["wifi"]["joined"]["name"] == "Home"
    alone.wait("its address", lambda s: [e["interface"] for e in s["network"]["addresses"]] == ["wlan0"])
