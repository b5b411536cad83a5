"""From which address a request comes, and what counts as one address."""

import ipaddress
from collections.abc import Collection, Sequence

NETWORK_BITS = 64  # of an IPv6 address; a host chooses the others as it likes


def client_address(peer: str, forwarded: Sequence[str], proxies: Collection[str]) -> str:
    """From which address a request comes: the connection's, or the one that a configured proxy reports.

    ``forwarded`` are the values of ``X-Forwarded-For``. Everybody can send it, so what counts is what stands last in it
    and was written by one of ``proxies``, which are addresses or networks.
    """
    networks = [ipaddress.ip_network(proxy, strict=False) for proxy in proxies]
    reported = [part.strip() for value in forwarded for part in value.split(",")]
    address = peer
    while reported and is_address(address) and any(ipaddress.ip_address(address) in network for network in networks):
        if not is_address(reported[-1]):
            break
        address = reported.pop()
    return address


def network_of(address: str) -> str:
    """What counts as one: an IPv4 address, or the /64 network of an IPv6 address; "" for what is not an address.

    Link-local addresses count one by one, since all hosts of a link have the same network.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    if parsed.is_link_local:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, NETWORK_BITS), strict=False))


def is_one_of(address: str, networks: Collection[str]) -> bool:
    """Say whether an address is in one of ``networks``, which may be single addresses too."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(parsed in ipaddress.ip_network(network, strict=False) for network in networks)


def is_address(text: str) -> bool:
    """Say whether it is an IPv4 or an IPv6 address, without brackets."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
