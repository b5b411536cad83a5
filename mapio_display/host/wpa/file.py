"""The station's file for wpa_supplicant: read, and with a network more or less; all else stays as it was to the byte.

Lines and comments are wpa_supplicant's (wpa_supplicant.conf(5); ``wpa_config_get_line`` for where a comment begins).
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import field, replace
from io import BytesIO
from pathlib import Path

from mapio_display.core.failures import failure
from mapio_display.core.ssid import Security, Ssid, ssid_of
from mapio_display.durable import write_durably
from mapio_display.errors import WpaError, WpaFileError
from mapio_display.files import read_small
from mapio_display.frozen import Frozen
from mapio_display.host.wpa.words import unescaped

CONTROL = Path("/var/run/wpa_supplicant")
ITERATIONS = 4096  # of PBKDF2, for a key of 32 bytes (IEEE 802.11, J.4.1)
KEY_BYTES = 32

_KEY = re.compile(r"[0-9A-Fa-f]{64}")
_PLAIN = frozenset(b" !$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~")
_BLOCK = re.compile(rb"network=\{|cred=\{|blob-base64-[^=]*=\{")
_ASSIGNED = re.compile(rb"(\w+)=(.*)", re.DOTALL)
_COUNTRY = re.compile(rb"[A-Z]{2}")
_DIRECTORY = re.compile(r"(?:DIR=)?(/\S*)")


class Credentials(Frozen):
    """What joins a network, as its block has it, in hexadecimal; without either of the two it is open.

    ``psk`` is the key that WPA2 derives of the password, and ``sae_password`` the password itself: WPA3 needs it.
    """

    ssid: Ssid
    psk: str | None = field(default=None, repr=False)
    sae_password: str | None = field(default=None, repr=False)
    hidden: bool = False

    def settings(self) -> list[tuple[str, str]]:
        """The variables of its block, beside ``priority``."""
        methods = ["WPA-PSK", "WPA-PSK-SHA256"] if self.psk else []
        methods += ["SAE"] if self.sae_password else []
        known = [
            ("ssid", quoted(self.ssid.octets)),
            ("scan_ssid", "1" if self.hidden else None),
            ("key_mgmt", " ".join(methods) or "NONE"),
            ("psk", self.psk),
            ("sae_password", self.sae_password),
            # Protected management frames: WPA3 demands them, WPA2 may.
            ("ieee80211w", "1" if self.psk else "2" if self.sae_password else None),
        ]
        return [(name, value) for name, value in known if value is not None]


def credentials(
    ssid: Ssid, password: str | None, security: Security | None, *, hidden: bool = False, wpa3: bool = True
) -> Credentials:
    """Make them of a password. A security that is not known may be any; without ``wpa3`` it is not WPA3.

    A password of 64 hexadecimal digits is WPA2's key itself.
    """
    if password is None:
        return Credentials(ssid, hidden=hidden)
    raw = password.encode()
    psk = sae = None
    if security is not Security.WPA3:
        psk = password.lower() if _KEY.fullmatch(password) else pbkdf2(raw, ssid.octets).hex()
    if wpa3 and security is not Security.WPA2 and not _KEY.fullmatch(password):
        sae = raw.hex()
    return Credentials(ssid, psk, sae, hidden)


def pbkdf2(password: bytes, salt: bytes) -> bytes:
    """PBKDF2-HMAC-SHA1 (RFC 8018, 5.2); ``hashlib`` has it with OpenSSL only, which the daemon does not load."""
    padded = password.ljust(64, b"\0")
    inner, outer = (hashlib.sha1(bytes(byte ^ pad for byte in padded), usedforsecurity=False) for pad in (0x36, 0x5C))

    def hmac(message: bytes) -> bytes:
        first, second = inner.copy(), outer.copy()
        first.update(message)
        second.update(first.digest())
        return second.digest()

    key = b""
    for number in (1, 2):
        block = hmac(salt + number.to_bytes(4, "big"))
        total = int.from_bytes(block, "big")
        for _ in range(ITERATIONS - 1):
            block = hmac(block)
            total ^= int.from_bytes(block, "big")
        key += total.to_bytes(20, "big")
    return key[:KEY_BYTES]


def quoted(octets: bytes) -> str:
    """Bytes as a string of the file: in quotation marks where each character means itself, else in hexadecimal."""
    return f'"{octets.decode("ascii")}"' if _PLAIN.issuperset(octets) else octets.hex()


class Part(Frozen):
    """Some lines of the file; of a station's network with its name and its priority."""

    text: bytes = field(repr=False)
    ssid: Ssid | None = None
    priority: int = 0


