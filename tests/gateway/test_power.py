"""The power goes in the middle of an update: whatever the moment, the next boot tells truly what became of it."""

import random
import signal
import time
from typing import Any

import pytest

from mapio_display.core.front.names import View
from tests.gateway.conftest import Demo
from tests.gateway.test_failures import caught_installing, half_an_upload, sent_in_the_background

pytestmark = [pytest.mark.xdist_group("gateway-power"), pytest.mark.timeout(200)]

OTHER = {"A": "B", "B": "A"}
LONGEST_S = 2.5  # from the first byte to the request to reboot; most happens in the first second of it


def cut_power(gateway: Demo) -> dict[str, Any]:
    """Take the power away and give it back, and wait until the next boot has judged what it found."""
    boot_id = gateway.boot_id()  # an update may have restarted the gateway already
    gateway.process.send_signal(signal.SIGUSR1)
    return gateway.wait(
        "the boot after the power cut",
        lambda s: (
            s["boot_id"] != boot_id
            and s["daemon"]["ready"]
            and s["rauc"]["available"]
            and s["slots"]
            and s["update"]["phase"] == "idle"
            and s["panel"]["view"] in ("home", View.RESULT)  # and not the first frame still
        ),
    )


def booted(status: dict[str, Any]) -> str:
    return str(next(slot["bootname"] for slot in status["slots"] if slot["state"] == "booted"))


def test_at_rest_the_gateway_comes_up_as_it_was(gateway: Demo) -> None:
    before, pin = gateway.at_rest(), gateway.facts["pin"]
    after = cut_power(gateway)
    assert (after["os"], booted(after), after["last_update"]) == (before["os"], booted(before), before["last_update"])
    assert gateway.facts["pin"] == pin
    gateway.glass_shows_what_it_says()


def test_in_the_transfer_the_update_was_interrupted(gateway: Demo) -> None:
    before = gateway.at_rest()
    with half_an_upload(gateway):
        after = cut_power(gateway)
    assert after["last_update"]["result"] == "interrupted"
    assert "during the transfer" in after["last_update"]["reason"]
    assert after["os"] == before["os"]
    gateway.store_is_emptied()
    gateway.glass_shows(View.RESULT)


def test_in_the_installation_the_old_system_stays_and_a_new_update_goes_through(gateway: Demo) -> None:
    before = gateway.at_rest()
    source = booted(before)
    thread, _ = sent_in_the_background(gateway, "good")
    caught_installing(gateway)
    after = cut_power(gateway)
    thread.join()
    assert after["last_update"]["result"] == "interrupted"
    assert "in the middle of the installation" in after["last_update"]["reason"]
    assert (after["os"], booted(after)) == (before["os"], source)
    gateway.store_is_emptied()
    gateway.glass_shows(View.RESULT)

    assert gateway.upload("good").status == 202
    then = gateway.after_reboot(after["boot_id"])
    assert (then["last_update"]["result"], then["os"]["version"], booted(then)) == ("succeeded", "2.2", OTHER[source])


@pytest.mark.parametrize("seed", range(8))
def test_at_any_moment_the_verdict_is_true(gateway: Demo, seed: int) -> None:
    before = gateway.at_rest()
    source = booted(before)
    thread, _ = sent_in_the_background(gateway, "older" if before["os"]["version"] == "2.2" else "good")
    moment = random.Random(seed).random() ** 2 * LONGEST_S
    time.sleep(moment)
    after = cut_power(gateway)
    thread.join()

    last = after["last_update"]
    if last == before["last_update"]:  # the power went before the first byte was there
        assert (after["os"], booted(after)) == (before["os"], source)
    elif last["result"] == "succeeded":
        assert booted(after) == last["slot"] == OTHER[source]
        assert after["os"]["version"] == last["to_version"] == gateway.slot_version(OTHER[source])
    else:
        assert last["result"] == "interrupted", moment
        assert (after["os"], booted(after)) == (before["os"], source)
        assert gateway.uboot()["BOOT_ORDER"].split()[0] == source, "only while the old slot is still primary"
    assert last == before["last_update"] or last["from_version"] == before["os"]["version"]
    gateway.store_is_emptied()
    gateway.glass_shows_what_it_says()
