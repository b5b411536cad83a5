"""``POST /update``: a bundle as multipart/form-data (RFC 7578), streamed once to the data partition."""

import asyncio
import warnings
from email.message import Message
from functools import partial

from aiohttp import BadContentDispositionHeader, BadContentDispositionParam, BodyPartReader, web
from aiohttp.http import HttpProcessingError

from mapio_display.core.failures import connection_lost
from mapio_display.errors import Refused
from mapio_display.transfer.intake import Intake
from mapio_display.transfer.stream import SenderLost
from mapio_display.web.http.body import take_over
from mapio_display.web.http.headers import media_type
from mapio_display.web.limits import Limits
from mapio_display.web.refusals import LENGTH_REQUIRED, NO_BUNDLE, malformed

FIELD = "bundle"
FORM_BYTES = 64 * 1024  # what a form has around its file, and other fields in it, at the most

_GONE = (ConnectionError, TimeoutError, web.RequestPayloadError)
_MALFORMED = (ValueError, AssertionError, RuntimeError, HttpProcessingError)  # aiohttp's words for a form that is none


class FormUpload:
    """Takes the bundle out of a form."""

    def __init__(self, intake: Intake, limits: Limits) -> None:
        self._intake = intake
        self._limits = limits
        # Python remembers every text that it has warned of, and these are the sender's.
        warnings.simplefilter("ignore", BadContentDispositionHeader)
        warnings.simplefilter("ignore", BadContentDispositionParam)

    def check(self, request: web.Request) -> None:
        """Refuse by the headers alone what can be refused so; raises ``Refused``."""
        self._intake.check_state()
        if (kind := media_type(request)) != "multipart/form-data":
            raise Refused(malformed(f"the content type is {kind or 'missing'}, not multipart/form-data"))
        if request.content_length is None:
            raise Refused(LENGTH_REQUIRED)
        self._intake.check_size(request.content_length, FORM_BYTES)

    async def receive(self, request: web.Request) -> str:
        """Take the bundle in and give the update's id; raises ``Refused``. ``check`` has let the request through."""
        # Before the update begins: nothing may come between that and its first byte.
        end = partial(bundle_end, delimiter=_delimiter(request))
        try:
            filename = await self._find_bundle(request)
        except SenderLost as error:
            raise Refused(connection_lost(0, request.content_length)) from error
        upload_id = self._intake.begin(filename, request.content_length or 0)
        opens = partial(take_over, request, self._limits.stall_s)
        await self._intake.take(upload_id, opens, end)
        return upload_id

    async def _find_bundle(self, request: web.Request) -> str:
        """Read as far as the bundle's first byte, and give its file name."""
        try:
            form = await request.multipart()
            async with asyncio.timeout(self._limits.stall_s):
                while (part := await form.next()) is not None:
                    # Without a file chosen, a browser sends the field with an empty file name.
                    if isinstance(part, BodyPartReader) and part.name == FIELD and part.filename:
                        return display_name(part.filename)
        except _GONE as error:
            raise SenderLost(str(error)) from error
        except _MALFORMED as error:
            raise Refused(malformed(str(error))) from error
        raise Refused(NO_BUNDLE)


def _delimiter(request: web.Request) -> bytes:
    """What stands between the form's fields; raises ``Refused`` where the header is not all ASCII."""
    kind = request.headers["Content-Type"]
    if not kind.isascii():
        raise Refused(malformed(f"the content type {kind} is not all ASCII"))
    about = Message()
    about["Content-Type"] = kind
    return b"\r\n--" + about.get_boundary("").encode()


def bundle_end(last: bytes, delimiter: bytes) -> int:
    """Where the bundle ends in the last bytes of a form (RFC 2046, 5.1.1), with or without other fields behind it.

    Raises ``Refused`` where the form does not end as one.
    """
    at = last.find(delimiter)
    after = last[at + len(delimiter) :]
    if at < 0 or not (after.startswith(b"--") or delimiter + b"--" in after):
        raise Refused(malformed("the form has no end"))
    if len(after) > FORM_BYTES or not after.startswith((b"--", b"\r\n")):
        raise Refused(malformed("what follows the file is no form"))
    return at


def display_name(filename: str | None) -> str:
    """The file's name as it may be shown: without folders and control characters, 100 characters at the most."""
    name = (filename or "").replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in name if c.isprintable())[:100] or "bundle"
