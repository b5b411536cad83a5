"""What an interface leads to, by what it is: its kind and its hardware type, not its name.

Software that makes an interface gives it a kind (IFLA_INFO_KIND); an Ethernet port and a Wi-Fi interface have none. A
bridge, a bond or a VLAN leads where the port below it does, so a container's bridge, which has no port, leads nowhere.
"""

from collections.abc import Iterable, Mapping
from enum import Enum

from mapio_display.host.netlink import Link

IFF_NOARP = 0x80
ARPHRD_ETHER = 1
# linux/if_arp.h: PPP, a modem's raw IP, tunnels of every protocol, and none (tun, WireGuard)
TUNNEL_TYPES = {512, 519, 768, 769, 776, 778, 823, 65534}
TUNNEL_KINDS = {"tun", "wireguard", "wwan", "rmnet", "vxlan", "geneve", "gretap", "ip6gretap", "l2tpeth", "ovpn"}
STACKED_KINDS = {"bridge", "bond", "team", "vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "macsec", "hsr", "batadv"}
DRIVER_KINDS = {None, "dsa"}  # a switch's ports have a kind since Linux 6.0

# A Thread border router's interface is a tun device, but what it leads to is its own mesh. Only the name shows it.
_MESH = "wpan"


class Reach(Enum):
    """Who can be at the other end."""

    HOUSE = "house"  # the network that the gateway is connected to: cable or Wi-Fi, its own access point included
    TUNNEL = "tunnel"  # a VPN or a modem
    INSIDE = "inside"  # the gateway itself, its containers, or a mesh of devices


def reach_of_all(links: Iterable[Link]) -> dict[int, Reach]:
    """Give the reach of each interface, by its index."""
    by_index = {link.index: link for link in links}
    return {link.index: _reach(link, by_index, frozenset()) for link in by_index.values()}


def _reach(link: Link, links: Mapping[int, Link], above: frozenset[int]) -> Reach:
    """``above`` are the interfaces on top of this one: none is below itself."""
    if link.name.startswith(_MESH):
        return Reach.INSIDE
    if link.type in TUNNEL_TYPES or link.kind in TUNNEL_KINDS:
        return Reach.TUNNEL
    if link.type != ARPHRD_ETHER:
        return Reach.INSIDE  # loopback, IEEE 802.15.4, CAN and others that no browser uses
    if link.kind in DRIVER_KINDS:
        return Reach.TUNNEL if link.flags & IFF_NOARP else Reach.HOUSE  # a modem's driver sets it
    if link.kind in STACKED_KINDS:
        above |= {link.index}
        below = (
            other
            for other in links.values()
            if (other.index == link.parent or other.master == link.index) and other.index not in above
        )
        if any(_reach(other, links, above) is Reach.HOUSE for other in below):
            return Reach.HOUSE
    return Reach.INSIDE
