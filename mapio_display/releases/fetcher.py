"""Starts the process that makes HTTP requests (``fetch.py``), and takes what it was answered."""

import asyncio
import json
import re
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, Self

from mapio_display.core.failures import Failure, failure
from mapio_display.core.message import Fact, Message
from mapio_display.errors import Refused, StoreError
from mapio_display.frozen import Frozen
from mapio_display.transfer.part import Part
from mapio_display.transfer.stream import SocketStream

ANSWER_S = 60.0  # until the head of an answer is there, redirects and all
SMALL_S = 60.0  # for a small body as a whole
STALL_S = 30.0  # how long a server may be silent
DIGEST_S = 600.0  # for the slowest card, and a terabyte's bound would be no bound
HEAD_BYTES = 64 * 1024
_CODE = re.compile(r"[a-z][a-z.-]{0,40}")
PROGRAM = (sys.executable, "-m", "mapio_display.releases.fetch")


class Answer(Frozen):
    """What a server answered; ``url`` is where the last redirect led to. Header names are in lower case."""

    status: int
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    limited: bool = False

    def number(self, header: str) -> int | None:
        """A count of bytes in a header."""
        text = self.headers.get(header, "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


class Fetch:
    """One request under way. Leaving it ends the process. Raises ``Refused`` where there can be none."""

    def __init__(self, program: Sequence[str] = PROGRAM) -> None:
        self.connection, theirs = socket.socketpair()
        self.connection.setblocking(False)
        with theirs:
            try:
                # What it cannot say on the socket is a fault, and goes to our log.
                self._process = subprocess.Popen(program, stdin=theirs.fileno(), stdout=subprocess.DEVNULL)
            except OSError as error:  # no memory, or Python is just being replaced
                self.connection.close()
                raise _broken(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End it; blocks for the moment that the kernel takes for that. A second time it does nothing."""
        self.connection.close()
        self._process.kill()
        self._process.wait()

    async def ask(self, question: Mapping[str, object]) -> tuple[dict[str, Any], bytes, socket.socket | None]:
        """Give its answer, what came behind that already, and the connection that it handed over.

        Raises ``Refused``, also where the process has died.
        """
        try:
            await asyncio.get_running_loop().sock_sendall(self.connection, json.dumps(question).encode() + b"\n")
            line, rest, handed = await self._line()
        except OSError as error:
            raise _broken(error) from error
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise Refused(_failure(answer))
        return answer, rest, handed

    async def rest(self, most: int) -> bytes:
        """What it sends until it ends, and no more than a piece above ``most`` bytes; raises ``Refused``."""
        content = b""
        try:
            while len(content) <= most:
                if not (piece := await asyncio.get_running_loop().sock_recv(self.connection, HEAD_BYTES)):
                    break
                content += piece
        except OSError as error:
            raise _broken(error) from error
        return content

    async def _line(self) -> tuple[bytes, bytes, socket.socket | None]:
        received, handed = b"", None
        while b"\n" not in received:
            await _readable(self.connection)
            piece, descriptors, _, _ = socket.recv_fds(self.connection, HEAD_BYTES, 1, socket.MSG_CMSG_CLOEXEC)
            for descriptor in descriptors:
                handed = socket.socket(fileno=descriptor)
            received += piece
            if not piece or len(received) > 2 * HEAD_BYTES:
                raise ConnectionError("it has ended without an answer")
        line, _, rest = received.partition(b"\n")
        return line, rest, handed


class Download:
    """A bundle's bytes from ``offset`` on, as the server sends them: a ``Source`` of the intake's.

    ``size`` is the whole bundle's, in bytes.
    """

    def __init__(self, fetch: Fetch, stream: SocketStream, answer: Answer, offset: int, size: int) -> None:
        self._fetch = fetch
        self._stream = stream
        self.answer = answer
        self.offset = offset
        self.size = size

    @property
    def left(self) -> int:
        """How many bytes have yet to come."""
        return self._stream.left

    def pour(self, part: Part) -> None:
        """Write what comes. Blocks; raises ``SenderLost``."""
        self._stream.pour(part)

    def interrupt(self) -> None:
        """Have ``pour`` end soon; from another thread."""
        self._stream.interrupt()

    def close(self) -> None:
        """End the connection, and the process."""
        self._stream.close()
        self._fetch.close()


class Fetcher:
    """Asks servers, by ``program``; ``stall_s`` is how long one may be silent, in seconds."""

    def __init__(self, stall_s: float = STALL_S, program: Sequence[str] = PROGRAM) -> None:
        self._stall_s = stall_s
        self._program = program

    async def small(self, url: str, etag: str | None, most: int) -> tuple[Answer, bytes]:
        """Get a small document; raises ``Refused``. With the ``etag`` of the last one the answer may be 304."""
        headers = {"Accept": "application/json", **({"If-None-Match": etag} if etag else {})}
        with Fetch(self._program) as fetch:
            try:
                async with asyncio.timeout(SMALL_S):
                    head, content, _ = await fetch.ask(self._question(url, headers, most=most))
                    content += await fetch.rest(most)
            except TimeoutError:
                raise Refused(failure("no-answer.endless")) from None
        answer = _answer(head)
        if len(content) > most:
            raise Refused(failure("bad-answer.too-large", limit=most))
        if answer.status not in (200, 304):
            raise Refused(_refusal(answer))
        if (length := answer.number("content-length")) not in (None, len(content)) and answer.status == 200:
            raise Refused(failure("no-answer.cut", f"{len(content)} of {length}"))
        return answer, content

    async def open(self, url: str, offset: int = 0, validator: str | None = None) -> Download:
        """Have a bundle come from ``offset`` on, or from its beginning if it is another than the one of ``validator``.

        Raises ``Refused``.
        """
        headers = {"Range": f"bytes={offset}-", **({"If-Range": validator} if validator else {})} if offset else {}
        fetch = Fetch(self._program)
        handed: socket.socket | None = None
        try:
            async with asyncio.timeout(ANSWER_S):
                head, first, handed = await fetch.ask(self._question(url, headers))
            answer = _answer(head)
            at, size = _extent(answer, offset)
            if handed is not None:
                first += await fetch.rest(HEAD_BYTES)
                handed.setblocking(False)
            connection = handed or fetch.connection.dup()
            left = size - at
            stream = SocketStream(connection, (first[:left],) if first else (), left, self._stall_s)
        except BaseException as error:
            fetch.close()
            if handed is not None:
                handed.close()
            if isinstance(error, TimeoutError):
                raise Refused(failure("no-answer.endless")) from None
            raise
        return Download(fetch, stream, answer, at, size)

    def _question(self, url: str, headers: Mapping[str, str], most: int | None = None) -> dict[str, object]:
        return {"url": url, "headers": headers, "stall_s": self._stall_s, "most": most}


def digest(path: Path) -> str:
    """The SHA-256 of a file, by a process that has OpenSSL's; blocks, and raises ``StoreError`` or ``Refused``."""
    with Fetch() as fetch, fetch.connection.makefile("rb") as answers:
        fetch.connection.settimeout(DIGEST_S)
        try:
            fetch.connection.sendall(json.dumps({"digest_of": str(path)}).encode() + b"\n")
            answer = json.loads(answers.readline() or b"{}")
        except OSError as error:
            raise StoreError(f"{path.name}: {error}") from error
    if not isinstance(sha256 := answer.get("sha256"), str):
        raise StoreError(str(answer.get("detail") or f"{path.name}: its SHA-256 was not computed"))
    return sha256


def validator(answer: Answer) -> str | None:
    """By what the server knows the same file again (RFC 9110, 13.1.5): not by a weak ETag."""
    etag = answer.headers.get("etag", "")
    return etag if etag.startswith('"') else answer.headers.get("last-modified")


def _extent(answer: Answer, offset: int) -> tuple[int, int]:
    """Which byte of the file comes first, 0 or ``offset``, and how many it has; raises ``Refused``."""
    if answer.status not in (200, 206):
        raise Refused(_refusal(answer))
    if answer.headers.get("content-type", "").startswith("text/html"):
        raise Refused(failure("bad-answer.page"))
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise Refused(failure("bad-answer.encoded", answer.headers["content-encoding"]))
    if answer.status == 200:
        if (size := answer.number("content-length")) is None:
            raise Refused(failure("bad-answer.no-length"))
        return 0, size
    match = re.fullmatch(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})", answer.headers.get("content-range", ""))
    first, last, size = map(int, match.groups()) if match else (0, 0, 0)
    if first != offset or not first <= last == size - 1:
        raise Refused(failure("bad-answer.range", answer.headers.get("content-range", "")))
    return first, size


def _refusal(answer: Answer) -> Failure:
    """What an answer without content means."""
    waits = answer.limited or "retry-after" in answer.headers  # GitHub has both, of its two limits
    if answer.status == 429 or (answer.status == 403 and waits):
        return failure("rate-limited", f"{answer.status} {answer.url}")
    return failure("bad-answer.status", answer.url, status=answer.status)


def _answer(head: Mapping[str, Any]) -> Answer:
    return Answer(int(head["status"]), str(head["url"]), head["headers"], head["limit"])


def _failure(answer: Mapping[str, Any]) -> Failure:
    code = str(answer["error"])
    facts: tuple[tuple[str, Fact], ...] = tuple((name, fact) for name, fact in answer["facts"].items())
    return Failure(code.partition(".")[0], Message(code, facts), answer["detail"] or None)


async def _readable(connection: socket.socket) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(connection, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(connection)


def _broken(error: OSError) -> Refused:
    """A fault of the machine's or of our own, not of the server's."""
    return Refused(failure("internal", f"the process that makes HTTP requests: {error.strerror or error}"))
