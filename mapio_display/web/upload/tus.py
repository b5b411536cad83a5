"""``/api/uploads``: an upload that goes on where it was cut off, by tus 1.0 (https://tus.io/protocols/resumable-upload).

The core, and the extensions creation, termination and expiration. There is one upload at a time; where it stands is in
the snapshot.
"""

import asyncio
import binascii
from base64 import b64decode
from datetime import UTC, datetime
from email.utils import format_datetime

from aiohttp import web

from mapio_display.core import failures
from mapio_display.core.facts.update import Bundle, CancelRequested, Step, Update
from mapio_display.core.failures import failure
from mapio_display.core.update.obstacles import why_no_update
from mapio_display.errors import Refused
from mapio_display.transfer.intake import Intake
from mapio_display.transfer.stream import SocketStream
from mapio_display.web.http.body import read_small, take_over
from mapio_display.web.http.headers import media_type
from mapio_display.web.limits import Limits
from mapio_display.web.ports import StatePort
from mapio_display.web.refusals import malformed
from mapio_display.web.upload.form import display_name

PATH = "/api/uploads"
VERSION = "1.0.0"
METADATA_BYTES = 2048
TYPE = "application/offset+octet-stream"
NOT_OFFERED_HEADERS = ("Upload-Concat", "Upload-Checksum")  # of extensions that would change what an upload means

OTHER_VERSION = failure("other-version")
NO_LENGTH = failure("no-upload-length")
NOT_OFFERED = failure("not-offered")
WRONG_TYPE = failure("wrong-type", type=TYPE)
OTHER_OFFSET = failure("other-offset")
SENDER_THERE = failure("sender-there")


class _Sender:
    """Who sends at present."""

    def __init__(self, request: web.Request, stall_s: float) -> None:
        self._request = request
        self._stall_s = stall_s
        self._stream: SocketStream | None = None
        self.gone = asyncio.Event()

    def open(self) -> SocketStream:
        """Give what it sends."""
        self._stream = take_over(self._request, self._stall_s)
        return self._stream

    def silent_s(self) -> float:
        """Seconds since its last byte."""
        return self._stream.silent_s() if self._stream is not None else 0.0

    async def end(self) -> None:
        """Cut its connection, and wait until what it sent is on the disk."""
        if self._request.transport is not None:
            self._request.transport.abort()
        if self._stream is not None:
            self._stream.interrupt()
        await self.gone.wait()


