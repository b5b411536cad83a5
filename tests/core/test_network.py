"""Which of its addresses a gateway shows, and under which name it goes where that is none to type."""

from itertools import permutations

import pytest

from mapio_display.core.facts.daemon import Daemon
from mapio_display.core.facts.network import Address, Network
from mapio_display.core.facts.web import Web
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.status import from_json, to_json
from mapio_display.words.catalogue import ENGLISH

CABLE = Address("eth0", "192.168.1.20")
LINK_LOCAL = Address("eth0", "169.254.77.5")
CABLE_IPV6 = Address("eth0", "2001:db8::20")
WIFI = Address("wlan0", "192.168.1.21")
OWN = Address("wlan0_ap", "10.50.0.1")
TUN = Address("tun0", "10.8.0.6", house=False)
WG = Address("wg0", "10.9.0.6", house=False)


@pytest.mark.parametrize(
    ("addresses", "default", "shown"),
    [
        ((LINK_LOCAL, CABLE), "eth0", CABLE),
        ((LINK_LOCAL, CABLE), None, CABLE),
        ((CABLE, TUN), "tun0", CABLE),
        ((CABLE, TUN, WG), "eth0", CABLE),
        ((LINK_LOCAL, WIFI), "eth0", WIFI),
        ((LINK_LOCAL, CABLE_IPV6), "eth0", CABLE_IPV6),
        ((LINK_LOCAL,), None, LINK_LOCAL),
        ((LINK_LOCAL, TUN), "tun0", LINK_LOCAL),
        ((CABLE, CABLE_IPV6), "eth0", CABLE),
        ((CABLE, WIFI), "wlan0", WIFI),
        ((CABLE, WIFI, OWN), None, CABLE),
        ((OWN, TUN, WG), None, OWN),
        ((WG, TUN), "wwan0", TUN),  # by name, where nothing else decides
        ((WG, TUN), "tun0", WG),
        ((TUN,), "wwan0", TUN),
        ((TUN,), "tun0", None),  # what carries it is gone
        ((WG,), None, None),
        ((), "eth0", None),
    ],
)
def test_the_address_shown_is_the_houses_and_routed_in_whatever_order_they_are_listed(
    addresses: tuple[Address, ...], default: str | None, shown: Address | None
) -> None:
    for order in permutations(addresses):
        assert Network(default, order).primary == shown


@pytest.mark.parametrize(("hostname", "name"), [("mapio", "mapio.local"), ("mapio.lan", "mapio.local")])
def test_with_ipv6_alone_it_is_the_name_by_mdns(hostname: str, name: str) -> None:
    snapshot = Snapshot(Daemon("0"), hostname=hostname, network=Network("eth0", (CABLE_IPV6,)))
    assert (snapshot.host, snapshot.local_url) == (name, f"http://{name}/")


@pytest.mark.parametrize(
    "hostname", [None, "", "localhost", "m\ufffdpio", "my gateway", "m\x1b[2Jpio", ".lan", "a" * 64]
)
def test_a_host_name_that_is_none_in_an_address_is_not_used_in_one(hostname: str | None) -> None:
    snapshot = Snapshot(Daemon("0"), hostname=hostname, network=Network("eth0", (CABLE_IPV6,)))
    assert (snapshot.host, snapshot.local_url) == ("[2001:db8::20]", None)


def test_bound_to_one_address_the_web_server_goes_by_no_name() -> None:
    assert Snapshot(Daemon("0"), hostname="mapio", web=Web(host="127.0.0.1")).local_url is None


def test_a_status_says_which_addresses_are_the_houses_and_an_older_one_is_read_too() -> None:
    snapshot = Snapshot(Daemon("0"), network=Network("tun0", (TUN, CABLE)))
    status = to_json(snapshot, ENGLISH.say)
    assert status["network"]["addresses"][0] == {"interface": "tun0", "address": "10.8.0.6", "house": False}
    assert from_json(status).network == snapshot.network
    del status["network"]["addresses"][0]["house"]
    assert from_json(status).network.addresses[0].house
