"""All interfaces and their addresses, from the kernel itself: dumps of RTM_GETLINK and RTM_GETADDR (rtnetlink(7)).

An interface's name is any bytes but blanks, slash and colon, up to 15 of them. getifaddrs(3) would do too, but the
libraries that wrap it take the name for UTF-8 and fail on another, and none says what kind an interface is.
"""

import os
import socket
import struct
from collections.abc import Iterator

from mapio_display.frozen import Frozen

RTM_NEWLINK, RTM_GETLINK, RTM_NEWADDR, RTM_GETADDR = 16, 18, 20, 22
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST, NLM_F_DUMP, NLM_F_DUMP_INTR = 0x1, 0x300, 0x10
IFA_ADDRESS, IFA_LOCAL = 1, 2
IFLA_IFNAME, IFLA_LINK, IFLA_MASTER, IFLA_LINKINFO, IFLA_LINK_NETNSID = 3, 5, 10, 18, 37
IFLA_INFO_KIND = 1
ANSWER_S = 5.0
TRIES = 3

_HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_LINK = struct.Struct("=BxHiII")  # ifinfomsg: family, type, index, flags, change
_ADDRESS = struct.Struct("=BBBBI")  # ifaddrmsg: family, prefix length, flags, scope, interface's index
_ATTRIBUTE = struct.Struct("=HH")  # rtattr: length, type
_INDEX = struct.Struct("=i")


class Link(Frozen):
    """One interface.

    ``type`` is its ARPHRD_* and ``flags`` its IFF_*. ``kind`` is what software makes it ("bridge", "tun", …), None for
    a driver's own. ``parent`` is the index of the interface below it, ``master`` of the one it is a port of; None where
    there is none in this network namespace. ``name`` is as the operating system's are in Python: bytes that are not
    UTF-8 are lone surrogates (PEP 383).
    """

    index: int
    name: str
    type: int
    flags: int
    kind: str | None = None
    parent: int | None = None
    master: int | None = None


class InterfaceAddress(Frozen):
    """``index`` is the interface's, ``address`` in its usual form, without an interface after it."""

    index: int
    address: str


def links() -> list[Link]:
    """Give all interfaces, in the kernel's order. Raises ``OSError``."""
    body = _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
    return [_link(body) for body in _dump(RTM_GETLINK, RTM_NEWLINK, body)]


def interface_addresses() -> list[InterfaceAddress]:
    """Give all IP addresses, in the kernel's order. Raises ``OSError``."""
    body = _ADDRESS.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
    read = (_address(body) for body in _dump(RTM_GETADDR, RTM_NEWADDR, body))
    return [address for address in read if address is not None]


def _dump(question: int, kind: int, body: bytes) -> list[bytes]:
    """The bodies of all messages of ``kind`` that answer ``question``."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as kernel:
        kernel.settimeout(ANSWER_S)
        kernel.bind((0, 0))
        for sequence in range(1, TRIES + 1):
            length = _HEADER.size + len(body)
            kernel.send(_HEADER.pack(length, question, NLM_F_REQUEST | NLM_F_DUMP, sequence, 0) + body)
            bodies, whole = _answer(kernel, sequence, kind)
            if whole:
                break
    return bodies


def _answer(kernel: socket.socket, sequence: int, wanted: int) -> tuple[list[bytes], bool]:
    """The bodies of one dump; with False they changed while they were dumped."""
    bodies: list[bytes] = []
    whole = True
    while True:
        for kind, flags, number, body in messages(kernel.recv(1 << 16)):
            if number != sequence:
                continue
            whole &= not flags & NLM_F_DUMP_INTR
            if kind == NLMSG_DONE:
                return bodies, whole
            if kind == NLMSG_ERROR:
                raise OSError(-_INDEX.unpack_from(body)[0], "The kernel does not list its interfaces")
            if kind == wanted:
                bodies.append(body)


def messages(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Type, flags, sequence number and body of the netlink messages in ``data`` (netlink(7))."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, flags, sequence, _ = _HEADER.unpack_from(data, at)
        if length < _HEADER.size:
            return
        yield kind, flags, sequence, data[at + _HEADER.size : at + length]
        at += _aligned(length)


def attributes(data: bytes) -> dict[int, bytes]:
    """The attributes in ``data``, by their types (rtnetlink(7))."""
    found, at = {}, 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size:
            break
        found[kind] = data[at + _ATTRIBUTE.size : at + length]
        at += _aligned(length)
    return found


def _link(body: bytes) -> Link:
    _, hardware, index, flags, _ = _LINK.unpack_from(body)
    values = attributes(body[_LINK.size :])
    kind = attributes(values.get(IFLA_LINKINFO, b"")).get(IFLA_INFO_KIND)
    elsewhere = IFLA_LINK_NETNSID in values  # then IFLA_LINK is an index of that namespace
    return Link(
        index,
        os.fsdecode(values.get(IFLA_IFNAME, b"").rstrip(b"\0")),
        hardware,
        flags,
        kind.rstrip(b"\0").decode("ascii", "replace") if kind else None,
        None if elsewhere else _index(values.get(IFLA_LINK)),
        _index(values.get(IFLA_MASTER)),
    )


def _index(value: bytes | None) -> int | None:
    return (_INDEX.unpack(value)[0] or None) if value else None


def _address(body: bytes) -> InterfaceAddress | None:
    family, _, _, _, index = _ADDRESS.unpack_from(body)
    values = attributes(body[_ADDRESS.size :])
    value = values.get(IFA_LOCAL) or values.get(IFA_ADDRESS)  # of a point-to-point link IFA_ADDRESS is the peer's
    if value is None or family not in (socket.AF_INET, socket.AF_INET6):
        return None
    return InterfaceAddress(index, socket.inet_ntop(family, value))


def _aligned(length: int) -> int:
    return (length + 3) & ~3
