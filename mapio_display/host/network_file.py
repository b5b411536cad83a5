"""The network as a file has it, for a gateway that is played on another machine.

    {"hostname": "mapio", "default": "eth0",
     "interfaces": [{"name": "eth0", "addresses": ["192.168.1.20"]}, {"name": "wpan0", "kind": "tun"}]}

Of each interface it holds what rtnetlink(7) says: the kind that software gives it, none for a driver's own.
"""

import ipaddress
from pathlib import Path
from typing import Any

from mapio_display.core.facts.network import NetworkChanged
from mapio_display.host.file_source import FileSource, read_object
from mapio_display.host.links import ARPHRD_ETHER
from mapio_display.host.netlink import InterfaceAddress, Link
from mapio_display.host.network import network_of
from mapio_display.host.source import Given, Run, Source

ARPHRD_NONE = 65534
LAYER_3 = {"tun", "wireguard"}  # kinds without an Ethernet address


def read_network_file(path: Path) -> NetworkChanged:
    """What the file says. Raises ``OSError``, or ``ValueError`` if that makes no sense."""
    said = read_object(path)
    hostname, default = (_text(said, key, path) for key in ("hostname", "default"))
    links, addresses = [], []
    for index, entry in enumerate(_entries(said, path), 1):
        kind = _text(entry, "kind", path)
        kind_type = ARPHRD_NONE if kind in LAYER_3 else ARPHRD_ETHER
        links.append(Link(index, _text(entry, "name", path) or "", kind_type, 0, kind))
        addresses += [InterfaceAddress(index, _address(text, path)) for text in entry.get("addresses") or ()]
    return network_of(links, addresses, lambda _house: default, hostname)


def has_interface(path: Path, name: str) -> bool:
    """Say whether the file has an interface of this name."""
    try:
        return any(entry.get("name") == name for entry in _entries(read_object(path), path))
    except (OSError, ValueError):
        return False


def _entries(said: dict[str, Any], path: Path) -> list[dict[str, Any]]:
    entries = said.get("interfaces", [])
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and isinstance(entry.get("addresses") or [], list) for entry in entries
    ):
        raise ValueError(f"{path}: interfaces must be a list of objects, their addresses a list")
    return entries


def _text(said: dict[str, Any], key: str, path: Path) -> str | None:
    value = said.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{path}: {key} must be a string")
    return value


def _address(text: object, path: Path) -> str:
    try:
        if isinstance(text, str):
            return str(ipaddress.ip_address(text))
    except ValueError:
        pass
    raise ValueError(f"{path}: {text!r} is not an IP address")


def _source(given: Given) -> Run | None:
    file = given.config.network.file
    return FileSource(given.state, file, read_network_file).run() if file else None


SOURCE: Source = _source