class StationFile(Frozen):
    """The file's parts in their order, and the folder of its control sockets; None where it has none."""

    parts: tuple[Part, ...]
    folder: Path | None

    @property
    def text(self) -> bytes:
        """The whole file."""
        return b"".join(part.text for part in self.parts)

    @property
    def saved(self) -> tuple[Ssid, ...]:
        """The networks in it, each once."""
        return tuple(dict.fromkeys(part.ssid for part in self.parts if part.ssid is not None))

    @property
    def country(self) -> str | None:
        """The country that it names last, which is the one that counts; None for none, or what is no country."""
        named = [value for key, value in map(_assigned, self.parts) if key == b"country"]
        return named[-1].decode("ascii") if named and _COUNTRY.fullmatch(named[-1]) else None

    def with_country(self, country: str | None) -> "StationFile":
        """With this country in the place of the one it names; without one for None."""
        keys = [_assigned(part)[0] for part in self.parts]
        kept = [part for part, key in zip(self.parts, keys, strict=True) if key != b"country"]
        if country is None:
            return replace(self, parts=tuple(kept))
        heads = (at for at, key in enumerate(keys, 1) if key in (b"ctrl_interface", b"update_config"))
        at = keys.index(b"country") if b"country" in keys else max(heads, default=0)
        line = Part(_line_end(kept[:at]) + f"country={country}\n".encode("ascii"))
        return parse(b"".join(part.text for part in (*kept[:at], line, *kept[at:])))

    def ready(self, country: str | None) -> "StationFile":
        """With what a control socket takes. A file that has nothing yet also gets ``update_config`` and the country."""
        if self.folder is not None:
            return self
        head = f"ctrl_interface={CONTROL}\n"
        if not self.text.strip():
            head += "update_config=1\n" + (f"country={country}\n" if country else "")
        return parse(head.encode() + self.text)

    def with_network(self, network: Credentials) -> "StationFile":
        """With this network, in the place of what the file had for its name, and preferred to the others."""
        kept = [part for part in self.parts if part.ssid != network.ssid]
        first = next((at for at, part in enumerate(self.parts) if part.ssid == network.ssid), len(kept))
        others = [part.priority for part in kept if part.ssid is not None]
        settings = network.settings() + ([("priority", str(max(others) + 1))] if others else [])
        block = "".join(f"\t{name}={value}\n" for name, value in settings)
        new = Part(_line_end(kept[:first]) + b"network={\n" + block.encode("ascii") + b"}\n", network.ssid)
        return replace(self, parts=(*kept[:first], new, *kept[first:]))

    def preferring(self, ssid: Ssid) -> "StationFile":
        """With this network enabled and preferred to the others; the rest of its block stays."""
        best = max((part.priority for part in self.parts if part.ssid not in (None, ssid)), default=-1) + 1
        return replace(self, parts=tuple(_preferred(part, best) if part.ssid == ssid else part for part in self.parts))

    def without(self, ssid: Ssid) -> "StationFile":
        """Without this network."""
        return replace(self, parts=tuple(part for part in self.parts if part.ssid != ssid))


class EndlessBlock(WpaError):
    """A block has no end; ``line`` is where it begins."""

    def __init__(self, line: int) -> None:
        super().__init__(f"the block that begins in line {line} has no end")
        self.line = line


def parse(text: bytes) -> StationFile:
    """Read the file. Raises ``EndlessBlock``; wpa_supplicant does not take such a file either."""
    parts: list[Part] = []
    folder: Path | None = None
    lines = enumerate(BytesIO(text), 1)
    for number, line in lines:
        said = meant(line)
        if _BLOCK.fullmatch(said):
            parts.append(_block(said, line, number, lines))
            continue
        parts.append(Part(line))
        if (found := _ASSIGNED.fullmatch(said)) and found[1] == b"ctrl_interface":
            named = _DIRECTORY.match(found[2].decode("utf-8", "surrogateescape"))
            folder = Path(named[1]) if named else None
    return StationFile(tuple(parts), folder)


