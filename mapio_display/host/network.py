"""Addresses, the default route and the host's name, without starting a process.

The kernel rings (rtnetlink(7): a message to the multicast groups of links, addresses and routes) and we look again.
What the message says is not parsed: all interfaces and addresses are asked for anew, and the routes are in /proc/net.
"""

import asyncio
import contextlib
import ipaddress
import logging
import os
import select
import socket
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from mapio_display.core.facts.network import Address, NetworkChanged
from mapio_display.core.protocols import StatePort
from mapio_display.core.text import decoded
from mapio_display.host import netlink
from mapio_display.host.links import Reach, reach_of_all
from mapio_display.host.netlink import InterfaceAddress, Link
from mapio_display.host.source import Given, Run, Source

RTMGRP_LINK = 0x1
RTMGRP_IPV4_IFADDR = 0x10
RTMGRP_IPV4_ROUTE = 0x40
RTMGRP_IPV6_IFADDR = 0x100
RTMGRP_IPV6_ROUTE = 0x400
GROUPS = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE

# A change comes as a burst of messages (link, address, several routes); one look after it is enough.
SETTLE_S = 0.2
AGAIN_S = 10.0  # after the kernel did not answer
RTF_UP = 0x1  # route(8), "U"; a point-to-point link's default route has no gateway
HOSTNAME_FILE = Path("/proc/sys/kernel/hostname")

_log = logging.getLogger(__name__)


def read_network(
    proc_net: Path = Path("/proc/net"),
    links: Callable[[], Iterable[Link]] = netlink.links,
    addresses: Callable[[], Iterable[InterfaceAddress]] = netlink.interface_addresses,
) -> NetworkChanged:
    """Say what the network is now. Raises ``OSError``.

    Link-local IPv6 is left out, and so is what leads nowhere outside: loopback, containers' bridges, meshes.
    """
    return network_of(
        list(links()),
        addresses(),
        lambda house: _default_interface(proc_net, house),
        decoded(socket.gethostname()) or None,
    )


def network_of(
    links: Collection[Link],
    addresses: Iterable[InterfaceAddress],
    default_interface: Callable[[Collection[str]], str | None],
    hostname: str | None,
) -> NetworkChanged:
    """Say what the network is, by what the kernel lists. ``default_interface`` is given the house's interfaces."""
    names = {link.index: link.name for link in links}
    reach = reach_of_all(links)
    listed = tuple(
        Address(decoded(names[entry.index]), entry.address, house=reach[entry.index] is Reach.HOUSE)
        for entry in addresses
        if reach.get(entry.index, Reach.INSIDE) is not Reach.INSIDE  # one that came since brings another message
        and not _is_of_this_link(entry.address)
    )
    house = {names[index] for index, to in reach.items() if to is Reach.HOUSE}
    return NetworkChanged(default_interface(house), listed, hostname)


def _is_of_this_link(address: str) -> bool:
    """Whether an address means nothing elsewhere; without a server of addresses IPv4 has no other than such."""
    ip = ipaddress.ip_address(address)
    return ip.is_loopback or (ip.version == 6 and ip.is_link_local)


def _default_interface(proc_net: Path, house: Collection[str]) -> str | None:
    """Give the interface of the default route: one in ``house`` first, then IPv4's, then by its metric (proc(5))."""
    routes = []
    for line in _lines(proc_net / "route")[1:]:
        fields = line.split()
        if len(fields) >= 8 and fields[1] == fields[7] == b"00000000" and int(fields[3], 16) & RTF_UP:
            routes.append((0, int(fields[6]), os.fsdecode(fields[0])))
    for line in _lines(proc_net / "ipv6_route"):
        fields = line.split()
        if len(fields) >= 10 and fields[0] == b"0" * 32 and fields[1] == b"00" and fields[9] != b"lo":
            routes.append((1, int(fields[5], 16), os.fsdecode(fields[9])))
    best = min(routes, key=lambda route: (route[2] not in house, *route), default=None)
    return decoded(best[2]) if best else None


def _lines(path: Path) -> list[bytes]:
    """The lines of a file, as bytes: an interface's name may hold what text would be split at."""
    try:
        return path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []  # a kernel without this protocol


class NetworkSource:
    """Dispatches ``NetworkChanged`` at the start and whenever network or host name are others.

    ``hostname_file`` is the kernel's, which reports a change by poll(2).
    """

    def __init__(
        self,
        state: StatePort,
        *,
        hostname_file: Path = HOSTNAME_FILE,
        read: Callable[[], NetworkChanged] = read_network,
    ) -> None:
        self._state = state
        self._hostname_file = hostname_file
        self._read = read

    async def run(self) -> None:
        """Follow the network without end."""
        changed = asyncio.Event()
        with _links_watched(changed), _hostname_watched(self._hostname_file, changed):
            last = None
            while True:
                changed.clear()
                wait_s = None
                try:
                    now = self._read()
                except OSError as error:
                    _log.warning("The network cannot be read: %s; trying again", error)
                    wait_s = AGAIN_S
                else:
                    if now != last:
                        self._state.dispatch(now)
                        last = now
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await changed.wait()
                await asyncio.sleep(SETTLE_S)


@contextlib.contextmanager
def _links_watched(changed: asyncio.Event) -> Iterator[None]:
    """Set ``changed`` whenever links, addresses or routes change."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE) as kernel:
        kernel.bind((0, GROUPS))
        loop.add_reader(kernel, _drain, kernel, changed)
        try:
            yield
        finally:
            loop.remove_reader(kernel)


def _drain(kernel: socket.socket, changed: asyncio.Event) -> None:
    try:
        while kernel.recv(65536):
            changed.set()
    except BlockingIOError:
        pass
    except OSError:
        # ENOBUFS: messages were lost in a burst, so there is all the more reason to look.
        changed.set()


@contextlib.contextmanager
def _hostname_watched(file: Path, changed: asyncio.Event) -> Iterator[None]:
    """Set ``changed`` whenever the host gets another name (proc_sys_poll: POLLPRI; the file can always be read)."""
    loop = asyncio.get_running_loop()
    with contextlib.ExitStack() as open_now:
        try:
            name = open_now.enter_context(file.open("rb", buffering=0))
            # An epoll of its own can be waited for by the loop, which itself waits for what can be read only.
            watch = open_now.enter_context(select.epoll())
            watch.register(name, select.EPOLLPRI)
        except OSError as error:
            _log.info("A new host name takes effect with the next change of the network: %s", error)
        else:
            loop.add_reader(watch, _poll, watch, changed)
            open_now.callback(loop.remove_reader, watch)
        yield


def _poll(watch: select.epoll, changed: asyncio.Event) -> None:
    watch.poll(0)
    changed.set()


def _source(given: Given) -> Run | None:
    return None if given.config.network.file else NetworkSource(given.state).run()


SOURCE: Source = _source
