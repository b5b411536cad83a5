"""Where a form's file ends (RFC 2046, 5.1.1): found without copying the file once more, as aiohttp's reader would."""

from collections.abc import Sequence
from typing import Protocol

from mapio_display.errors import Refused
from mapio_display.web.errors import malformed

FORM_BYTES = 64 * 1024  # what a form has around its file, and other fields in it, at the most

Buffer = bytes | memoryview


class BodyPort(Protocol):
    """What is used of a request's body (see ``body.Body``)."""

    async def read(self, stall_s: float) -> list[bytes]:
        """Give what has come, in pieces; none at the end."""


class FormFile:
    """A file in the midst of a form; ``body`` stands at its first byte."""

    def __init__(self, body: BodyPort, boundary: str) -> None:
        self._body = body
        self._delimiter = b"\r\n--" + boundary.encode()
        self._kept = b""  # the end of what has come: the delimiter's beginning, perhaps
        self._after: bytearray | None = None

    async def read(self, stall_s: float) -> Sequence[Buffer]:
        """Give the file's next bytes, in pieces; none at its end.

        Raises ``Refused`` where the form does not end as it should, and what ``Body.read`` does.
        """
        while self._after is None:
            coming = await self._body.read(stall_s)
            if not coming:
                raise Refused(malformed("the form has no end"))
            if pieces := [piece for chunk in coming for piece in self._of_the_file(chunk) if len(piece)]:
                return pieces
        await self._end(stall_s, self._after)
        return ()

    def _of_the_file(self, chunk: bytes) -> tuple[Buffer, ...]:
        if self._after is not None:
            self._after += chunk
            return ()
        most = len(self._delimiter) - 1
        seam = self._kept + chunk[:most]
        if (at := seam.find(self._delimiter)) >= 0:
            return self._ended(seam[:at], chunk[at + len(self._delimiter) - len(self._kept) :])
        if (at := chunk.find(self._delimiter)) >= 0:
            return self._ended(self._kept, memoryview(chunk)[:at], chunk[at + len(self._delimiter) :])
        if len(chunk) < most:
            self._kept = seam[-most:]
            return (seam[:-most],)
        kept, self._kept = self._kept, chunk[-most:]
        return kept, memoryview(chunk)[: len(chunk) - most]

    def _ended(self, *pieces: Buffer) -> tuple[Buffer, ...]:
        *file, after = pieces
        self._after = bytearray(after)
        return tuple(file)

    async def _end(self, stall_s: float, after: bytearray) -> None:
        """Read what follows the file, which must be the form's end, with or without other fields before it."""
        while len(after) <= FORM_BYTES and (coming := await self._body.read(stall_s)):
            for chunk in coming:
                after += chunk
        if len(after) > FORM_BYTES or not after.startswith((b"--", b"\r\n")):
            raise Refused(malformed("what follows the file is no form"))
        if not after.startswith(b"--") and self._delimiter + b"--" not in after:
            raise Refused(malformed("the form has no end"))
