"""A gateway that is switched on, used, and restarted."""

import time

import pytest

from tests.machine.gateway import Gateway

pytestmark = [pytest.mark.machine, pytest.mark.timeout(3600)]


def test_it_boots_and_shows_what_it_is_at(gateway: Gateway) -> None:
    sh = gateway.console.sh
    assert sh("systemctl is-active mapio-display mapio-display-ready boot-complete.target rauc-mark-good") == (
        "active\nactive\nactive\nactive"
    )
    assert not sh("systemctl --failed --no-legend --plain")
    assert "(A)" in sh("rauc status | grep 'Booted from'")
    assert sh("fw_printenv -n BOOT_ORDER; fw_printenv -n BOOT_A_LEFT").split() == ["A", "B", "3"]
    assert sh("findmnt -n -o FSTYPE,SOURCE /usr/local").split() == ["ext4", "/dev/vda4"]
    status = gateway.wait("the view on the glass", gateway.shows, 60)
    assert status["os"]["version"] == "2.1"
    assert status["panel"]["state"] == "ok"
    assert status["rauc"]["available"]
    assert "10.0.2.15" in [address["address"] for address in status["network"]["addresses"]]
    assert gateway.http("GET", "/")[0] == 200
    assert gateway.board.chip.violations == []


def test_up_and_down_turn_the_panel_to_its_views(gateway: Gateway) -> None:
    def turns(button: str, view: str) -> None:
        gateway.press(button)
        gateway.wait(f"the view {view}", lambda status: status["panel"]["view"] == view, 60)

    for view in ("webserver", "system", "status", "home"):
        turns("BUTTON_DOWN", view)
    for view in ("status", "system"):
        turns("BUTTON_UP", view)
    gateway.wait("the view on the glass", gateway.shows, 60)
    for view in ("webserver", "home"):
        turns("BUTTON_UP", view)
    gateway.wait("the view on the glass", gateway.shows, 60)
    assert gateway.board.chip.violations == []


def test_the_lights_follow_the_charger(gateway: Gateway) -> None:
    def becomes(**wanted: str) -> None:
        ends_at = time.monotonic() + 60
        while (found := {led: gateway.led(led) for led in wanted}) != wanted:
            assert time.monotonic() < ends_at, f"{found}, not {wanted}"
            time.sleep(0.2)

    becomes(LED1_R="off", LED1_G="on", LED1_B="off", LED3_R="off", LED3_G="on")
    gateway.line("CHG_CHG_N", 0)
    gateway.wait("charging", lambda status: status["power"]["charging"], 60)
    becomes(LED1_G="on", LED3_R="off", LED3_G="blinking")
    gateway.line("CHG_CHG_N", 1)
    gateway.line("CHG_ACOK_N", 1)
    gateway.line("CHG_BOOST_N", 0)
    gateway.wait("on battery", lambda status: status["power"]["mains"] is False, 60)
    becomes(LED1_G="on", LED3_R="on", LED3_G="on")
    gateway.line("CHG_ACOK_N", 0)
    gateway.line("CHG_BOOST_N", 1)
    gateway.wait("mains", lambda status: status["power"]["mains"], 60)
    becomes(LED3_R="off", LED3_G="on")
    becomes(LED2_R="off", LED2_G="off", LED2_B="off")
