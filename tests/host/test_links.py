"""What an interface leads to: of the kinds a gateway can have, and of the ones this kernel really makes."""

import json
import subprocess
import sys

import pytest

from mapio_display.host.links import ARPHRD_ETHER, IFF_NOARP, Reach, reach_of_all
from mapio_display.host.netlink import Link

PPP, TUNNEL, RAWIP, SIT, IEEE802154, LOWPAN, CAN, LOOPBACK, NONE = 512, 768, 519, 776, 804, 825, 280, 772, 65534
CABLE = Link(2, "eth0", ARPHRD_ETHER, 0)
PAIR = (Link(8, "veth1", ARPHRD_ETHER, 0, "veth", 9), Link(9, "veth2", ARPHRD_ETHER, 0, "veth", 8, 7))


def of(name: str, hardware: int = ARPHRD_ETHER, kind: str | None = None, flags: int = 0, *others: Link) -> Reach:
    """The reach of an interface, beside a cable, a container's pair and ``others``."""
    links = (CABLE, *PAIR, Link(7, name, hardware, flags, kind), *others)
    return reach_of_all(links)[7]


@pytest.mark.parametrize("name", ["eth0", "end0", "wlan0", "wlan0_ap", "docker0", "br-1", "usb0"])
def test_a_drivers_own_interface_leads_to_the_house_whatever_its_name(name: str) -> None:
    assert of(name) is Reach.HOUSE
    assert of(name, kind="dsa") is Reach.HOUSE


@pytest.mark.parametrize(
    ("name", "hardware", "kind", "flags"),
    [
        ("tun0", NONE, "tun", 0),
        ("tap0", ARPHRD_ETHER, "tun", 0),
        ("tailscale0", NONE, "tun", 0),
        ("eth7", NONE, "wireguard", 0),
        ("ppp0", PPP, "ppp", 0),
        ("he6", SIT, "sit", 0),
        ("tunl0", TUNNEL, "ipip", 0),
        ("vx0", ARPHRD_ETHER, "vxlan", 0),
        ("wwan0", RAWIP, "wwan", 0),
        ("wwan0", RAWIP, None, 0),
        ("wwan0", ARPHRD_ETHER, None, IFF_NOARP),
    ],
)
def test_a_vpn_and_a_modem_lead_elsewhere(name: str, hardware: int, kind: str, flags: int) -> None:
    assert of(name, hardware, kind, flags) is Reach.TUNNEL


@pytest.mark.parametrize(
    ("name", "hardware", "kind"),
    [
        ("lo", LOOPBACK, None),
        ("wpan0", NONE, "tun"),  # as a Thread border router makes it
        ("wpan0", IEEE802154, None),
        ("lowpan0", LOWPAN, "lowpan"),
        ("can0", CAN, "can"),
        ("dummy0", ARPHRD_ETHER, "dummy"),
        ("eth9", ARPHRD_ETHER, "veth"),
        ("ifb0", ARPHRD_ETHER, "ifb"),
        ("new0", ARPHRD_ETHER, "not-known-yet"),
        ("lan", ARPHRD_ETHER, "bridge"),  # of containers: its ports are pairs
    ],
)
def test_what_leads_nowhere_outside_is_reported_by_its_kind(name: str, hardware: int, kind: str) -> None:
    assert of(name, hardware, kind) is Reach.INSIDE


@pytest.mark.parametrize("kind", ["bridge", "bond", "team", "batadv"])
def test_what_has_ports_leads_where_one_of_them_does(kind: str) -> None:
    port, tap = Link(3, "eth1", ARPHRD_ETHER, 0, master=7), Link(4, "tap0", ARPHRD_ETHER, 0, "tun", master=7)
    assert of("x", ARPHRD_ETHER, kind, 0, tap) is Reach.INSIDE
    assert of("x", ARPHRD_ETHER, kind, 0, tap, port) is Reach.HOUSE


@pytest.mark.parametrize("kind", ["vlan", "macvlan", "ipvlan", "macsec"])
def test_what_is_on_top_of_another_leads_where_that_does(kind: str) -> None:
    def on(below: int | None) -> Reach:
        bridge = Link(5, "br0", ARPHRD_ETHER, 0, "bridge")
        port = Link(3, "eth1", ARPHRD_ETHER, 0, master=5)
        links = (CABLE, *PAIR, bridge, port, Link(6, "x", ARPHRD_ETHER, 0, kind, below))
        return reach_of_all(links)[6]

    assert on(CABLE.index) is Reach.HOUSE
    assert on(5) is Reach.HOUSE, "a VLAN on a bridge over a port"
    assert on(PAIR[0].index) is Reach.INSIDE
    assert on(99) is Reach.INSIDE, "gone"
    assert on(None) is Reach.INSIDE, "in another namespace"
    assert on(6) is Reach.INSIDE, "no kernel makes that, and it ends all the same"


# A pair's end without its kind is what a port's driver makes: no kernel makes such a one without hardware.
REAL = """
import json, subprocess
from dataclasses import replace
from mapio_display.host.links import reach_of_all
from mapio_display.host.netlink import links

def ip(line, check=True):
    return subprocess.run(["ip", *line.split()], check=check, capture_output=True).returncode == 0

ip("link add port1 type veth peer name peer1")
ip("link add port2 type veth peer name peer2")
ip("link add docker0 type bridge")
ip("link add veth1 type veth peer name veth2")
ip("link set veth2 master docker0")
ip("link add house type bridge")
ip("link set port1 master house")
ip("link add link port2 name mv type macvlan")
ip("link add link house name onbridge type macvlan")
ip("link add vx type vxlan id 4 dev port2 dstport 4789")
ip("tuntap add tun0 mode tun")
ip("tuntap add tap0 mode tap")
ip("tuntap add wpan0 mode tun")
# What a kernel may have been built without.
more = {name for name, line in {
    "vlan5": "link add link port2 name vlan5 type vlan id 5",
    "dummy9": "link add dummy9 type dummy",
    "wg0": "link add wg0 type wireguard",
    "bond9": "link add bond9 type bond",
}.items() if ip(line, check=False)}
found = [replace(link, kind=None) if link.name.startswith("port") else link for link in links()]
reach = reach_of_all(found)
print(json.dumps([{link.name: reach[link.index].value for link in found}, sorted(more)]))
"""


@pytest.mark.root
def test_interfaces_that_this_kernel_makes_are_what_they_are() -> None:
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", REAL], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    reach, more = json.loads(done.stdout)
    expected = {"port1": "house", "port2": "house", "house": "house", "mv": "house", "onbridge": "house"}
    expected |= dict.fromkeys(("vx", "tun0", "tap0"), "tunnel")
    expected |= dict.fromkeys(("lo", "docker0", "veth1", "veth2", "peer1", "wpan0"), "inside")
    maybe = {"vlan5": "house", "dummy9": "inside", "wg0": "tunnel", "bond9": "inside"}
    expected |= {name: maybe[name] for name in more}
    assert {name: reach.get(name) for name in expected} == expected
