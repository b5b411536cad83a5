"""Joining a Wi-Fi, step by step: the hotspot goes and comes back, and what goes wrong is reported as a code."""

import json

import pytest

from mapio_display.core.commands import (
    ConnectWifi,
    ForgetWifi,
    KeepWifi,
    LeaveWifi,
    PrepareWifi,
    ScanWifi,
    SetWifiCountry,
    StartHotspot,
    StopHotspot,
)
from mapio_display.core.facts import wifi
from mapio_display.core.facts.buttons import Button, ButtonPressed
from mapio_display.core.facts.clock import Tick
from mapio_display.core.facts.event import Event
from mapio_display.core.facts.hotspot import HotspotFound, HotspotRules, HotspotStarted, HotspotState, HotspotStopped
from mapio_display.core.facts.network import Address, NetworkChanged
from mapio_display.core.facts.update import UploadOpened
from mapio_display.core.facts.wifi import (
    FIRST_SCAN_S,
    SCAN_S,
    WifiCountryRequested,
    WifiFileFailed,
    WifiForgetRequested,
    WifiFound,
    WifiJoined,
    WifiNetwork,
    WifiSaved,
    WifiScanFailed,
    WifiScanned,
    WifiScanRequested,
    WifiStage,
)
from mapio_display.core.facts.wifi_join import (
    ANSWER_S,
    JOIN_S,
    OLD_ADDRESS_S,
    PREPARE_S,
    RESULT_S,
    WifiConnected,
    WifiJoinFailed,
    WifiJoinRequested,
    WifiKept,
    WifiPrepared,
    WifiTrouble,
)
from mapio_display.core.front.names import View
from mapio_display.core.front.view import current_view
from mapio_display.core.reduce import wake_at
from mapio_display.core.ssid import Security, ssid_of
from mapio_display.core.status import from_json, to_json
from mapio_display.errors import NotNow, Refused
from mapio_display.words.catalogue import ENGLISH
from tests.core.conftest import Transcript

AFTER_S = 60.0
OWN = Address("wlan0_ap", "10.50.0.1")
WIFI = Address("wlan0", "192.168.1.30")
CABLE = Address("eth0", "192.168.1.20")
HOME = ssid_of(b"Home")
OLD = ssid_of(b"Old")
PASSWORD = "correct horse"
JOIN = WifiJoinRequested(HOME, PASSWORD, Security.WPA2)


def network(*addresses: Address) -> NetworkChanged:
    return NetworkChanged(None, addresses, "mapio")


@pytest.fixture
def cabled(running: Transcript) -> Transcript:
    """A gateway with Wi-Fi and a cable."""
    running.feed(HotspotFound(HotspotRules("wlan0_ap", OWN.address, AFTER_S)), network(CABLE), WifiFound("wlan0", True))
    return running


@pytest.fixture
def alone(running: Transcript) -> Transcript:
    """A gateway without a network, whose hotspot is up."""
    running.feed(HotspotFound(HotspotRules("wlan0_ap", OWN.address, AFTER_S)), WifiFound("wlan0", True))
    running.mono += AFTER_S
    running.feed(Tick(), WifiScanned(()), HotspotStarted("MAPIO", "k7xq4nzt2h"), network(OWN))
    assert running.snapshot.hotspot.state is HotspotState.ON
    return running


def hotspot(gateway: Transcript) -> HotspotState | None:
    return gateway.snapshot.hotspot.state


def stage(gateway: Transcript) -> WifiStage | None:
    joining = gateway.snapshot.wifi.joining
    return None if joining is None else joining.stage


def error(gateway: Transcript) -> str | None:
    failure = gateway.snapshot.wifi.error
    return None if failure is None else failure.code


def connecting(gateway: Transcript) -> None:
    """As far as looking for the network, the hotspot down."""
    gateway.feed(JOIN, WifiPrepared())
    gateway.mono += ANSWER_S
    assert gateway.feed(Tick()) == (StopHotspot(),)
    assert gateway.feed(network(), HotspotStopped()) == (ConnectWifi(),)