class Tus:
    """Handlers of the resumable upload."""

    def __init__(self, state: StatePort, intake: Intake, limits: Limits, max_bytes: int) -> None:
        self._state = state
        self._intake = intake
        self._limits = limits
        self._max_bytes = max_bytes
        self._sender: _Sender | None = None
        self._one = {"HEAD": self.head, "PATCH": self.patch, "DELETE": self.delete}

    def routes(self) -> list[web.RouteDef]:
        """The routes."""
        one = f"{PATH}/{{id}}"
        return [
            web.options(PATH, self.options),
            web.options(one, self.options),
            web.post(PATH, self.create),
            *(web.route(method, one, self.one) for method in ("POST", *self._one)),
        ]

    async def options(self, _request: web.Request) -> web.Response:
        """What the gateway can."""
        return web.Response(
            status=204,
            headers={
                "Tus-Version": VERSION,
                "Tus-Max-Size": str(self._max_bytes),
                "Tus-Extension": "creation,termination,expiration",
            },
        )

    def check(self, request: web.Request) -> None:
        """Refuse by the headers alone what can be refused so; raises ``Refused``."""
        if request.headers.get("Tus-Resumable") != VERSION:
            raise Refused(OTHER_VERSION)
        with_upload = request.method == "POST" and media_type(request) == TYPE and request.path == PATH
        if with_upload or any(name in request.headers for name in NOT_OFFERED_HEADERS):
            raise Refused(NOT_OFFERED)
        if method_of(request) == "PATCH":
            self._bundle(request)
            if media_type(request) != TYPE:
                raise Refused(WRONG_TYPE)
            if (why := why_no_update(self._state.snapshot)) is not None:
                raise Refused(why)
            if self._sender is None:
                self._check_place(request)
            elif self._sender.silent_s() < self._limits.takeover_s:
                raise Refused(SENDER_THERE)

    async def one(self, request: web.Request) -> web.Response:
        """Do with an upload what its method, or ``X-HTTP-Method-Override``, says."""
        if (handler := self._one.get(method_of(request))) is None:
            raise web.HTTPMethodNotAllowed(method_of(request), self._one)
        self.check(request)
        if method_of(request) != "PATCH":
            await read_small(request, self._limits.body_s)
        return await handler(request)

    async def create(self, request: web.Request) -> web.Response:
        """Begin an upload, or give the one that waits for the rest of the same file."""
        self.check(request)
        await read_small(request, self._limits.body_s)
        size = _number(request, "Upload-Length")
        header = request.headers.get("Upload-Metadata", "")
        metadata = _metadata(header)
        fingerprint = metadata.get("fingerprint", "")[:200]
        filename = display_name(metadata.get("filename"))
        if (upload_id := self._waiting(filename, size, fingerprint)) is None:
            self._intake.check_state()
            self._intake.check_size(size)
            begin = self._intake.begin
            upload_id = begin(filename, size, resumable=True, fingerprint=fingerprint, metadata=header)
            await self._intake.reserve(upload_id, size)
        if size == 0:
            await self._intake.take(upload_id, _Sender(request, self._limits.stall_s).open)
        return web.Response(status=201, headers={"Location": f"{PATH}/{upload_id}", **self._expires()})

    async def head(self, request: web.Request) -> web.Response:
        """Say where the upload stands."""
        bundle, record = self._bundle(request), self._state.snapshot.update.record
        headers = {"Upload-Offset": str(bundle.received), "Upload-Length": str(bundle.size), **self._expires()}
        if record is not None and record.metadata:
            headers["Upload-Metadata"] = record.metadata
        return web.Response(headers=headers)

    async def patch(self, request: web.Request) -> web.Response:
        """Take more of the bundle."""
        while self._sender is not None:
            await self._sender.end()
            self.check(request)  # another request may have waited for the same
        received = await self._take(request)
        return web.Response(status=204, headers={"Upload-Offset": str(received), **self._expires()})

    async def delete(self, request: web.Request) -> web.Response:
        """Give the upload up."""
        self._bundle(request)
        self._state.dispatch(CancelRequested())
        return web.Response(status=204)

    def _check_place(self, request: web.Request) -> None:
        """Refuse a piece that is not the next; raises ``Refused``."""
        bundle, offset = self._bundle(request), _number(request, "Upload-Offset")
        if offset != bundle.received or self._state.snapshot.update.step not in (Step.RECEIVING, Step.PAUSED):
            raise Refused(OTHER_OFFSET)
        end = offset + (request.content_length or 0)
        if bundle.size is None or end > bundle.size:
            raise Refused(malformed(f"{end} bytes are more than the upload's {bundle.size}"))

    async def _take(self, request: web.Request) -> int:
        sender = self._sender = _Sender(request, self._limits.stall_s)
        try:
            return await self._intake.take(request.match_info["id"], sender.open)
        finally:
            sender.gone.set()
            if self._sender is sender:
                self._sender = None

    def _bundle(self, request: web.Request) -> Bundle:
        """The bundle that the request is about; raises ``Refused``."""
        update = self._state.snapshot.update
        if update.waits is not None and update.waits.id == request.match_info["id"]:
            raise Refused(failures.OTHER_INSTALL)
        mine = update.id == request.match_info["id"] and not update.downloads
        if not mine or update.bundle is None or update.bundle.size is None:
            raise Refused(failures.NO_SUCH_UPLOAD)
        return update.bundle

    def _waiting(self, filename: str, size: int, fingerprint: str) -> str | None:
        """The id of the upload that waits for the rest of this file."""
        update: Update = self._state.snapshot.update
        record = update.record
        sending = self._sender is not None and self._sender.silent_s() < self._limits.takeover_s
        if sending or record is None or update.step not in (Step.RECEIVING, Step.PAUSED):
            return None
        same = (record.filename, record.size, record.fingerprint) == (filename, size, fingerprint)
        return record.id if fingerprint and record.resumable and same else None

    def _expires(self) -> dict[str, str]:
        update = self._state.snapshot.update
        if update.step not in (Step.RECEIVING, Step.PAUSED) or update.record is None or not update.record.expires_at:
            return {}
        at = datetime.fromtimestamp(update.record.expires_at, UTC)
        return {"Upload-Expires": format_datetime(at, usegmt=True)}


def method_of(request: web.Request) -> str:
    """The request's method: of an upload's, what ``X-HTTP-Method-Override`` says, and nowhere else."""
    if not request.path.startswith(f"{PATH}/"):
        return request.method
    return request.headers.get("X-HTTP-Method-Override", request.method).upper()


def _number(request: web.Request, name: str) -> int:
    """A header that must be a count of bytes; raises ``Refused``."""
    text = request.headers.get(name)
    if text is None:
        raise Refused(NO_LENGTH if name == "Upload-Length" else malformed(f"there is no {name}"))
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise Refused(malformed(f"{name} is no count of bytes"))
    return int(text)


def _metadata(header: str) -> dict[str, str]:
    """Take ``Upload-Metadata`` apart: keys and base64 values, separated by commas; raises ``Refused``."""
    if len(header) > METADATA_BYTES:
        raise Refused(malformed("Upload-Metadata is too long"))
    if not header.isascii():
        raise Refused(malformed("Upload-Metadata is not all ASCII"))
    metadata = {}
    for pair in filter(None, map(str.strip, header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            metadata[key] = b64decode(value, validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError) as error:
            raise Refused(malformed(f"Upload-Metadata: {error}")) from error
    return metadata
