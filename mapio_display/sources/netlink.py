"""The addresses of all interfaces, from the kernel itself: a dump of RTM_GETADDR (rtnetlink(7)).

An interface's name is any bytes but blanks, slash and colon, up to 15 of them. getifaddrs(3) would do too, but the
libraries that wrap it take the name for UTF-8 and fail on another.
"""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

RTM_GETADDR, RTM_NEWADDR = 22, 20
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST, NLM_F_DUMP, NLM_F_DUMP_INTR = 0x1, 0x300, 0x10
IFA_ADDRESS, IFA_LOCAL = 1, 2
ANSWER_S = 5.0
TRIES = 3

_HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_ADDRESS = struct.Struct("=BBBBI")  # ifaddrmsg: family, prefix length, flags, scope, interface's index
_ATTRIBUTE = struct.Struct("=HH")  # rtattr: length, type


@dataclass(frozen=True, slots=True)
class InterfaceAddress:
    """``family`` is AF_INET or AF_INET6; ``address`` is in its usual form, without an interface after it."""

    family: int
    address: str


def interface_addresses() -> dict[str, list[InterfaceAddress]]:
    """Give all addresses by the name of their interface, in the kernel's order. Raises ``OSError``.

    A name is as the operating system's are in Python: bytes that are no UTF-8 are lone surrogates (PEP 383).
    """
    found: dict[str, list[InterfaceAddress]] = {}
    for index, address in _dump():
        try:
            name = socket.if_indextoname(index)
        except OSError:
            continue  # it went away meanwhile
        found.setdefault(name, []).append(address)
    return found


def _dump() -> list[tuple[int, InterfaceAddress]]:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as kernel:
        kernel.settimeout(ANSWER_S)
        kernel.bind((0, 0))
        for sequence in range(1, TRIES + 1):
            body = _ADDRESS.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
            length = _HEADER.size + len(body)
            kernel.send(_HEADER.pack(length, RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, sequence, 0) + body)
            addresses, whole = _answer(kernel, sequence)
            if whole:
                break
    return addresses


def _answer(kernel: socket.socket, sequence: int) -> tuple[list[tuple[int, InterfaceAddress]], bool]:
    """The addresses of one dump; with False they changed while they were dumped."""
    addresses: list[tuple[int, InterfaceAddress]] = []
    whole = True
    while True:
        for kind, flags, number, body in messages(kernel.recv(1 << 16)):
            if number != sequence:
                continue
            whole &= not flags & NLM_F_DUMP_INTR
            if kind == NLMSG_DONE:
                return addresses, whole
            if kind == NLMSG_ERROR:
                raise OSError(-struct.unpack_from("=i", body)[0], "The kernel does not list its addresses")
            if kind == RTM_NEWADDR and (read := _address(body)) is not None:
                addresses.append(read)


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


def _address(body: bytes) -> tuple[int, InterfaceAddress] | None:
    family, _, _, _, index = _ADDRESS.unpack_from(body)
    values = attributes(body[_ADDRESS.size :])
    value = values.get(IFA_LOCAL) or values.get(IFA_ADDRESS)  # of a point-to-point link IFA_ADDRESS is the peer's
    if value is None or family not in (socket.AF_INET, socket.AF_INET6):
        return None
    return index, InterfaceAddress(family, socket.inet_ntop(family, value))


def _aligned(length: int) -> int:
    return (length + 3) & ~3
