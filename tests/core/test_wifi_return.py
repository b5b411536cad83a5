"""While the hotspot is up, the gateway looks for its saved networks, and joins one that has come into reach."""

from itertools import pairwise

import pytest

from mapio_display.core.commands import ScanWifi, StartHotspot, StopHotspot
from mapio_display.core.facts.clock import Tick
from mapio_display.core.facts.hotspot import HotspotFound, HotspotRules, HotspotStarted, HotspotState, HotspotStopped
from mapio_display.core.facts.shutdown import StopRequested
from mapio_display.core.facts.update import UploadLost, UploadOpened
from mapio_display.core.facts.wifi import (
    FIRST_SCAN_S,
    SCAN_S,
    WifiFound,
    WifiNetwork,
    WifiSaved,
    WifiScanFailed,
    WifiScanned,
    WifiScanRequested,
    silent,
)
from mapio_display.core.facts.wifi_return import MOST_S
from mapio_display.core.reduce import wake_at
from mapio_display.core.ssid import Security
from tests.core.conftest import Transcript
from tests.core.test_wifi import AFTER_S, HOME, OLD, OWN, WIFI, alone, hotspot, network

__all__ = ["alone"]  # a fixture

FIRST_S = 120.0
NEAR = WifiNetwork(HOME, -60, Security.WPA2)


@pytest.fixture
def saved(alone: Transcript) -> Transcript:
    """The hotspot is up, and of the saved networks none is in reach."""
    alone.feed(WifiSaved((HOME, OLD)))
    return alone


def pass_on(gateway: Transcript, seconds: float) -> tuple[object, ...]:
    gateway.mono += seconds
    return gateway.feed(Tick())


def up_again(gateway: Transcript) -> None:
    """The hotspot was taken down, no network came, and it is up again."""
    gateway.feed(network(), HotspotStopped())
    assert pass_on(gateway, AFTER_S) == (StartHotspot(),)
    gateway.feed(HotspotStarted("MAPIO", "k7xq4nzt2h"), network(OWN))
    assert hotspot(gateway) is HotspotState.ON


def test_a_saved_network_that_has_come_ends_the_hotspot_and_is_joined(saved: Transcript) -> None:
    assert wake_at(saved.snapshot) == saved.mono + FIRST_S
    assert pass_on(saved, FIRST_S) == (ScanWifi(over_hotspot=True),)
    assert saved.feed(WifiScanned((NEAR,))) == (StopHotspot(),)
    saved.feed(network(), HotspotStopped())
    assert hotspot(saved) is HotspotState.OFF
    saved.feed(network(WIFI))
    assert saved.snapshot.hotspot.deadline is None
    assert saved.snapshot.wifi.search.at is None


def test_what_is_in_reach_and_not_saved_ends_nothing(saved: Transcript) -> None:
    saved.feed(WifiSaved((OLD,)))
    pass_on(saved, FIRST_S)
    assert saved.feed(WifiScanned((NEAR,))) == ()
    assert hotspot(saved) is HotspotState.ON


def test_one_that_was_there_before_does_not_interrupt_who_enters_its_new_password(saved: Transcript) -> None:
    saved.feed(WifiScanRequested(), WifiScanned((NEAR,)))
    pass_on(saved, FIRST_S)
    assert saved.feed(WifiScanned((NEAR,))) == ()
    assert hotspot(saved) is HotspotState.ON


def test_one_that_came_and_could_not_be_joined_ends_it_once(saved: Transcript) -> None:
    pass_on(saved, FIRST_S)
    saved.feed(WifiScanned((NEAR,)))
    up_again(saved)
    for _ in range(10):
        assert pass_on(saved, MOST_S) == (ScanWifi(over_hotspot=True),)
        assert saved.feed(WifiScanned((NEAR,))) == ()


def test_without_a_saved_network_it_does_not_look(alone: Transcript) -> None:
    assert wake_at(alone.snapshot) is None
    assert pass_on(alone, 10 * MOST_S) == ()


def test_it_looks_less_and_less_often_until_there_was_a_network(saved: Transcript) -> None:
    looks: list[float] = []
    while len(looks) < 8:
        at = wake_at(saved.snapshot)
        assert at is not None
        looks.append(at)
        assert pass_on(saved, at - saved.mono) == (ScanWifi(over_hotspot=True),)
        saved.feed(WifiScanned(()))
    assert [later - earlier for earlier, later in pairwise(looks)] == [240, 480, *[MOST_S] * 5]
    saved.feed(network(OWN, WIFI))
    saved.feed(network(WIFI), HotspotStopped())
    assert saved.snapshot.wifi.search.every_s == FIRST_S


def test_a_scan_of_a_person_is_not_acted_on_and_begins_the_wait_anew(saved: Transcript) -> None:
    pass_on(saved, FIRST_S - 1)
    saved.feed(WifiScanRequested())
    assert saved.feed(WifiScanned((NEAR,))) == ()
    assert wake_at(saved.snapshot) == saved.mono + FIRST_S


def test_a_scan_that_a_person_waits_for_too_is_not_acted_on(saved: Transcript) -> None:
    pass_on(saved, FIRST_S)
    assert saved.feed(WifiScanRequested()) == ()
    assert saved.feed(WifiScanned((NEAR,))) == ()
    assert hotspot(saved) is HotspotState.ON


@pytest.mark.parametrize("end", [WifiScanFailed(silent("gone")), Tick()])
def test_a_scan_that_fails_or_never_ends_is_made_again_later(saved: Transcript, end: WifiScanFailed | Tick) -> None:
    pass_on(saved, FIRST_S)
    saved.mono += SCAN_S
    saved.feed(end)
    assert wake_at(saved.snapshot) == saved.mono + 2 * FIRST_S
    assert hotspot(saved) is HotspotState.ON


def test_during_an_update_it_does_not_look_and_what_it_found_waits_for_the_end(saved: Transcript) -> None:
    pass_on(saved, FIRST_S)
    saved.feed(UploadOpened("a", "a.raucb", 5))
    assert saved.feed(WifiScanned((NEAR,))) == ()
    assert pass_on(saved, 10) == ()
    assert StopHotspot() in saved.feed(UploadLost("a"))


def test_after_a_restart_of_the_daemon_beside_the_hotspot_it_looks_too(running: Transcript) -> None:
    running.feed(HotspotFound(HotspotRules("wlan0_ap", OWN.address)), HotspotStarted("MAPIO", "k7xq4nzt2h"))
    running.feed(WifiFound("wlan0", True), WifiSaved((HOME,)), network(OWN))
    pass_on(running, FIRST_SCAN_S)
    running.feed(WifiScanned(()))
    assert pass_on(running, FIRST_S) == (ScanWifi(over_hotspot=True),)
    assert running.feed(WifiScanned((NEAR,))) == (StopHotspot(),)


def test_a_shutdown_is_not_disturbed(saved: Transcript) -> None:
    saved.feed(StopRequested())
    assert pass_on(saved, FIRST_S) == ()
    assert wake_at(saved.snapshot) is None
