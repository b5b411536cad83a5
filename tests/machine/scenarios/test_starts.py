"""Starts of a gateway that lacks something: its data partition, the time, its panel, a program, a module."""

import json
import time
from collections.abc import Callable

import pytest

from tests.machine.console import Late
from tests.machine.disk import tear_boot, unmount_data
from tests.machine.gateway import Gateway, Status
from tests.machine.image.make import FIRST, NEXT
from tests.machine.update import idle
from tests.soak.glass import shows

pytestmark = [pytest.mark.machine, pytest.mark.long, pytest.mark.timeout(3600)]


def until(what: str, holds: Callable[[], object], within_s: float = 600) -> None:
    """Wait for something that is not in the status."""
    ends_at = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > ends_at:
            raise Late(f"In {within_s:.0f} s this did not come about: {what}")
        time.sleep(0.2)


def failed(status: Status) -> bool:
    return bool(status["update"]["phase"] == "failed")


def refusal(gateway: Gateway) -> str:
    """Send a bundle and have it refused; gives the code."""
    code, body = gateway.upload(gateway.delivered.bundles[NEXT])
    answer = json.loads(body)
    assert code >= 400, answer
    return str(answer["error"]["code"])


def test_a_data_partition_that_is_late_is_waited_for(spare: Gateway) -> None:
    pin = spare.pin  # of the gateway as it was before
    here = spare.switch_on(words="data=75")
    until("the wait on the glass", lambda: shows(spare.board.glass(), "Waiting for the data partition", 13))
    assert spare.status() is None
    spare.comes_up(here)
    status = spare.wait("the view on the glass", lambda now: idle(now) and spare.shows(now))
    assert spare.pin == pin
    assert status["data_partition"] == "there"
    assert status["system"]["data_writable"]
    assert spare.console.sh("systemctl is-active rauc-mark-good; fw_printenv -n BOOT_A_LEFT").split() == ["active", "3"]
    assert not spare.console.sh("systemctl --failed --no-legend --plain")
    assert spare.board.chip.violations == []


def test_a_data_partition_that_never_comes_is_reported_on_the_panel(spare: Gateway) -> None:
    spare.switch_on(words="data=missing systemd.default_device_timeout_sec=20")
    until(
        "the partition's absence on the glass",
        lambda: shows(spare.board.glass(), "No updates: no data partition", 13, white=True),
    )
    assert shows(spare.board.glass(), f"OS {FIRST}", 13, white=True)
    assert spare.board.chip.violations == []


def test_a_data_partition_that_cannot_be_written_takes_no_bundle(spare: Gateway) -> None:
    unmount_data(spare.disk)
    spare.boot(words="data=readonly")
    status = spare.wait("the view on the glass", lambda now: idle(now) and spare.shows(now))
    assert status["system"]["data_writable"] is False
    assert shows(spare.board.glass(), "No updates: data is read-only", 13, white=True)
    assert refusal(spare) == "read-only"
    assert spare.board.chip.violations == []


def test_a_boot_partition_that_a_power_cut_tore_is_repaired_before_it_is_mounted(spare: Gateway) -> None:
    tear_boot(spare.disk)
    spare.boot()
    spare.wait("the view on the glass", lambda now: idle(now) and spare.shows(now))
    spare.console.sh("rauc status mark-good")  # writes the file anew, and so frees what it had
    assert spare.console.sh("findmnt --noheadings --output OPTIONS /boot").startswith("rw")


def test_a_clock_at_1970_refuses_a_bundle_until_it_is_right_and_its_jumps_end_no_update(spare: Gateway) -> None:
    spare.boot(clock="1970-01-01T00:00:00")
    sh = spare.console.sh
    spare.wait("the view on the glass", lambda now: idle(now) and spare.shows(now))
    sh("date --set 2020-01-01")
    assert refusal(spare) == "untrusted"
    status = spare.wait("the refusal on the glass", lambda now: failed(now) and spare.shows(now))
    assert "clock" in status["update"]["error"]["message"]
    assert spare.http("POST", "/api/update/acknowledge")[0] < 300
    sh(f"date --set @{int(time.time())}")
    spare.wait("rest", idle)
    here = spare.console.here
    assert spare.upload(spare.delivered.bundles[NEXT])[0] == 202
    for percent, jump in ((30, "+3 days"), (60, "-400 days")):
        spare.wait(f"{percent} % of the installation", lambda now: installs(now, percent))  # noqa: B023 - waits here
        sh(f"date --set '{jump}'")
    spare.comes_up(spare.console.expect("Slot B starts", here, 1200).end())
    status = spare.wait("the verdict", lambda now: idle(now) and now["last_update"] and spare.shows(now))
    assert (status["last_update"]["result"], status["os"]["version"]) == ("succeeded", NEXT)
    assert spare.board.chip.violations == []


def installs(status: Status, percent: int) -> bool:
    """Whether so much of the installation is done, or all of it."""
    update = status["update"]
    return bool(
        update["phase"] == "rebooting" or (update["phase"] == "installing" and (update["percent"] or 0) >= percent)
    )


def test_without_panel_timer_and_unsquashfs_the_page_says_what_is_missing(spare: Gateway) -> None:
    spare.board.absent = True
    spare.boot(words="module_blacklist=ledtrig_timer")
    spare.wait("the panel's absence", lambda now: now["panel"]["state"] == "not-responding" and now["daemon"]["ready"])
    assert spare.http("GET", "/")[0] == 200
    assert "timer" not in spare.console.sh("cat /sys/class/leds/LED3_G/trigger")
    spare.line("CHG_CHG_N", 0)
    spare.wait("charging", lambda now: now["power"]["charging"], 60)
    until("a steady light", lambda: spare.led("LED3_G") == "on", 60)
    spare.console.sh("mv /usr/bin/unsquashfs /usr/bin/unsquashfs.away")
    assert refusal(spare) == "install-failed"
    status = spare.wait("the refusal", failed)
    assert "unsquashfs" in status["update"]["error"]["message"]
    assert spare.http("POST", "/api/update/acknowledge")[0] < 300
    spare.board.absent = False  # it is plugged in
    spare.wait("the view on the glass", lambda now: now["panel"]["state"] == "ok" and spare.shows(now))
    assert spare.board.chip.violations == []