def test_over_the_hotspot_a_network_is_joined_and_kept_only_then(alone: Transcript) -> None:
    assert alone.feed(JOIN) == (PrepareWifi(HOME, PASSWORD, Security.WPA2, hidden=False),)
    assert alone.feed(WifiPrepared()) == ()
    assert hotspot(alone) is HotspotState.ON, "its answer reaches the phone first"
    assert wake_at(alone.snapshot) == alone.mono + ANSWER_S
    alone.mono += ANSWER_S
    assert alone.feed(Tick()) == (StopHotspot(),)
    assert alone.feed(network(), HotspotStopped()) == (ConnectWifi(),)
    assert alone.feed(WifiConnected(), WifiJoined(HOME)) == ()
    assert stage(alone) is WifiStage.ADDRESS
    assert alone.feed(network(Address("wlan0", "169.254.3.4"))) == (), "one that it gave itself"
    assert alone.feed(network(WIFI)) == (KeepWifi(),)
    alone.feed(WifiSaved((HOME,)), WifiKept())
    wifi = alone.snapshot.wifi
    assert (wifi.joining, wifi.joined, wifi.result, wifi.error) == (None, HOME, HOME, None)
    assert hotspot(alone) is HotspotState.OFF
    alone.mono += RESULT_S
    alone.feed(Tick())
    assert wake_at(alone.snapshot) is None


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (WifiJoinFailed(wifi.WRONG_PASSWORD), "wifi-wrong-password"),
        (WifiJoinFailed(wifi.silent("x")), "wifi-silent"),
    ],
)
def test_a_join_that_fails_says_why_and_brings_the_hotspot_back_at_once(
    alone: Transcript, event: Event, code: str
) -> None:
    connecting(alone)
    assert alone.feed(event) == (LeaveWifi(), StartHotspot())
    assert (stage(alone), error(alone), alone.snapshot.wifi.result) == (None, code, HOME)


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ((), "wifi-no-answer"),
        ((WifiTrouble(wifi.NOT_FOUND),), "wifi-not-found"),
        ((WifiTrouble(wifi.NOT_FOUND), WifiConnected()), "wifi-no-address"),
    ],
)
def test_without_success_in_45_seconds_the_hotspot_comes_back(
    alone: Transcript, events: tuple[Event, ...], code: str
) -> None:
    assert JOIN_S == 45
    connecting(alone)
    alone.feed(*events)
    assert wake_at(alone.snapshot) == alone.mono + JOIN_S
    alone.mono += JOIN_S - 1
    assert alone.feed(Tick()) == ()
    alone.mono += 1
    assert alone.feed(Tick()) == (LeaveWifi(), StartHotspot())
    assert error(alone) == code


def test_the_panel_shows_each_stage_and_the_end_and_the_hotspots_own_view_then_says_why(alone: Transcript) -> None:
    assert current_view(alone.snapshot) == View.HOTSPOT
    shown = []
    connecting(alone)
    for event in (WifiConnected(), WifiJoinFailed(wifi.NO_ADDRESS), HotspotStarted("MAPIO", "another"), network(OWN)):
        shown.append(current_view(alone.snapshot))
        alone.feed(event)
    assert shown == 4 * [View.WIFI]
    assert current_view(alone.snapshot) == View.HOTSPOT
    alone.feed(WifiFileFailed(wifi.NOT_FOUND), JOIN)
    assert current_view(alone.snapshot) == View.WIFI


def test_a_network_that_was_joined_is_shown_for_a_while(cabled: Transcript) -> None:
    cabled.feed(JOIN, WifiPrepared(), WifiConnected(), network(CABLE, WIFI), WifiKept())
    assert current_view(cabled.snapshot) == View.WIFI
    cabled.mono += RESULT_S
    cabled.feed(Tick())
    assert current_view(cabled.snapshot) == "home"


