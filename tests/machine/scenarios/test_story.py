"""A gateway's days, one test after another: switched on, used, restarted, updated, and switched off."""

import time

import pytest

from tests.machine.gateway import Gateway, Status
from tests.machine.image.make import NEXT
from tests.machine.machines import SEED, Machines
from tests.machine.update import VERSIONS, Update, goes_through, idle, rolls_back
from tests.soak import glass
from tests.soak.checks import booted
from tests.soak.glass import HEADLINE, shows

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


def test_reboot_typed_on_the_console_says_so_on_the_glass(gateway: Gateway) -> None:
    before = gateway.wait("rest", idle)
    here = gateway.console.here
    gateway.console.type("reboot")
    at = gateway.console.expect("Slot A starts", here, 600).end()
    assert shows(gateway.board.glass(), "Restarting", HEADLINE)
    gateway.comes_up(at)
    status = gateway.wait("the view on the glass", gateway.shows, 60)
    assert status["boot_id"] != before["boot_id"]
    assert status["last_update"] is None
    assert gateway.console.sh("fw_printenv -n BOOT_A_LEFT") == "3"
    assert gateway.board.chip.violations == []


def test_an_update_by_http_starts_the_other_slot(gateway: Gateway, machines: Machines) -> None:
    machines.updates.append(goes_through(gateway))
    order, left = gateway.console.sh("fw_printenv -n BOOT_ORDER; fw_printenv -n BOOT_B_LEFT").splitlines()
    assert (order, left) == ("B A", "3")


def test_a_system_that_does_not_start_is_given_up_after_three_attempts(gateway: Gateway, machines: Machines) -> None:
    machines.updates.append(rolls_back(gateway))


def test_an_update_whose_power_is_cut_while_the_slot_is_written(gateway: Gateway, machines: Machines) -> None:
    update = Update(gateway, NEXT)
    gateway.wait("half of the installation", lambda now: (now["update"]["percent"] or 0) >= 60 and installs(now))
    lost = gateway.cut(SEED)
    assert lost.unsure > 0
    update.power_ups.append((0, gateway.facts()))
    running = update.before["os"]["version"]
    assert not list(glass.lies(gateway.board.glass(), running=running, others=VERSIONS, updated=False))
    gateway.boot()
    status = gateway.wait("the verdict", lambda now: idle(now) and now["last_update"] != update.before["last_update"])
    assert status["last_update"]["result"] == "interrupted"
    assert (booted(status), status["os"]["version"]) == (update.source, running)
    gateway.wait("the view on the glass", gateway.shows, 60)
    assert shows(gateway.board.glass(), "Interrupted", HEADLINE)
    assert update.findings(status) == []
    assert gateway.http("POST", "/api/update/acknowledge")[0] < 300
    said = f"Update to {NEXT} was interrupted"  # black on white, because it has been read
    gateway.wait("the first view on the glass", lambda _: shows(gateway.board.glass(), said, 13), 60)


def installs(status: Status) -> bool:
    return bool(status["update"]["phase"] == "installing")


def test_power_off_typed_on_the_console_leaves_off_on_the_glass(gateway: Gateway) -> None:
    gateway.console.type("poweroff")
    gateway.goes_off()
    assert shows(gateway.board.glass(), "Off", HEADLINE)
    assert gateway.board.chip.asleep
    assert gateway.board.chip.violations == []
