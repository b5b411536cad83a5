"""SSH's public keys: what a paste holds, and what a line of ``authorized_keys`` holds (sshd(8)).

A key is base64 over fields with their lengths in front, of which the first repeats the type (RFC 4253, 6.6; RFC 5656,
3.1; RFC 8709, 4; OpenSSH's PROTOCOL.u2f).
"""

import re
from base64 import b64decode, b64encode
from hashlib import sha256

from mapio_display.core.failures import failure
from mapio_display.errors import Refused
from mapio_display.frozen import Frozen

RSA_LEAST, RSA_MOST = 2048, 16384  # bits; OpenSSH takes no longer ones
_ED25519 = ("ssh-ed25519", "sk-ssh-ed25519@openssh.com")
_ECDSA = {  # the curve's name, and the bytes of an uncompressed point on it
    "ecdsa-sha2-nistp256": (b"nistp256", 65),
    "ecdsa-sha2-nistp384": (b"nistp384", 97),
    "ecdsa-sha2-nistp521": (b"nistp521", 133),
    "sk-ecdsa-sha2-nistp256@openssh.com": (b"nistp256", 65),
}
KNOWN = {*_ED25519, *_ECDSA, "ssh-rsa"}

# How private keys begin in files of OpenSSH, PEM and PuTTY, and OpenSSH's without its first line.
_PRIVATE = re.compile(r"PRIVATE KEY-----|PuTTY-User-Key-File-|b3BlbnNzaC1rZXktdj", re.IGNORECASE)
_SSH2 = "---- BEGIN SSH2 PUBLIC KEY"
# Up to the first blank that is not in quotes. As sshd reads it, a backslash means something only before a quote.
_OPTIONS = re.compile(r'(?:\\"|[^ \t"\\]|\\(?!")|"(?:\\"|[^"\\]|\\(?!"))*")+[ \t]+')


class PublicKey(Frozen):
    """One public key; ``encoded`` is its base64."""

    type: str
    encoded: str
    comment: str = ""

    @property
    def fingerprint(self) -> str:
        """The key's SHA-256, as ``ssh-keygen -l`` prints it."""
        return "SHA256:" + b64encode(sha256(b64decode(self.encoded)).digest()).decode("ascii").rstrip("=")

    @property
    def line(self) -> str:
        """The key as a line of ``authorized_keys``, without its end."""
        return f"{self.type} {self.encoded} {self.comment}".rstrip()


def pasted(text: str) -> list[PublicKey]:
    """The keys of a paste or of a file, one on each line; empty lines and comments are skipped.

    Raises ``Refused``, which names a line by its number and never repeats what stands in it.
    """
    if _PRIVATE.search(text):
        raise Refused(failure("private-key"))
    if _SSH2 in text:
        raise Refused(failure("bad-key.ssh2"))
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    keys = [_checked(line, number) for number, line in lines if line and not line.startswith("#")]
    if not keys:
        raise Refused(failure("no-key"))
    return keys


def in_line(line: bytes) -> PublicKey | None:
    """The key in a line of ``authorized_keys``, of any type and behind any options; None where there is none."""
    text = line.decode("utf-8", "replace").strip(" \t\r\n")
    if text.startswith("#"):
        return None
    return _parted(text) or _behind_options(text)


def _checked(line: str, number: int) -> PublicKey:
    """The key that is all of a line, of a type that sshd takes. Raises ``Refused``."""
    key = _parted(line)
    if key is None:
        raise Refused(failure("bad-key.options" if _behind_options(line) else "bad-key", line=number))
    if key.type not in KNOWN:
        raise Refused(failure("bad-key.type", line=number))
    fields = _fields(b64decode(key.encoded))
    if key.type == "ssh-rsa" and len(fields) == 3 and (bits := int.from_bytes(fields[2]).bit_length()) < RSA_LEAST:
        raise Refused(failure("bad-key.short", line=number, bits=bits, least=RSA_LEAST))
    if not _is_whole(key.type, fields[1:]):
        raise Refused(failure("bad-key", line=number))
    return key


def _behind_options(text: str) -> PublicKey | None:
    options = _OPTIONS.match(text)
    return _parted(text[options.end() :]) if options else None


def _parted(text: str) -> PublicKey | None:
    """Take ``TYPE BASE64 COMMENT`` apart; None where it is no key, or one of another type than it says."""
    kind, encoded, comment = [*text.split(None, 2), "", "", ""][:3]
    try:
        blob = b64decode(encoded, validate=True)
    except ValueError:
        return None
    if b64encode(blob).decode("ascii") != encoded or _fields(blob)[:1] != [kind.encode("utf-8", "surrogatepass")]:
        return None
    return PublicKey(kind, encoded, "".join(c for c in comment if c.isprintable()))


def _fields(blob: bytes) -> list[bytes]:
    """The fields of a key; none where their lengths do not fit."""
    fields, at = [], 0
    while at < len(blob):
        end = at + 4 + int.from_bytes(blob[at : at + 4])
        fields.append(blob[at + 4 : end])
        at = end
    return fields if at == len(blob) else []


def _is_whole(kind: str, fields: list[bytes]) -> bool:
    """Say whether a key has the fields of its type."""
    if kind.startswith("sk-"):
        *fields, application = fields or [b""]
        if not application:
            return False
    match fields:
        case [exponent, modulus] if kind == "ssh-rsa":
            return _is_positive(exponent) and _is_positive(modulus) and 8 * len(modulus.lstrip(b"\0")) <= RSA_MOST
        case [point] if kind in _ED25519:
            return len(point) == 32
        case [curve, point] if kind in _ECDSA:
            return (curve, len(point)) == _ECDSA[kind] and point.startswith(b"\x04")
        case _:
            return False


def _is_positive(number: bytes) -> bool:
    """Say whether a number with a sign is above zero, and written as short as it can be (RFC 4251, 5)."""
    return number.strip(b"\0") != b"" and number[0] < 0x80 and (number[0] > 0 or number[1] >= 0x80)
