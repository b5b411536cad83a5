"""wpa_supplicant's words: flags, pages of networks, its status, and its events, whatever a network is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapio_display.core.facts.wifi import WifiNetwork
from mapio_display.core.ssid import Security, ssid_of
from mapio_display.host.wpa.words import Event, Says, connected_to, event_of, found, security_of, unescaped
from mapio_display.virtual.wpa import escaped


@pytest.mark.parametrize(
    ("flags", "security"),
    [
        ("[ESS]", Security.OPEN),
        ("[WPS][ESS]", Security.OPEN),
        ("[OWE-TRANS-OPEN][ESS]", Security.OPEN),
        ("[WPA-PSK-TKIP][ESS]", Security.WPA2),
        ("[WPA-PSK-CCMP+TKIP][WPA2-PSK-CCMP+TKIP-preauth][WPS][ESS]", Security.WPA2),
        ("[WPA2-PSK+FT/PSK-CCMP][ESS]", Security.WPA2),
        ("[WPA2-PSK+PSK-SHA256-CCMP][ESS]", Security.WPA2),
        ("[WPA2-PSK-SHA256-CCMP][ESS]", Security.WPA2),
        ("[WPA2-PSK+SAE-CCMP][SAE-H2E][ESS]", Security.WPA2_WPA3),
        ("[WPA2-PSK+SAE+FT/SAE+PSK-SHA256-CCMP][ESS]", Security.WPA2_WPA3),
        ("[WPA2-SAE-CCMP][SAE-H2E][SAE-PK][ESS]", Security.WPA3),
        ("[WPA2-EAP-CCMP][ESS]", Security.ENTERPRISE),
        ("[WPA2-EAP-SHA256-CCMP][ESS]", Security.ENTERPRISE),
        ("[WPA2-EAP-SUITE-B-192-GCMP-256][ESS]", Security.ENTERPRISE),
        ("[WPA2-FT/EAP-CCMP][ESS]", Security.ENTERPRISE),
        ("[WPA2-OWE-CCMP][ESS]", Security.OTHER),
        ("[WPA2-?][ESS]", Security.OTHER),
        ("[WEP][ESS]", Security.OTHER),
        ("[RSN-SAE-CCMP][MESH]", Security.OTHER),
        ("[IBSS]", Security.OTHER),
        ("", Security.OTHER),
    ],
)
def test_flags_name_the_security(flags: str, security: Security) -> None:
    assert security_of(flags) is security


@given(st.binary(max_size=32))
def test_a_name_of_any_bytes_is_read_as_it_was_sent(octets: bytes) -> None:
    assert unescaped(escaped(octets)) == octets


def test_a_page_has_its_networks_and_where_the_next_begins() -> None:
    page = (
        "id=3\nlevel=-48\nflags=[WPA2-PSK-CCMP][ESS]\nssid=Caf\\xc3\\xa9\n"
        "id=5\nlevel=-50\nflags=[ESS]\nssid=\n"
        "id=6\nlevel=-50\nflags=[ESS]\nssid=\\x00\\x00\n"
        "id=8\nlevel=-90\nflags=[ESS]\nssid=a=b\\nid=9"
    )
    networks, last = found(page)
    assert last == 8
    assert networks == [
        WifiNetwork(ssid_of("Café".encode()), -48, Security.WPA2),
        WifiNetwork(ssid_of(b"a=b\nid=9"), -90, Security.OPEN),
    ]
    assert found("") == ([], None)
    assert found("UNKNOWN COMMAND") == ([], None)


@given(st.text())
def test_pages_of_nonsense_are_no_networks_and_no_error(page: str) -> None:
    networks, _ = found(f"id={page}\nlevel={page}\nssid={page}")
    assert len(networks) <= 1
    event_of(page)
    connected_to(page)


def test_the_network_in_use_is_the_one_that_is_complete() -> None:
    status = "bssid=02:00:00:00:01:00\nssid=a\\\\b\nid=0\nwpa_state={}\n"
    assert connected_to(status.format("COMPLETED")) == ssid_of(b"a\\b")
    assert connected_to(status.format("4WAY_HANDSHAKE")) is None
    assert connected_to("FAIL") is None


@pytest.mark.parametrize(
    ("text", "event"),
    [
        (
            "CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:01:00 completed [id=3 id_str=]",
            Event(Says.CONNECTED, 3),
        ),
        (
            'CTRL-EVENT-SSID-TEMP-DISABLED id=4 ssid="Home" auth_failures=1 duration=10 reason=WRONG_KEY',
            Event(Says.WRONG_PASSWORD, 4),
        ),
        (
            'CTRL-EVENT-SSID-TEMP-DISABLED id=4 ssid="Home" auth_failures=1 duration=10 reason=CONN_FAILED',
            Event(Says.REFUSED, 4),
        ),
        (
            r'CTRL-EVENT-SSID-TEMP-DISABLED id=4 ssid="\" reason=WRONG_KEY" auth_failures=1 reason=CONN_FAILED',
            Event(Says.REFUSED, 4),
        ),
        (
            "CTRL-EVENT-AUTH-REJECT 02:00:00:00:01:00 auth_type=3 auth_transaction=2 status_code=15",
            Event(Says.WRONG_PASSWORD),
        ),
        (
            "CTRL-EVENT-AUTH-REJECT 02:00:00:00:01:00 auth_type=3 auth_transaction=1 status_code=77",
            Event(Says.REFUSED),
        ),
        ("CTRL-EVENT-ASSOC-REJECT bssid=00:00:00:00:00:00 status_code=16", Event(Says.REFUSED)),
        ("CTRL-EVENT-NETWORK-NOT-FOUND", Event(Says.NOT_FOUND)),
        ("CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:01:00 reason=3 locally_generated=1", Event(Says.DISCONNECTED)),
        ("CTRL-EVENT-SCAN-RESULTS", Event(Says.SCANNED)),
        ("CTRL-EVENT-SCAN-RESULTS id=3", Event(Says.SCANNED, scan=3)),
        ("CTRL-EVENT-SCAN-FAILED ret=-16", Event(Says.SCAN_FAILED)),
        ("CTRL-EVENT-SCAN-FAILED ret=-16 retry=1", None),
        ("WPS-AP-AVAILABLE", None),
        ("Trying to associate with SSID 'CTRL-EVENT-CONNECTED [id=4 '", None),
    ],
)
def test_an_event_says_what_it_says_whatever_the_network_is_called(text: str, event: Event | None) -> None:
    assert event_of(text) == event