def test_a_finger_turns_away_from_a_join_and_back(cabled: Transcript) -> None:
    cabled.feed(JOIN)
    turned = []
    for button in (Button.DOWN, Button.UP):
        cabled.feed(ButtonPressed(button, cabled.mono))
        turned.append(current_view(cabled.snapshot))
    assert turned == ["home", View.WIFI]


def test_the_hotspot_waits_for_a_scan_that_its_start_would_cut_off(running: Transcript) -> None:
    running.feed(HotspotFound(HotspotRules("wlan0_ap", OWN.address, FIRST_SCAN_S)), WifiFound("wlan0", available=True))
    running.mono += FIRST_SCAN_S
    assert running.feed(Tick()) == (ScanWifi(),)
    assert wake_at(running.snapshot) == running.mono + SCAN_S
    assert running.feed(WifiScanned(())) == (StartHotspot(),)


def test_a_file_that_cannot_be_written_is_known_before_the_hotspot_goes(alone: Transcript) -> None:
    alone.feed(JOIN)
    alone.feed(WifiJoinFailed(wifi.not_saved("/etc/x cannot be written: Read-only file system")))
    assert (error(alone), hotspot(alone)) == ("wifi-file", HotspotState.ON)
    status = to_json(alone.snapshot, ENGLISH.say)
    assert "Read-only file system" in status["wifi"]["error"]["message"]
    alone.mono += ANSWER_S
    assert alone.feed(Tick()) == ()


def test_a_network_that_could_not_be_written_down_is_not_left(alone: Transcript) -> None:
    connecting(alone)
    alone.feed(WifiConnected(), network(WIFI))
    assert alone.feed(WifiJoinFailed(wifi.not_saved("disk full"))) == ()
    assert (stage(alone), error(alone)) == (None, "wifi-file")


def test_by_cable_nothing_is_switched_for_a_join(cabled: Transcript) -> None:
    assert cabled.feed(JOIN, WifiPrepared()) == (ConnectWifi(),)
    cabled.feed(WifiConnected())
    assert cabled.feed(network(CABLE, WIFI)) == (KeepWifi(),)
    cabled.feed(WifiKept())
    assert hotspot(cabled) is HotspotState.OFF


def test_from_one_network_to_another_the_old_address_is_no_success(cabled: Transcript) -> None:
    cabled.feed(network(WIFI), WifiJoined(OLD), JOIN, WifiPrepared())
    assert cabled.feed(WifiConnected()) == ()
    assert cabled.feed(network(WIFI)) == ()
    cabled.mono += OLD_ADDRESS_S
    assert cabled.feed(Tick()) == (KeepWifi(),), "the same router gave the same address"


def test_a_network_given_up_for_one_that_cannot_be_joined_leads_to_the_hotspot_if_it_does_not_come_back(
    cabled: Transcript,
) -> None:
    cabled.feed(network(WIFI), WifiJoined(OLD), JOIN, WifiPrepared(), WifiJoinFailed(wifi.WRONG_PASSWORD))
    cabled.mono += 3
    cabled.feed(network())
    assert cabled.snapshot.hotspot.deadline == cabled.mono + AFTER_S
    cabled.mono += AFTER_S
    assert StartHotspot() in cabled.feed(Tick())


def test_a_network_given_up_that_comes_back_leaves_the_hotspot_off(cabled: Transcript) -> None:
    cabled.feed(network(WIFI), JOIN, WifiPrepared(), WifiJoinFailed(wifi.WRONG_PASSWORD), network(), network(WIFI))
    cabled.mono += 2 * AFTER_S
    assert cabled.feed(Tick(), network()) == ()
    assert cabled.snapshot.hotspot.deadline is None


def test_two_at_once_are_one_and_a_refusal(alone: Transcript) -> None:
    alone.feed(JOIN)
    for request in (JOIN, WifiScanRequested(), WifiForgetRequested(HOME)):
        with pytest.raises(NotNow) as refused:
            alone.feed(request)
        assert refused.value.failure.code == "wifi-busy"


