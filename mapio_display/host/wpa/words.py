"""wpa_supplicant's words: networks that were found, its status, and what its events say about a join."""

import re
from collections.abc import Iterator
from enum import Enum, auto

from mapio_display.core.facts.wifi import WifiNetwork
from mapio_display.core.ssid import Security, Ssid, ssid_of
from mapio_display.frozen import Frozen

# ``BSS RANGE=ALL`` with id, level, flags and SSID (WPA_BSS_MASK_* of wpa_ctrl.h), as many as fit into an answer.
BSS_PAGE = "BSS RANGE={}- MASK=0x1881"

_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))")
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"e": b"\x1b"}
_FLAG = re.compile(r"\[([^\]]*)\]")
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_TEMP_DISABLED = re.compile(rf"CTRL-EVENT-SSID-TEMP-DISABLED id=(\d+) ssid={_QUOTED} .*\breason=(\w+)$")
_CONNECTED = re.compile(r"CTRL-EVENT-CONNECTED .*\[id=(\d+) ")
_SCANNED = re.compile(r"CTRL-EVENT-SCAN-RESULTS id=(\d+)")
_SAE_CONFIRM_REFUSED = re.compile(r"CTRL-EVENT-AUTH-REJECT \S+ auth_type=3 auth_transaction=2 ")


class Says(Enum):
    """What an event says."""

    CONNECTED = auto()
    DISCONNECTED = auto()
    SCANNED = auto()
    SCAN_FAILED = auto()
    WRONG_PASSWORD = auto()
    REFUSED = auto()
    NOT_FOUND = auto()


class Event(Frozen):
    """An event, and the numbers of the network or the scan that it is about; None where it names none."""

    says: Says
    network: int | None = None
    scan: int | None = None


def event_of(text: str) -> Event | None:
    """What an event says; None for one that means nothing here."""
    if match := _CONNECTED.match(text):
        return Event(Says.CONNECTED, int(match[1]))
    if match := _TEMP_DISABLED.match(text):
        return Event(Says.WRONG_PASSWORD if match[2] == "WRONG_KEY" else Says.REFUSED, int(match[1]))
    if match := _SCANNED.match(text):
        return Event(Says.SCANNED, scan=int(match[1]))
    # With SAE a router refuses the confirm message that was made with another password.
    if _SAE_CONFIRM_REFUSED.match(text):
        return Event(Says.WRONG_PASSWORD)
    says = _SIMPLE.get(text.partition(" ")[0])
    if says is Says.SCAN_FAILED and " retry=1" in text:  # it tries again by itself
        return None
    return Event(says) if says else None


_SIMPLE = {
    "CTRL-EVENT-DISCONNECTED": Says.DISCONNECTED,
    "CTRL-EVENT-SCAN-RESULTS": Says.SCANNED,
    "CTRL-EVENT-SCAN-FAILED": Says.SCAN_FAILED,
    "CTRL-EVENT-NETWORK-NOT-FOUND": Says.NOT_FOUND,
    "CTRL-EVENT-ASSOC-REJECT": Says.REFUSED,
    "CTRL-EVENT-AUTH-REJECT": Says.REFUSED,
}


def unescaped(text: str) -> bytes:
    """The bytes that wpa_supplicant printed so (``printf_encode``)."""

    def byte(match: re.Match[bytes]) -> bytes:
        if match[1]:
            return bytes([int(match[1], 16)])
        if match[2]:
            return bytes([int(match[2], 8) & 0xFF])
        return _LETTERS.get(match[3], match[3])

    return _ESCAPE.sub(byte, text.encode("utf-8", "replace"))


def found(page: str) -> tuple[list[WifiNetwork], int | None]:
    """The networks of a page of BSS, and the number of its last; None where it is the last page."""
    networks = []
    last: int | None = None
    for entry in _entries(page):
        try:
            last = int(entry["id"])
            octets, signal = unescaped(entry["ssid"]), int(entry["level"])
        except (KeyError, ValueError):
            continue
        if octets.strip(b"\0") and len(octets) <= 32:  # a hidden network's is empty, or so many zeros
            networks.append(WifiNetwork(ssid_of(octets), signal, security_of(entry.get("flags", ""))))
    return networks, last


def _entries(page: str) -> Iterator[dict[str, str]]:
    entry: dict[str, str] = {}
    for line in page.split("\n"):
        key, _, value = line.partition("=")
        if key == "id" and entry:
            yield entry
            entry = {}
        entry[key] = value
    if "id" in entry:
        yield entry


def security_of(flags: str) -> Security:
    """The security that the flags of a BSS name, as in ``[WPA2-PSK+SAE-CCMP][ESS]``."""
    methods: set[str] = set()
    names = _FLAG.findall(flags)
    for name in names:
        protocol, _, rest = name.partition("-")
        if protocol in ("WPA", "WPA2", "RSN"):
            methods |= set(re.split(r"[+-]", rest))
    if "MESH" in names:
        return Security.OTHER
    if methods & {"PSK", "SAE"}:
        if "SAE" not in methods:
            return Security.WPA2
        return Security.WPA2_WPA3 if "PSK" in methods else Security.WPA3
    if any(method.startswith(("EAP", "FT/EAP", "FILS")) for method in methods):
        return Security.ENTERPRISE
    ours = not methods and "ESS" in names and not any(name.startswith(("WEP", "OSEN")) for name in names)
    return Security.OPEN if ours else Security.OTHER


def connected_to(status: str) -> Ssid | None:
    """The network that an answer to STATUS says is in use; None for none."""
    lines = dict(line.partition("=")[::2] for line in status.split("\n"))
    if lines.get("wpa_state") != "COMPLETED" or "ssid" not in lines:
        return None
    return ssid_of(unescaped(lines["ssid"]))


class Listed(Frozen):
    """A network in wpa_supplicant's list, by its number."""

    number: int
    ssid: Ssid
    enabled: bool


def listed(page: str) -> list[Listed]:
    """The networks of an answer to LIST_NETWORKS."""
    rows = (line.split("\t") for line in page.split("\n")[1:])
    return [
        Listed(int(row[0]), ssid_of(unescaped(row[1])), "[DISABLED]" not in row[3])
        for row in rows
        if len(row) == 4 and row[0].isdecimal()
    ]