def _assigned(part: Part) -> tuple[bytes, bytes]:
    """The variable of a line that is in no block, and its value; empty where it has none."""
    found = _ASSIGNED.fullmatch(meant(part.text))
    return (found[1], found[2]) if found else (b"", b"")


def _line_end(parts: list[Part]) -> bytes:
    """What the last line lacks before another one can follow."""
    return b"\n" if parts and not parts[-1].text.endswith(b"\n") else b""


def _preferred(part: Part, priority: int) -> Part:
    """A network's block with this priority, and enabled."""
    first, *others = BytesIO(part.text)
    kept = [line for line in others if not meant(line).startswith((b"priority=", b"disabled="))]
    text = b"".join((first, f"\tpriority={priority}\n".encode("ascii"), *kept))
    return replace(part, text=text, priority=priority)


def _block(said: bytes, first: bytes, began: int, lines: Iterator[tuple[int, bytes]]) -> Part:
    """The rest of a block."""
    block, settings = [first], dict[bytes, bytes]()
    for _, line in lines:
        block.append(line)
        if (within := meant(line)) == b"}":
            break
        if found := _ASSIGNED.fullmatch(within):
            settings[found[1]] = found[2]
    else:
        raise EndlessBlock(began)
    whole = b"".join(block)
    if said != b"network={" or settings.get(b"mode", b"0") != b"0" or b"ssid" not in settings:
        return Part(whole)
    octets = _string(settings[b"ssid"])
    try:
        priority = int(settings.get(b"priority", b"0"), 0)
    except ValueError:
        priority = 0
    return Part(whole, None if octets is None else ssid_of(octets), priority)


def meant(line: bytes) -> bytes:
    """A line without comment and blanks. In quotation marks a # begins none, and the marks pair up from the left."""
    line = line.split(b"\n")[0].lstrip(b" \t\r")
    if line.startswith(b"#"):
        return b""
    start, end = 0, line.find(b"#")
    while end >= 0:
        opened = line.find(b'"', start)
        if not 0 <= opened <= end:
            break
        closed = line.find(b'"', opened + 1)
        if closed < 0:
            break
        start = closed + 1
        if start > end:
            end = line.find(b"#", start)
    return (line[:end] if end >= 0 else line).rstrip(b" \t\r")


def _string(value: bytes) -> bytes | None:
    """The bytes of a string: quoted, quoted with escapes, or hexadecimal; None for what is none of them."""
    if value.startswith(b'"') and value.endswith(b'"') and len(value) > 1:
        return value[1:-1]
    if value.startswith(b'P"') and value.endswith(b'"') and len(value) > 2:
        return unescaped(value[2:-1].decode("utf-8", "surrogateescape"))
    try:
        return bytes.fromhex(value.decode("ascii")) if value else None
    except ValueError:
        return None


def load(path: Path) -> StationFile:
    """Read the file at ``path``; one that is not there is empty. Raises ``WpaFileError``."""
    try:
        return parse(read_small(path))
    except FileNotFoundError:
        return StationFile((), None)
    except OSError as error:
        why = failure("wifi-file.not-read", error.strerror, file=str(path), reason=str(error.strerror))
        raise WpaFileError(f"{path} cannot be read: {error.strerror}", why) from error
    except EndlessBlock as error:
        raise WpaFileError(f"{path}: {error}", failure("wifi-file.no-end", file=str(path), line=error.line)) from error


def store(path: Path, file: StationFile) -> None:
    """Replace the file at ``path``, for its owner alone; a link to it stays one. Raises ``WpaFileError``."""
    try:
        write_durably(path.resolve(), file.text, 0o600)
    except OSError as error:
        why = failure("wifi-file.not-written", error.strerror, file=str(path), reason=str(error.strerror))
        raise WpaFileError(f"{path} cannot be written: {error.strerror}", why) from error


def country_of(path: Path) -> str | None:
    """The country that another of wpa_supplicant's files names; None where none does."""
    try:
        return load(path).country
    except WpaError:
        return None
