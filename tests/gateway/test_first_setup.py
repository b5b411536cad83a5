"""The first set-up without a cable: hotspot, page, a wrong password, the right one, and the address on the panel."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from mapio_display.virtual.configuration import HOTSPOT_AFTER_S
from mapio_display.words.catalogue import ENGLISH
from tests.gateway.conftest import Demo, free_port, start_in_haste, stop
from tests.gateway.test_browser import browser, page

__all__ = ["browser", "page"]  # fixtures

pytestmark = [pytest.mark.xdist_group("gateway-set-up"), pytest.mark.timeout(170)]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, bundles: Path) -> Iterator[Demo]:
    """A gateway as it is delivered, without a cable."""
    directory = tmp_path_factory.mktemp("demo")
    (directory / "bundles").symlink_to(bundles)
    gateway = start_in_haste(directory, free_port(), cable=False)
    yield gateway
    stop(gateway)


def join(page: Page, name: str, password: str) -> None:
    """Choose a network of the list, and enter its password."""
    page.locator("summary").filter(has_text=name).click()
    opened = page.locator("details[open]").filter(has_text=name)
    opened.get_by_label("Password", exact=True).fill(password)
    opened.get_by_role("button", name="Join").click()


def hotspot_is_up(status: dict[str, Any]) -> bool:
    return bool(status["hotspot"]["state"] == "on")


def test_a_phone_brings_the_gateway_into_the_house(alone: Demo, page: Page) -> None:
    alone.wait("the hotspot", hotspot_is_up, HOTSPOT_AFTER_S + 60)
    page.goto(f"{alone.facts['url']}#{alone.facts['pin']}")
    page.get_by_role("link", name="Set up Wi-Fi").click()
    expect(page.get_by_text(ENGLISH.text("page.setup.over-hotspot"))).to_be_visible()
    expect(page.locator("summary bdi")).to_have_text(
        ["Home", "Attic", "Neighbour"]
    )  # the fourth does not send its name

    join(page, "Home", "wrong horse")
    expect(page.get_by_text("The gateway joins Home")).to_be_visible()
    expect(page.get_by_text("The router refused the password")).to_be_visible()
    alone.wait("the hotspot again", hotspot_is_up)
    assert "Home" not in (alone.directory / "wpa_supplicant-wlan0.conf").read_text()

    join(page, "Home", "correct horse")
    expect(page.get_by_text("The gateway has joined Home")).to_be_visible()
    status = alone.wait("the address", lambda s: s["hotspot"]["state"] == "off" and s["network"]["addresses"])
    assert [(one["interface"], one["address"]) for one in status["network"]["addresses"]] == [("wlan0", "192.168.1.30")]
    expect(page.locator("dd").filter(has_text="192.168.1.30")).to_be_visible()
    alone.glass_shows_what_it_says()
    kept = (alone.directory / "wpa_supplicant-wlan0.conf").read_text()
    assert 'ssid="Home"' in kept
    assert "correct horse" not in kept
    for log in alone.directory.glob("*.log"):
        assert "correct horse" not in log.read_text(), log.name
