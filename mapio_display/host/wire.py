"""The bytes that come from a bus, cut into messages; what is not wanted is dropped by its header alone.

Any program on the machine may send signals, of up to 32 MiB and as many as it likes. dbus-next would unpack each of
them wholly, all that wait in one go of the loop, keep every signature it ever met, and end the connection where it
cannot read one. Here a stranger's message costs a look at its header, and a few kilobytes are looked at in one go.
"""

import io
import os
import struct
from collections.abc import Callable, Iterable, Iterator

from dbus_next._private.unmarshaller import Unmarshaller
from dbus_next.constants import MessageType
from dbus_next.message import Message

from mapio_display.errors import MapioDisplayError
from mapio_display.frozen import Frozen

READ_BYTES = 32 * 1024  # in one go of the loop
LARGEST_HEADER = 64 * 1024
LARGEST_MESSAGE = 4 * 1024 * 1024  # of those that are wanted; RAUC's and systemd's have some kilobytes
LONGEST = 128 * 1024 * 1024  # D-Bus specification, "Message Protocol"

FIXED = 16  # bytes: endianness, type, flags, version, the body's length, serial number, the header fields' length
SENDER, UNIX_FDS = 7, 9  # header fields


class WireError(MapioDisplayError):
    """What came is not D-Bus's protocol, so that the next message cannot be found."""


class Header(Frozen):
    """What is to be known of a message that may be dropped."""

    kind: int
    sender: str
    descriptors: int
    length: int


Wanted = Callable[[Header], bool]


class Inflow:
    """Cuts what it takes into messages, and gives those that are ``wanted``."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._buffer = bytearray()
        self._descriptors: list[int] = []
        self._skip = 0

    def take(self, data: bytes, descriptors: Iterable[int] = ()) -> Iterator[Message]:
        """Give the messages that end within ``data``; open files of others are closed. Raises ``WireError``."""
        self._buffer += data
        self._descriptors += descriptors
        at = 0
        try:
            while True:
                skipped = min(self._skip, len(self._buffer) - at)
                self._skip -= skipped
                at += skipped
                header = None if self._skip else read_header(self._buffer, at)
                if header is None:
                    return
                if header.length > LARGEST_MESSAGE or not self._wanted(header):
                    self._skip = header.length
                    close_all(self._taken(header.descriptors))
                elif len(self._buffer) - at < header.length:
                    return
                else:
                    message = _message(bytes(self._buffer[at : at + header.length]), self._taken(header.descriptors))
                    at += header.length
                    if message is not None:
                        yield message
        finally:
            del self._buffer[:at]

    def close(self) -> None:
        """Close the open files that have come and were not passed on."""
        close_all(self._taken(len(self._descriptors)))

    def _taken(self, count: int) -> list[int]:
        """The oldest ``count`` open files: they come in the order of their messages."""
        taken, self._descriptors = self._descriptors[:count], self._descriptors[count:]
        return taken


def read_header(data: bytes | bytearray, at: int = 0) -> Header | None:
    """Read the header of the message that begins at ``at``; None while it is not whole. Raises ``WireError``."""
    if len(data) - at < FIXED:
        return None
    order = {ord("l"): "<", ord("B"): ">"}.get(data[at])
    if order is None or data[at + 3] != 1:
        raise WireError("not D-Bus's protocol, version 1")
    body, _, fields = struct.unpack_from(f"{order}III", data, at + 4)
    length = FIXED + _aligned(fields, 8) + body
    if length > LONGEST:
        raise WireError(f"a message of {length} bytes")
    if fields > LARGEST_HEADER:
        return Header(0, "", 0, length)  # of no sender
    if len(data) - at < FIXED + fields:
        return None
    try:
        found = _fields(bytes(data[at + FIXED : at + FIXED + fields]), order)
    except (struct.error, IndexError, UnicodeDecodeError):
        return Header(0, "", 0, length)
    sender, descriptors = found.get(SENDER, b""), found.get(UNIX_FDS, 0)
    return Header(
        data[at + 1],
        sender.decode("ascii", "replace") if isinstance(sender, bytes) else "",
        descriptors if isinstance(descriptors, int) else 0,
        length,
    )


def _fields(data: bytes, order: str) -> dict[int, bytes | int]:
    """The header fields, ``a(yv)``, of the types that the specification has for them: strings and one number."""
    found: dict[int, bytes | int] = {}
    at = 0
    while at < len(data):
        code, kind = data[at], data[at + 1 : at + 4]
        at += 4  # the code, and a signature of one letter between its length and a NUL
        if kind == b"\x01u\0":
            found[code] = struct.unpack_from(f"{order}I", data, at)[0]
            at += 4
        elif kind in (b"\x01s\0", b"\x01o\0"):
            (length,) = struct.unpack_from(f"{order}I", data, at)
            found[code] = data[at + 4 : at + 4 + length]
            at += 4 + length + 1
        elif kind == b"\x01g\0":
            found[code] = data[at + 1 : at + 1 + data[at]]
            at += 1 + data[at] + 1
        else:
            raise IndexError("a header field of a type that none has")
        at = _aligned(at, 8)
    return found


def _message(data: bytes, descriptors: list[int]) -> Message | None:
    """Unpack a message; None for one that dbus-next does not understand."""
    unmarshaller = Unmarshaller(io.BytesIO(data))
    unmarshaller.unix_fds = descriptors
    try:
        message: Message | None = unmarshaller.unmarshall()
    except Exception:  # noqa: BLE001 - it raises what it happens to trip over
        message = None
    if message is None:
        close_all(descriptors)
    return message


def close_all(descriptors: Iterable[int]) -> None:
    """Close open files."""
    for descriptor in descriptors:
        os.close(descriptor)


def _aligned(offset: int, to: int) -> int:
    return -(-offset // to) * to


def is_answer(header: Header) -> bool:
    """Whether a message answers a call of ours; the bus lets no others through."""
    return header.kind in (MessageType.METHOD_RETURN.value, MessageType.ERROR.value)


def is_signal(header: Header) -> bool:
    """Whether a message is a signal."""
    return header.kind == MessageType.SIGNAL.value
