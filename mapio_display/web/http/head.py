"""The head of a request as it comes in: within its bounds, and without what no head has."""

import re
from typing import NamedTuple

from mapio_display.core.failures import Failure
from mapio_display.web.refusals import HEAD_TOO_LARGE, malformed

HEAD_BYTES = 16 * 1024  # of all heads that wait on a connection: five times what a browser sends without cookies
HEADERS_MOST = 64  # twice what browsers send

_ENDS = re.compile(rb"\n\r?\n")
_ODD_EXPECT = re.compile(rb"(?i)\nexpect:[^\n]*[\x80-\xff]")  # aiohttp repeats it, and cannot encode what is not UTF-8
_NEVER_IN_A_HEAD = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Taken(NamedTuple):
    """A head for aiohttp, or one that is ``refused`` before it has it; ``rest`` is what came after the head."""

    head: bytes
    rest: bytes = b""
    refused: Failure | None = None


class Head:
    """Collects a head."""

    __slots__ = ("_bytes",)

    def __init__(self) -> None:
        self._bytes = bytearray()

    @property
    def room(self) -> int:
        """How many bytes more are to be read at once."""
        return HEAD_BYTES + 1 - len(self._bytes)

    def take(self, data: bytes) -> Taken | None:
        """Add what has come; None while the head is not all there."""
        head = self._bytes
        searched = max(0, len(head) - 2)
        head += data if head else data.lstrip(b"\r\n")  # RFC 9112, 2.2
        end = _ENDS.search(head, searched)
        length = end.end() if end else len(head)
        if length > HEAD_BYTES or head.count(b"\n", 0, length) > HEADERS_MOST + 2:  # with the first line and the last
            return Taken(bytes(head), refused=HEAD_TOO_LARGE)
        if end and _ODD_EXPECT.search(head, 0, length):
            return Taken(bytes(head), refused=malformed("Expect is not all ASCII"))
        if end or _NEVER_IN_A_HEAD.search(head, searched):  # the other is TLS, or some such: aiohttp says what of it
            self._bytes = bytearray()
            return Taken(bytes(head[:length]), bytes(head[length:]))
        return None
