"""When the hotspot comes up and when it goes: by network, web server, update and time."""

import json

import pytest

from mapio_display.core.commands import StartHotspot, StopHotspot
from mapio_display.core.facts.buttons import Button, ButtonPressed, ButtonReleased
from mapio_display.core.facts.clock import Tick
from mapio_display.core.facts.event import Event
from mapio_display.core.facts.hotspot import (
    COME_UP_S,
    HotspotFailed,
    HotspotFound,
    HotspotRules,
    HotspotStarted,
    HotspotState,
    HotspotStopped,
)
from mapio_display.core.facts.network import Address, NetworkChanged
from mapio_display.core.facts.rauc import RaucFound, SlotsRead
from mapio_display.core.facts.shutdown import StopRequested
from mapio_display.core.facts.update import CancelRequested, UploadLost, UploadOpened
from mapio_display.core.facts.web import WebListening, WebSwitched
from mapio_display.core.front.names import View
from mapio_display.core.front.view import current_view
from mapio_display.core.message import message, prose
from mapio_display.core.reduce import wake_at
from mapio_display.core.status import from_json, to_json
from mapio_display.words.catalogue import ENGLISH
from tests.core.conftest import Transcript

AFTER_S = 60.0
RULES = HotspotRules("wlan0_ap", "10.50.0.1", AFTER_S)
OWN = Address("wlan0_ap", "10.50.0.1")
CABLE = Address("eth0", "192.168.1.20")
WIFI = Address("wlan0", "192.168.1.21")
STARTED = HotspotStarted("MAPIO", "correct horse")


def network(*addresses: Address) -> NetworkChanged:
    return NetworkChanged(None, addresses, "mapio")


@pytest.fixture
def alone(running: Transcript) -> Transcript:
    """A gateway that can be an access point and has no network."""
    running.feed(HotspotFound(RULES))
    return running


@pytest.fixture
def up(alone: Transcript) -> Transcript:
    """A gateway whose hotspot is up."""
    alone.mono += AFTER_S
    alone.feed(Tick(), STARTED, network(OWN))
    return alone


def up_with(*views: str) -> Transcript:
    """The same with these views beside the hotspot's."""
    gateway = Transcript()
    gateway.start(views=views)
    gateway.feed(WebListening(80), SlotsRead((), None), RaucFound(None), HotspotFound(RULES))
    gateway.mono += AFTER_S
    gateway.feed(Tick(), STARTED, network(OWN))
    return gateway


def state(gateway: Transcript) -> HotspotState | None:
    return gateway.snapshot.hotspot.state


def test_without_a_network_it_starts_after_a_while_and_is_up_when_it_has_its_address(alone: Transcript) -> None:
    assert wake_at(alone.snapshot) == alone.mono + AFTER_S
    alone.mono += AFTER_S - 1
    assert alone.feed(Tick()) == ()
    alone.mono += 1
    assert alone.feed(Tick()) == (StartHotspot(),)
    alone.feed(STARTED)
    assert state(alone) is HotspotState.STARTING
    alone.feed(network(OWN))
    assert state(alone) is HotspotState.ON
    assert wake_at(alone.snapshot) is None


@pytest.mark.parametrize("address", [CABLE, WIFI])
def test_a_network_in_time_lets_it_be_for_this_boot(alone: Transcript, address: Address) -> None:
    alone.feed(network(address))
    alone.mono += AFTER_S
    assert alone.feed(Tick()) == ()
    alone.feed(network())
    alone.mono += 10 * AFTER_S
    assert alone.feed(Tick()) == ()


@pytest.mark.parametrize("address", [Address("wg0", "10.8.0.6", house=False), Address("wpan0", "fd12::1", house=False)])
def test_an_address_that_leads_to_no_house_network_neither_keeps_it_away_nor_takes_it_down(
    alone: Transcript, address: Address
) -> None:
    alone.feed(network(address))
    alone.mono += AFTER_S
    assert alone.feed(Tick()) == (StartHotspot(),)
    alone.feed(STARTED, network(address, OWN))
    assert state(alone) is HotspotState.ON
    assert alone.snapshot.host == OWN.address
    assert alone.feed(network(OWN), network(OWN, address)) == ()


@pytest.mark.parametrize("interface", ["wlan0", "wlan1"])
def test_where_the_configuration_names_another_interface_it_goes_by_its_address(interface: str) -> None:
    gateway = Transcript()
    gateway.start()
    gateway.feed(WebListening(80), HotspotFound(HotspotRules(interface, OWN.address, AFTER_S)))
    gateway.mono += AFTER_S
    gateway.feed(Tick(), STARTED)
    assert gateway.feed(network(OWN, Address("wlan0_ap", "fd00::1"))) == ()
    assert state(gateway) is HotspotState.ON
    assert gateway.feed(network(OWN, CABLE)) == (StopHotspot(),)


