"""``POST /update``: a bundle as multipart/form-data (RFC 7578), streamed once to the data partition."""

import asyncio
import warnings

from aiohttp import BadContentDispositionHeader, BadContentDispositionParam, BodyPartReader, MultipartReader, web
from aiohttp.http import HttpProcessingError

from mapio_display.core.failures import connection_lost
from mapio_display.errors import Refused
from mapio_display.web.errors import LENGTH_REQUIRED, NO_BUNDLE, malformed
from mapio_display.web.intake import Intake, SenderLost
from mapio_display.web.limits import Limits
from mapio_display.web.low_water import LowWater

CHUNK = 256 * 1024  # as much as asyncio reads from a socket at once; more would only be held in memory longer
FORM_BYTES = 64 * 1024  # what a form has around its file, and other fields in it, at the most
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
        try:
            form, part = await self._bundle_part(request)
        except SenderLost as error:
            raise Refused(connection_lost(0, request.content_length)) from error
        size = request.content_length or 0
        upload_id = self._intake.open(display_name(part.filename), size)
        water = LowWater(request.transport, size)

        async def read() -> bytes:
            chunk = await self._read(part, water)
            if not chunk:
                await self._end(form)
            return chunk

        try:
            await self._intake.receive(upload_id, read)
        finally:
            water.end()
        return upload_id

    async def _bundle_part(self, request: web.Request) -> tuple[MultipartReader, BodyPartReader]:
        try:
            form = await request.multipart()
            async with asyncio.timeout(self._limits.stall_s):
                while (part := await form.next()) is not None:
                    # Without a file chosen, a browser sends the field with an empty file name.
                    if isinstance(part, BodyPartReader) and part.name == FIELD and part.filename:
                        return form, part
        except _GONE as error:
            raise SenderLost(str(error)) from error
        except _MALFORMED as error:
            raise Refused(malformed(str(error))) from error
        raise Refused(NO_BUNDLE)

    async def _read(self, part: BodyPartReader, water: LowWater) -> bytes:
        try:
            return await water.gather(part.read_chunk(CHUNK), self._limits.stall_s)
        except _GONE as error:
            raise SenderLost(str(error)) from error
        except _MALFORMED as error:
            raise Refused(malformed(str(error))) from error

    async def _end(self, form: MultipartReader) -> None:
        """Read what follows the bundle, which must be the form's end."""
        try:
            async with asyncio.timeout(self._limits.stall_s):
                await form.release()
        except _GONE as error:
            raise SenderLost(str(error)) from error
        except _MALFORMED as error:
            raise Refused(malformed(str(error))) from error


def display_name(filename: str | None) -> str:
    """The file's name as it may be shown: without folders and control characters, 100 characters at the most."""
    name = (filename or "").replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in name if c.isprintable())[:100] or "bundle"