def test_during_an_update_nothing_is_joined_and_one_that_begins_ends_a_join(alone: Transcript) -> None:
    alone.feed(JOIN, WifiPrepared(), UploadOpened("u1", "good.raucb", 100))
    alone.mono += PREPARE_S
    alone.feed(Tick())
    assert (error(alone), hotspot(alone)) == ("update-under-way", HotspotState.ON)
    with pytest.raises(NotNow) as refused:
        alone.feed(JOIN)
    assert refused.value.failure.code == "update-under-way"


@pytest.mark.parametrize("found", [None, WifiFound("wlan0", available=False)])
def test_without_an_interface_every_request_is_refused(running: Transcript, found: Event | None) -> None:
    if found is not None:
        running.feed(found)
    for request in (JOIN, WifiScanRequested(), WifiForgetRequested(HOME)):
        with pytest.raises(NotNow) as refused:
            running.feed(request)
        assert refused.value.failure.code == "no-wifi"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (WifiJoinRequested(ssid_of(b""), PASSWORD), "wifi-ssid"),
        (WifiJoinRequested(ssid_of(33 * b"x"), PASSWORD), "wifi-ssid"),
        (WifiJoinRequested(HOME, "short12", Security.WPA2), "wifi-password"),
        (WifiJoinRequested(HOME, 64 * "x", Security.WPA2), "wifi-password"),
        (WifiJoinRequested(HOME, 64 * "f", Security.WPA3), "wifi-password"),
        (WifiJoinRequested(HOME, 32 * "é", Security.WPA2), "wifi-password"),
        (WifiJoinRequested(HOME, "with\nnewline", Security.WPA2), "wifi-password"),
        (WifiJoinRequested(HOME, "\udc80" + PASSWORD, Security.WPA2), "wifi-password"),
        (WifiJoinRequested(HOME, None, Security.WPA2), "wifi-password"),
        (WifiJoinRequested(HOME, PASSWORD, Security.OPEN), "wifi-password"),
        (WifiJoinRequested(HOME, "", None), "wifi-password"),
        (WifiJoinRequested(HOME, PASSWORD, Security.ENTERPRISE), "wifi-not-supported"),
        (WifiJoinRequested(HOME, PASSWORD, Security.OTHER), "wifi-not-supported"),
        (WifiForgetRequested(HOME), "wifi-not-saved"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(alone: Transcript, request_: Event, code: str) -> None:
    before = alone.snapshot
    with pytest.raises(Refused) as refused:
        alone.feed(request_)
    assert refused.value.failure.code == code
    assert alone.snapshot == before


@pytest.mark.parametrize(
    ("password", "security"),
    [
        (None, None),
        (None, Security.OPEN),
        ("8letters", Security.WPA3),
        (63 * "x", Security.WPA2_WPA3),
        ('a "b" # \\ é', Security.WPA2),
        (64 * "f", Security.WPA2),
        (32 * "aB", None),
    ],
)
def test_any_printable_password_of_the_right_length_is_taken(
    alone: Transcript, password: str | None, security: Security | None
) -> None:
    (prepare,) = alone.feed(WifiJoinRequested(HOME, password, security, hidden=True))
    assert prepare == PrepareWifi(HOME, password, security, hidden=True)


def test_scans_come_one_at_a_time_and_end(cabled: Transcript) -> None:
    assert cabled.feed(WifiScanRequested()) == (ScanWifi(),)
    assert cabled.feed(WifiScanRequested()) == ()
    scanning = cabled.snapshot.wifi
    cabled.mono += SCAN_S
    cabled.feed(Tick())
    assert (scanning.scanning, cabled.snapshot.wifi.scanning) == (True, False)
    assert cabled.snapshot.wifi.scan_error == wifi.silent("No scan results in time")
    cabled.feed(WifiScanRequested(), WifiScanFailed(wifi.silent("gone")))
    assert (cabled.snapshot.wifi.scanning, cabled.snapshot.wifi.scan_error) == (False, wifi.silent("gone"))


def test_a_scan_knows_whether_it_is_made_beside_the_hotspot(alone: Transcript) -> None:
    assert alone.feed(WifiScanRequested()) == (ScanWifi(over_hotspot=True),)


def test_networks_are_listed_once_each_the_strongest_first_and_not_without_end(cabled: Transcript) -> None:
    found = [WifiNetwork(ssid_of(f"n{at}".encode()), -80 - at % 7, Security.WPA2) for at in range(200)]
    both = [WifiNetwork(HOME, -70, Security.OPEN), WifiNetwork(HOME, -40, Security.WPA2)]
    cabled.feed(WifiSaved((HOME,)), WifiScanned((*found, *both)))
    networks = cabled.snapshot.wifi.networks
    assert networks[0] == WifiNetwork(HOME, -40, Security.WPA2, saved=True)
    assert [each.ssid for each in networks].count(HOME) == 1
    assert len(networks) == wifi.MOST_NETWORKS
    cabled.feed(WifiSaved(()))
    assert not cabled.snapshot.wifi.networks[0].saved


def test_the_gateways_own_hotspot_is_no_network_to_join(alone: Transcript) -> None:
    own, other = WifiNetwork(ssid_of(b"MAPIO"), -20, Security.WPA2), WifiNetwork(HOME, -60, Security.WPA2)
    alone.feed(WifiScanRequested(), WifiScanned((own, other)))
    assert alone.snapshot.wifi.networks == (other,)


def test_without_a_network_the_first_scan_comes_by_itself_before_the_hotspot(running: Transcript) -> None:
    running.feed(HotspotFound(HotspotRules("wlan0_ap", OWN.address, AFTER_S)), WifiFound("wlan0", available=True))
    running.mono += FIRST_SCAN_S
    assert running.feed(Tick()) == (ScanWifi(),)


def test_with_a_network_none_comes_by_itself(cabled: Transcript) -> None:
    cabled.mono += FIRST_SCAN_S
    assert cabled.feed(Tick()) == ()
    assert wake_at(cabled.snapshot) is None


def test_a_network_is_forgotten_and_where_it_was_in_use_the_hotspot_may_come(cabled: Transcript) -> None:
    cabled.feed(network(WIFI), WifiSaved((HOME,)), WifiJoined(HOME))
    assert cabled.feed(WifiForgetRequested(HOME)) == (ForgetWifi(HOME),)
    cabled.feed(WifiSaved(()), WifiJoined(None), network())
    assert cabled.snapshot.hotspot.deadline == cabled.mono + AFTER_S


def test_one_that_cannot_be_forgotten_says_why(cabled: Transcript) -> None:
    cabled.feed(WifiSaved((HOME,)), WifiForgetRequested(HOME), WifiFileFailed(wifi.not_saved("read-only")))
    assert (error(cabled), cabled.snapshot.wifi.saved) == ("wifi-file", (HOME,))


def test_the_password_is_in_no_snapshot_no_status_no_log_and_no_repr(alone: Transcript) -> None:
    (prepare,) = alone.feed(JOIN)
    everything = [repr(JOIN), repr(prepare), repr(alone.snapshot)]
    connecting_status = to_json(alone.snapshot, ENGLISH.say)
    alone.feed(WifiJoinFailed(wifi.WRONG_PASSWORD))
    everything += [json.dumps(connecting_status), json.dumps(to_json(alone.snapshot, ENGLISH.say)), str(alone.log)]
    assert not any(PASSWORD in text for text in everything)


def test_the_status_names_the_network_and_the_reason_and_reads_back(alone: Transcript) -> None:
    alone.feed(JOIN)
    status = to_json(alone.snapshot, ENGLISH.say)
    home = {"name": "Home", "octets": "486f6d65"}
    assert status["wifi"]["joining"] == {"ssid": home, "stage": "preparing"}
    assert to_json(from_json(json.loads(json.dumps(status))), ENGLISH.say) == status
    alone.feed(WifiJoinFailed(wifi.WRONG_PASSWORD))
    status = to_json(alone.snapshot, ENGLISH.say)
    assert status["wifi"]["error"]["code"] == "wifi-wrong-password"
    assert status["wifi"]["error"]["message"] == ENGLISH.say(wifi.WRONG_PASSWORD.message)
    assert status["wifi"]["result"] == home
    assert to_json(from_json(json.loads(json.dumps(status))), ENGLISH.say) == status


def test_a_name_of_any_bytes_is_one_line_of_the_log(alone: Transcript) -> None:
    evil = ssid_of(b"x\nError: y\x1b[2J\xff")
    alone.feed(WifiJoinRequested(evil, PASSWORD), WifiJoinFailed(wifi.NOT_FOUND))
    assert any("\\n" in line.text for line in alone.log)
    assert not any("\n" in line.text or "\x1b" in line.text for line in alone.log)


@pytest.mark.parametrize(
    "name", [name for name in dir(wifi) if name.isupper() and hasattr(getattr(wifi, name), "code")]
)
def test_every_code_has_a_sentence_with_a_remedy(name: str) -> None:
    text = ENGLISH.say(getattr(wifi, name).message)
    assert text.endswith(".")
    assert text.count(".") > 1 or name == "NOT_SAVED"


@pytest.mark.parametrize("security", [None, Security.WPA2, Security.ENTERPRISE])
def test_a_saved_network_is_joined_without_its_password(alone: Transcript, security: Security | None) -> None:
    alone.feed(WifiSaved((HOME,)))
    (prepare,) = alone.feed(WifiJoinRequested(HOME, security=security))
    assert prepare == PrepareWifi(HOME, None, security, hidden=False, saved=True)


def test_a_saved_network_is_joined_with_another_password_where_one_is_given(alone: Transcript) -> None:
    alone.feed(WifiSaved((HOME,)))
    assert alone.feed(JOIN) == (PrepareWifi(HOME, PASSWORD, Security.WPA2, hidden=False),)


def test_a_network_that_is_open_now_is_not_joined_with_what_was_saved(alone: Transcript) -> None:
    alone.feed(WifiSaved((HOME,)))
    (prepare,) = alone.feed(WifiJoinRequested(HOME, security=Security.OPEN))
    assert prepare == PrepareWifi(HOME, None, Security.OPEN, hidden=False)


def test_a_network_that_is_not_saved_still_asks_its_password(alone: Transcript) -> None:
    alone.feed(WifiSaved((OLD,)))
    with pytest.raises(Refused) as refused:
        alone.feed(WifiJoinRequested(HOME, security=Security.WPA2))
    assert refused.value.failure is wifi.BAD_PASSWORD


@pytest.mark.parametrize("country", ["FR", None])
def test_a_country_is_set_and_known_when_it_is_in_the_file(cabled: Transcript, country: str | None) -> None:
    assert cabled.feed(WifiCountryRequested(country)) == (SetWifiCountry(country),)
    assert cabled.snapshot.wifi.saving
    cabled.feed(WifiSaved((), None))
    assert cabled.snapshot.wifi.saving, "that was a scan's"
    cabled.feed(WifiSaved((), country, changed=True))
    assert (cabled.snapshot.wifi.country, cabled.snapshot.wifi.saving) == (country, False)


@pytest.mark.parametrize("country", ["", "F", "fr", "FRA", "F1", "00", "F\n", "ÄÖ", "\ud800A"])
def test_what_is_no_country_code_is_refused(cabled: Transcript, country: str) -> None:
    with pytest.raises(Refused) as refused:
        cabled.feed(WifiCountryRequested(country))
    assert refused.value.failure is wifi.BAD_COUNTRY


def test_a_country_that_cannot_be_written_says_why(cabled: Transcript) -> None:
    cabled.feed(WifiCountryRequested("FR"), WifiFileFailed(wifi.not_saved("read-only")))
    assert (error(cabled), cabled.snapshot.wifi.saving) == ("wifi-file", False)
