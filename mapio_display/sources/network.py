"""Addresses and the default route, without starting a process.

The kernel rings (rtnetlink(7): a message to the multicast groups of links, addresses and routes) and we look again.
What the message says is not parsed: all addresses are asked for anew, and the routes are in /proc/net.
"""

import asyncio
import ipaddress
import os
import socket
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

from mapio_display.core.events import NetworkChanged
from mapio_display.core.snapshot import Address
from mapio_display.core.text import decoded
from mapio_display.sources.netlink import interface_addresses
from mapio_display.sources.ports import StatePort

RTMGRP_LINK = 0x1
RTMGRP_IPV4_IFADDR = 0x10
RTMGRP_IPV4_ROUTE = 0x40
RTMGRP_IPV6_IFADDR = 0x100
RTMGRP_IPV6_ROUTE = 0x400
GROUPS = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE

# A change comes as a burst of messages (link, address, several routes); one look after it is enough.
SETTLE_S = 0.2
RTF_UP = 0x1  # route(8), "U"; a point-to-point link's default route has no gateway

# Bridges and virtual pairs of containers: nobody reaches the gateway's pages by them.
_INTERNAL = ("lo", "docker", "br-", "veth", "virbr", "hassio", "cni")


class Entry(Protocol):
    """One address of an interface."""

    @property
    def family(self) -> int:
        """AF_INET, AF_INET6, or another kind that is no IP address."""
        ...

    @property
    def address(self) -> str:
        """The address in its usual form."""
        ...


def read_network(
    proc_net: Path = Path("/proc/net"),
    interfaces: Callable[[], Mapping[str, Iterable["Entry"]]] = interface_addresses,
) -> NetworkChanged:
    """Say what the network is now. Link-local IPv6 and the interfaces of containers are left out."""
    addresses = [
        Address(decoded(name), entry.address)
        for name, entries in interfaces().items()
        if not name.startswith(_INTERNAL)
        for entry in entries
        if entry.family in (socket.AF_INET, socket.AF_INET6) and not _is_of_this_link(entry.address)
    ]
    return NetworkChanged(_default_interface(proc_net), tuple(addresses), decoded(socket.gethostname()) or None)


def _is_of_this_link(address: str) -> bool:
    """Whether an address means nothing elsewhere; without a server of addresses IPv4 has no other than such."""
    ip = ipaddress.ip_address(address)
    return ip.is_loopback or (ip.version == 6 and ip.is_link_local)


def _default_interface(proc_net: Path) -> str | None:
    """Give the interface of the default route with the lowest metric, IPv4 before IPv6 (proc(5))."""
    routes = []
    for line in _lines(proc_net / "route")[1:]:
        fields = line.split()
        if len(fields) >= 8 and fields[1] == fields[7] == b"00000000" and int(fields[3], 16) & RTF_UP:
            routes.append((0, int(fields[6]), fields[0]))
    for line in _lines(proc_net / "ipv6_route"):
        fields = line.split()
        if len(fields) >= 10 and fields[0] == b"0" * 32 and fields[1] == b"00" and fields[9] != b"lo":
            routes.append((1, int(fields[5], 16), fields[9]))
    return decoded(os.fsdecode(min(routes)[2])) if routes else None


def _lines(path: Path) -> list[bytes]:
    """The lines of a file, as bytes: an interface's name may hold what text would be split at."""
    try:
        return path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []  # a kernel without this protocol


class NetworkSource:
    """Dispatches ``NetworkChanged`` at the start and whenever the network is another."""

    def __init__(self, state: StatePort) -> None:
        self._state = state

    async def run(self) -> None:
        """Follow the network for ever."""
        loop = asyncio.get_running_loop()
        rung = asyncio.Event()
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE) as bell:
            bell.bind((0, GROUPS))
            loop.add_reader(bell, _answer, bell, rung)
            try:
                last = None
                while True:
                    now = read_network()
                    if now != last:
                        self._state.dispatch(now)
                        last = now
                    await rung.wait()
                    await asyncio.sleep(SETTLE_S)
                    rung.clear()
            finally:
                loop.remove_reader(bell)


def _answer(bell: socket.socket, rung: asyncio.Event) -> None:
    try:
        while bell.recv(65536):
            rung.set()
    except BlockingIOError:
        pass
    except OSError:
        # ENOBUFS: messages were lost in a burst, so there is all the more reason to look.
        rung.set()