@pytest.mark.parametrize("left_over", [WIFI, Address("wlan0", "169.254.7.7")])
def test_on_one_interface_with_the_station_an_address_left_over_from_it_is_no_network(left_over: Address) -> None:
    own = Address("wlan0", "10.50.0.1")
    gateway = Transcript()
    gateway.start()
    gateway.feed(WebListening(80), HotspotFound(HotspotRules("wlan0", own.address, AFTER_S)))
    gateway.mono += AFTER_S
    gateway.feed(Tick(), STARTED)
    assert gateway.feed(network(left_over), network(left_over, own)) == ()
    assert state(gateway) is HotspotState.ON
    assert gateway.feed(WebSwitched(enabled=False))[-1] == StopHotspot()
    gateway.feed(HotspotStopped(), WebSwitched(enabled=True), network(own, left_over))
    assert wake_at(gateway.snapshot) is None, "off, it is the station's"


def test_a_network_that_comes_and_goes_while_it_is_switched_off_leads_to_one_that_is_up_again(up: Transcript) -> None:
    assert StopHotspot() in up.feed(network(OWN, CABLE))
    assert up.feed(network(OWN), network(CABLE), network()) == ()
    assert state(up) is HotspotState.STOPPING
    up.feed(HotspotStopped())
    up.mono += AFTER_S - 1
    assert up.feed(Tick()) == ()
    up.mono += 1
    assert up.feed(Tick()) == (StartHotspot(),)
    assert up.feed(network(CABLE)) == (StopHotspot(),)
    assert up.feed(STARTED) == ()
    up.feed(HotspotStopped())
    assert (state(up), wake_at(up.snapshot)) == (HotspotState.OFF, None)


def test_its_own_address_without_it_is_no_network(alone: Transcript) -> None:
    alone.feed(network(OWN))
    alone.mono += AFTER_S
    assert alone.feed(Tick()) == (StartHotspot(),)


def test_a_gateway_that_cannot_be_an_access_point_never_is_one(running: Transcript) -> None:
    running.mono += 10 * AFTER_S
    assert running.feed(Tick(), WebSwitched(enabled=False), WebSwitched(enabled=True), Tick()) == ()
    assert running.feed(STARTED) == ()
    assert state(running) is None


@pytest.mark.parametrize("event", [network(OWN, CABLE), WebSwitched(enabled=False)])
def test_a_network_and_the_web_servers_end_take_it_down(up: Transcript, event: Event) -> None:
    assert StopHotspot() in up.feed(event)
    assert up.feed(network(CABLE)) == ()
    up.feed(HotspotStopped())
    assert (state(up), up.snapshot.hotspot.password) == (HotspotState.OFF, None)


def test_turned_on_again_with_the_web_server_it_waits_as_long_as_before(up: Transcript) -> None:
    up.feed(WebSwitched(enabled=False), network(), HotspotStopped())
    assert wake_at(up.snapshot) is None
    up.feed(WebSwitched(enabled=True))
    assert wake_at(up.snapshot) == up.mono + AFTER_S
    up.mono += AFTER_S
    assert up.feed(Tick()) == (StartHotspot(),)


def test_a_change_of_mind_in_the_middle_is_handled_when_it_is_down(up: Transcript) -> None:
    up.feed(WebSwitched(enabled=False), network(), WebSwitched(enabled=True))
    assert state(up) is HotspotState.STOPPING
    up.feed(HotspotStopped())
    assert wake_at(up.snapshot) == up.mono + AFTER_S


def test_during_an_update_nothing_is_switched(up: Transcript) -> None:
    up.feed(UploadOpened("u1", "good.raucb", 100), network(OWN, CABLE))
    assert state(up) is HotspotState.ON
    assert StopHotspot() in up.feed(CancelRequested())


def test_a_deadline_in_an_update_wakes_nobody(alone: Transcript) -> None:
    alone.feed(UploadOpened("u1", "good.raucb", 100))
    alone.mono += AFTER_S
    assert wake_at(alone.snapshot) is None
    assert alone.feed(Tick()) == ()
    assert StartHotspot() in alone.feed(CancelRequested())


def test_a_daemon_that_ends_leaves_it_as_it_is(alone: Transcript) -> None:
    alone.feed(StopRequested())
    alone.mono += AFTER_S
    assert alone.feed(Tick()) == ()


