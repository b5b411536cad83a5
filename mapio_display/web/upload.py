"""``POST /update``: a bundle as multipart/form-data (RFC 7578), streamed once to the data partition."""

import asyncio
import warnings
from collections.abc import Sequence
from email.message import Message

from aiohttp import BadContentDispositionHeader, BadContentDispositionParam, BodyPartReader, web
from aiohttp.http import HttpProcessingError

from mapio_display.core.failures import connection_lost
from mapio_display.errors import Refused
from mapio_display.web.body import body_of
from mapio_display.web.errors import LENGTH_REQUIRED, NO_BUNDLE, malformed
from mapio_display.web.form import FORM_BYTES, Buffer, FormFile
from mapio_display.web.intake import Intake, SenderLost
from mapio_display.web.limits import Limits

FIELD = "bundle"

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
        if request.content_type != "multipart/form-data":
            raise Refused(malformed(f"the content type is {request.content_type}, not multipart/form-data"))
        if request.content_length is None:
            raise Refused(LENGTH_REQUIRED)
        self._intake.check_size(request.content_length, FORM_BYTES)

    async def receive(self, request: web.Request) -> str:
        """Take the bundle in and give the update's id; raises ``Refused``. ``check`` has let the request through."""
        boundary = _boundary(request)  # before the update begins: nothing may come between that and its first byte
        try:
            part = await self._bundle_part(request)
        except SenderLost as error:
            raise Refused(connection_lost(0, request.content_length)) from error
        upload_id = self._intake.open(display_name(part.filename), request.content_length)
        file = FormFile(body_of(request), boundary)

        async def read() -> Sequence[Buffer]:
            try:
                return await file.read(self._limits.stall_s)
            except _GONE as error:
                raise SenderLost(str(error)) from error

        await self._intake.receive(upload_id, read)
        return upload_id

    async def _bundle_part(self, request: web.Request) -> BodyPartReader:
        """Read as far as the bundle's first byte."""
        try:
            form = await request.multipart()
            async with asyncio.timeout(self._limits.stall_s):
                while (part := await form.next()) is not None:
                    # Without a file chosen, a browser sends the field with an empty file name.
                    if isinstance(part, BodyPartReader) and part.name == FIELD and part.filename:
                        return part
        except _GONE as error:
            raise SenderLost(str(error)) from error
        except _MALFORMED as error:
            raise Refused(malformed(str(error))) from error
        raise Refused(NO_BUNDLE)


def _boundary(request: web.Request) -> str:
    """What stands between the form's fields; raises ``Refused`` where the header is not all ASCII."""
    kind = request.headers["Content-Type"]
    if not kind.isascii():
        raise Refused(malformed(f"the content type {kind} is not all ASCII"))
    about = Message()
    about["Content-Type"] = kind
    return about.get_boundary("")


def display_name(filename: str | None) -> str:
    """The file's name as it may be shown: without folders and control characters, 100 characters at the most."""
    name = (filename or "").replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in name if c.isprintable())[:100] or "bundle"
