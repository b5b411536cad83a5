"""A gateway that is switched on, used, and restarted."""

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