def test_one_that_is_up_already_is_taken_over(alone: Transcript) -> None:
    alone.feed(STARTED, network(OWN))
    assert (state(alone), alone.snapshot.hotspot.ssid) == (HotspotState.ON, "MAPIO")


def test_one_that_does_not_come_up_is_taken_down_and_tried_again(alone: Transcript) -> None:
    alone.mono += AFTER_S
    alone.feed(Tick(), STARTED)
    alone.mono += COME_UP_S
    assert alone.feed(Tick()) == (StopHotspot(),)
    alone.feed(HotspotStopped())
    assert alone.snapshot.hotspot.error == message("hotspot-no-address", interface="wlan0_ap", address="10.50.0.1")
    alone.mono += AFTER_S
    assert alone.feed(Tick()) == (StartHotspot(),)
    alone.feed(STARTED, network(OWN))
    assert alone.snapshot.hotspot.error is None


def test_one_that_fails_is_taken_down_at_once_and_its_reason_stays(alone: Transcript) -> None:
    alone.mono += AFTER_S
    alone.feed(Tick())
    assert alone.feed(HotspotFailed(prose("no"))) == (StopHotspot(),)
    alone.feed(HotspotFailed(prose("no interface")))
    assert (state(alone), alone.snapshot.hotspot.error) == (HotspotState.OFF, prose("no interface"))
    assert wake_at(alone.snapshot) == alone.mono + AFTER_S


def test_one_that_loses_its_address_has_a_while_to_get_it_back(up: Transcript) -> None:
    up.feed(network())
    assert state(up) is HotspotState.STARTING
    up.feed(network(OWN))
    assert state(up) is HotspotState.ON
    up.feed(network())
    up.mono += COME_UP_S
    assert up.feed(Tick()) == (StopHotspot(),)


def test_its_view_is_the_first_while_it_is_up(up: Transcript) -> None:
    assert current_view(up.snapshot) == View.HOTSPOT
    turned = []
    for _ in range(2):
        up.feed(ButtonPressed(Button.DOWN, up.mono))
        turned.append(current_view(up.snapshot))
    assert turned == ["home", View.HOTSPOT]
    up.feed(network(CABLE))
    assert current_view(up.snapshot) == "home"


def test_another_address_on_its_interface_is_no_network_while_it_is_up(up: Transcript) -> None:
    assert up.feed(network(OWN, Address("wlan0_ap", "fd00::1"))) == ()
    assert state(up) is HotspotState.ON


def test_who_turns_the_web_server_off_stays_at_its_view_and_can_turn_it_on_again() -> None:
    play = up_with("home", "webserver")
    for button in (Button.DOWN, Button.DOWN, Button.MID):
        play.feed(ButtonPressed(button, play.mono), ButtonReleased(button, play.mono))
    assert (state(play), play.snapshot.web.enabled) == (HotspotState.STOPPING, False)
    assert current_view(play.snapshot) == "webserver"
    play.feed(ButtonPressed(Button.MID, play.mono), ButtonReleased(Button.MID, play.mono))
    assert (play.snapshot.web.enabled, current_view(play.snapshot)) == (True, "webserver")


def test_a_finger_on_its_view_does_not_act_on_the_one_that_comes_under_it() -> None:
    play = up_with("webserver", "home")
    play.feed(ButtonPressed(Button.MID, play.mono))
    play.feed(network(CABLE), ButtonReleased(Button.MID, play.mono))
    assert (current_view(play.snapshot), play.snapshot.web.enabled) == ("webserver", True)


def test_its_view_goes_with_it_also_where_a_button_chose_it(up: Transcript) -> None:
    up.feed(UploadOpened("u1", "good.raucb", 100), UploadLost("u1"))
    assert current_view(up.snapshot) is View.RESULT
    up.feed(ButtonPressed(Button.DOWN, up.mono))
    assert current_view(up.snapshot) == View.HOTSPOT
    up.feed(network(CABLE))
    assert current_view(up.snapshot) is View.RESULT
    up.feed(ButtonPressed(Button.DOWN, up.mono))
    assert current_view(up.snapshot) == "home"


def test_the_status_reports_it_but_not_its_password(up: Transcript) -> None:
    status = to_json(up.snapshot, ENGLISH.say)
    assert status["hotspot"] == {"state": "on", "ssid": "MAPIO", "error": None}
    assert "correct horse" not in json.dumps(status)
    assert "correct horse" not in repr(up.snapshot)
    assert to_json(from_json(json.loads(json.dumps(status))), ENGLISH.say) == status
