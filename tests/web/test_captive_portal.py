"""A phone on the hotspot is led to the page by its own probe, and by nothing else."""

from pathlib import Path

import pytest

from mapio_display.core.facts.hotspot import HotspotFound, HotspotRules, HotspotStarted, HotspotState
from mapio_display.core.facts.network import Address, NetworkChanged
from mapio_display.web.auth.captive_portal import PROBES
from mapio_display.web.auth.gate import Rules
from tests.web.gateway import Gateway, serving

ADDRESS = "127.0.0.1"  # here it is the hotspot's
NAMES = {
    "/generate_204": "connectivitycheck.gstatic.com",
    "/hotspot-detect.html": "captive.apple.com",
    "/connecttest.txt": "www.msftconnecttest.com",
    "/redirect": "www.msftconnecttest.com",
    "/success.txt": "detectportal.firefox.com",
}


def hotspot_up(gateway: Gateway, address: str = ADDRESS) -> None:
    """The gateway has no network but its own."""
    gateway.state.dispatch(NetworkChanged(None, (Address("wlan0_ap", address),), "mapio"))
    gateway.state.dispatch(HotspotFound(HotspotRules("wlan0_ap", address)))
    gateway.state.dispatch(HotspotStarted("MAPIO", "abcdefghjk"))
    assert gateway.state.snapshot.hotspot.state is HotspotState.ON


@pytest.mark.parametrize("path", NAMES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_phones_probe_is_sent_to_the_page(tmp_path: Path, method: str, path: str) -> None:
    async with serving(tmp_path) as gateway:
        hotspot_up(gateway)
        answer = await gateway.ask(method, f"{path}?x=1", headers={"Host": NAMES[path]})
        assert (answer.status, answer.headers["location"]) == (302, f"{gateway.url}/setup")
        assert (answer.body, answer.headers["cache-control"]) == (b"", "no-store")
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/update", "/api/status", "/api/panel.png", "/generate_204/", "/x/ncsi.txt"])
async def test_all_else_under_a_foreign_name_stays_refused(tmp_path: Path, path: str) -> None:
    async with serving(tmp_path) as gateway:
        hotspot_up(gateway)
        answer = await gateway.ask("GET", path, headers={"Host": "captive.apple.com"})
        assert (answer.status, answer.code) == (403, "foreign-host")


@pytest.mark.parametrize("path", sorted(PROBES))
async def test_a_probe_is_refused_without_the_hotspot_and_by_other_ways_to_the_gateway(
    tmp_path: Path, path: str
) -> None:
    async with serving(tmp_path) as gateway:
        foreign = {"Host": "captive.apple.com"}
        assert (await gateway.ask("GET", path, headers=foreign)).code == "foreign-host"
        hotspot_up(gateway, "10.50.0.1")  # the request comes to another address than that
        assert (await gateway.ask("GET", path, headers=foreign)).code == "foreign-host"


async def test_under_the_gateways_own_names_a_probe_is_no_page_and_a_write_is_none(tmp_path: Path) -> None:
    async with serving(tmp_path, Rules(allowed_hosts=["mapio.example"])) as gateway:
        hotspot_up(gateway)
        for host in (f"127.0.0.1:{gateway.port}", "mapio.local", "mapio.example"):
            assert (await gateway.ask("GET", "/generate_204", headers={"Host": host})).status == 404
        answer = await gateway.ask("POST", "/generate_204", headers={"Host": "captive.apple.com"})
        assert (answer.status, answer.code) == (403, "foreign-host")
