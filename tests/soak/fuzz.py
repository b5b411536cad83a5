"""Odd requests without end: ``python -m tests.soak.fuzz --seconds N --seed S``.

A gateway in this process gets heads, forms, uploads in pieces and JSON, made of what should be there, of what should
not, and of noise, over several connections at once. No answer is a 500, every failure is reported as such,
nothing is logged as an error, no connection hangs, memory does not grow, and the next good upload is taken.
"""

import argparse
import asyncio
import json
import logging
import os
import re
import secrets
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

from mapio_display.web.auth.gate import Rules
from mapio_display.web.limits import Limits
from mapio_display.web.upload.tus import TYPE
from tests.web import pieces
from tests.web.client import form, request
from tests.web.gateway import Gateway, serving

LANES = 8
FIRST_ADDRESS = 10  # of the lanes' own: 127.0.0.10 and on
ROUND = 2000  # cases between two looks at whether all is well
HANGS_S = 30.0
IDLE_S = 0.02  # without an answer for so long, it waits for more than there is
GROWS = 30 * 2**20  # bytes, after the first round
HASTY = Limits(stall_s=0.2, takeover_s=0, body_s=0.2, linger_s=0.05, decision_s=HANGS_S)


class Found(Exception):
    """Something that must not be."""


def main() -> int:
    """Give 0 if nothing was found."""
    parser = argparse.ArgumentParser(prog="tests.soak.fuzz", description="Odd requests, judged by their answers.")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--cases", type=int, default=sys.maxsize, help="end after so many")
    parser.add_argument("--seed", default=secrets.token_hex(4))
    parser.add_argument("--first", type=int, default=0, help="the number of the first case, to repeat one")
    options = parser.parse_args()
    print(f"Odd requests, seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="mapio-fuzz-", dir="/dev/shm") as folder:
        return asyncio.run(Fuzz(options.seed, options.first).run(Path(folder), options.seconds, options.cases))


class Errors(logging.Handler):
    """Keeps what is logged as an error, a fault of ours."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))


class Fuzz:
    """Plays cases by their number: each is made of the seed and its number alone."""

    def __init__(self, seed: str, first: int) -> None:
        self._seed = seed
        self._next = first
        self._first = first
        self._statuses: Counter[str] = Counter()
        self._errors = Errors()
        self._found_any = False

    async def run(self, folder: Path, seconds: float, cases: int) -> int:
        """Play until the time is up, and tell."""
        logging.getLogger().addHandler(self._errors)
        began, grown_from = time.monotonic(), 0
        async with serving(folder, Rules(buttons=True), limits=HASTY) as gateway:
            cookies = [await self._signed_in(gateway, lane) for lane in range(LANES)]
            try:
                while time.monotonic() - began < seconds and self._next - self._first < cases:
                    end = min(self._next + ROUND, self._first + cases)
                    async with asyncio.TaskGroup() as group:
                        for lane in range(LANES):
                            group.create_task(self._lane(gateway, lane, cookies[lane], end))
                    await self._all_is_well(gateway, cookies[0])
                    grown_from = grown_from or resident()
                    self._check_memory(grown_from)
                    if (self._next - self._first) % (20 * ROUND) == 0:
                        self._tell(began)
            except* Found as found:
                print(*(f"FOUND {error}" for error in found.exceptions), sep="\n")
                self._found_any = True
        logging.getLogger().removeHandler(self._errors)
        self._tell(began)
        return 1 if self._found_any else 0

    @staticmethod
    def _check_memory(grown_from: int) -> None:
        if (grown := resident() - grown_from) > GROWS:
            raise Found(f"memory grew by {grown / 2**20:.0f} MiB")

    def _tell(self, began: float) -> None:
        took, count = time.monotonic() - began, self._next - self._first
        kinds = ", ".join(f"{status}: {number}" for status, number in sorted(self._statuses.items()))
        print(f"{count} cases in {took:.0f} s, {resident() / 2**20:.0f} MiB; {kinds}", flush=True)

    async def _lane(self, gateway: Gateway, lane: int, cookie: str, end: int) -> None:
        while self._next < end:
            number, self._next = self._next, self._next + 1
            content = case(Random(f"{self._seed}-{number}"), gateway, cookie)
            try:
                async with asyncio.timeout(HANGS_S):
                    self._judge(await exchange(gateway.port, lane, content))
            except TimeoutError:
                raise self._found(number, content, "the connection hangs") from None
            except Found as found:
                raise self._found(number, content, str(found)) from None

    def _judge(self, answer: bytes) -> None:
        """Raise ``Found`` for an answer that must not be, or a word in the log."""
        if self._errors.texts:
            raise Found(self._errors.texts[0])
        if not answer:
            self._statuses["closed"] += 1
            return
        head, _, body = answer.partition(b"\r\n\r\n")
        if not (first := re.match(rb"HTTP/\d\.\d (\d{3}) ", head)):
            raise Found(f"no answer of HTTP: {answer[:200]!r}")
        status = int(first[1])
        self._statuses[str(status)] += 1
        if status == 500:
            raise Found(f"an answer of 500: {answer[:500]!r}")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if status >= 400 and length and len(body) >= int(length[1]) > 0:
            text = body[: int(length[1])]
            if b"text/html" not in head and not json.loads(text)["error"]["code"]:
                raise Found(f"a failure without its code: {answer[:500]!r}")

    def _found(self, number: int, content: bytes, what: str) -> Found:
        first = max(0, number - LANES)  # what is logged may be another lane's
        again = f"python -m tests.soak.fuzz --seed {self._seed} --first {first} --cases {2 * LANES}"
        return Found(f"{what}\n  by {content[:2000]!r}, or what came with it\n  again: {again}")

    async def _signed_in(self, gateway: Gateway, lane: int) -> str:
        body = json.dumps({"pin": gateway.pin}).encode()
        fields = {"Content-Type": "application/json", "Connection": "close"}
        answer = await exchange(
            gateway.port, lane, request("POST", "/api/session", gateway.port, fields, len(body)) + body
        )
        cookie = re.search(rb"(?i)set-cookie: ([^;\r]+)", answer)
        if cookie is None:
            raise Found(f"the right PIN is not taken: {answer!r}")
        return cookie[1].decode()

    async def _all_is_well(self, gateway: Gateway, cookie: str) -> None:
        """The gateway takes a bundle (which RAUC then refuses), and nothing lies in its store."""
        headers, body = form(b"damaged bundle")
        fields = {**headers, "Cookie": cookie, "Connection": "close"}
        ask = request("POST", "/update", gateway.port, fields, len(body)) + body
        answer = b""
        # An upload in pieces keeps its place for a minute.
        await exchange(gateway.port, 0, request("POST", "/api/update/cancel", gateway.port, {"Cookie": cookie}, 0))
        with suppress(TimeoutError):
            async with asyncio.timeout(HANGS_S):
                while not answer.startswith(b"HTTP/1.1 422"):
                    answer = await exchange(gateway.port, 0, ask)
                while gateway.files():  # noqa: ASYNC110 - the thread that removes a file tells nobody
                    await asyncio.sleep(0.005)
                return
        left, update = gateway.files(), gateway.state.snapshot.update
        raise Found(f"before case {self._next} no good upload is taken, or a file stays: {left} {update} {answer!r}")


async def exchange(port: int, lane: int, content: bytes) -> bytes:
    """Send from the lane's own address, and read until the server closes."""
    here = f"127.0.0.{FIRST_ADDRESS + lane}", 0
    answer = b""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=here)
    except OSError as error:
        raise Found(f"no connection: {error}") from error
    with suppress(ConnectionError):
        try:
            writer.write(content)
            ended = False
            while True:
                try:
                    async with asyncio.timeout(None if ended else IDLE_S):
                        piece = await reader.read(65536)
                except TimeoutError:  # it waits for more than there is, or for the next request
                    writer.write_eof()
                    ended = True
                    continue
                answer += piece
                if not piece or b"text/event-stream" in answer[:500]:
                    break
        finally:
            writer.transport.abort()
    return answer


def case(chance: Random, gateway: Gateway, cookie: str) -> bytes:
    """One request."""
    kind = chance.choice((head, head, body_of_a_form, upload, upload, post))
    content = kind(chance, gateway, cookie)
    if chance.random() < 0.2:  # noise in any place
        at = chance.randrange(len(content) + 1)
        content = content[:at] + chance.randbytes(chance.randrange(6)) + content[at + chance.randrange(4) :]
    return content


def head(chance: Random, _gateway: Gateway, cookie: str) -> bytes:
    """A request line, a host and header lines of any kind."""
    body = chance.choice((*pieces.BODIES, chance.randbytes(40)))
    lines = chance.choices(pieces.LINES, k=chance.randrange(3))
    length = [] if re.search(rb"Length|Encoding", b"".join(lines)) else [b"Content-Length: %d" % len(body)]
    fields = [chance.choice(pieces.HOSTS), *lines, *length, f"Cookie: {cookie}".encode(), b"Connection: close"]
    return b"\r\n".join([chance.choice(pieces.STARTS), *fields, b"", body])


def body_of_a_form(chance: Random, gateway: Gateway, cookie: str) -> bytes:
    """A form, or what looks like one."""
    body = b"".join(chance.choices(pieces.FORM_PIECES, k=chance.randrange(8)))
    if chance.random() < 0.3:
        at = chance.randrange(len(pieces.WHOLE))
        body = pieces.WHOLE[:at] + chance.randbytes(chance.randrange(5)) + pieces.WHOLE[at:]
    fields = {"Cookie": cookie, "Content-Type": chance.choice(pieces.FORM_TYPES), "Connection": "close"}
    length = max(0, len(body) + chance.choice((0, 0, 0, 0, 0, 0, -2, 1)))
    return request("POST", "/update", gateway.port, fields, length) + body


def upload(chance: Random, gateway: Gateway, cookie: str) -> bytes:
    """A step of an upload in pieces; of the one under way, where there is one."""
    method, body = chance.choice(pieces.METHODS), chance.randbytes(chance.randrange(pieces.SIZE + 2))
    offset, fields = chance.choice(pieces.COUNTS), {"Cookie": cookie, "Tus-Resumable": "1.0.0", "Connection": "close"}
    update = gateway.state.snapshot.update
    if update.bundle is not None and chance.random() < 0.5:
        offset = str(update.bundle.received)
        body = body[: max(0, (update.bundle.size or 0) - update.bundle.received)]
    fields |= {
        "Content-Type": TYPE,
        "Upload-Offset": offset,
        "Upload-Length": chance.choice((str(pieces.SIZE), *pieces.COUNTS)),
        "Upload-Metadata": chance.choice(pieces.METADATA),
    }
    if chance.random() < 0.2:
        fields[chance.choice(pieces.ODD_NAMES)] = chance.choice(pieces.ODD_VALUES)
    if method == "POST":
        return request("POST", "/api/uploads", gateway.port, fields, 0)
    where = update.id if update.id and chance.random() < 0.9 else chance.choice(("none", "%2e%2e%2fx", "%00", "\xff"))
    return request(method, f"/api/uploads/{where}", gateway.port, fields, len(body)) + body


def post(chance: Random, gateway: Gateway, cookie: str) -> bytes:
    """A small body of JSON or of a form's fields."""
    body = chance.choice(pieces.JSONS)
    fields = {"Content-Type": chance.choice(pieces.JSON_TYPES), "Connection": "close"}
    if chance.random() < 0.7:
        fields["Cookie"] = cookie
    if chance.random() < 0.3:
        fields["Origin"] = chance.choice(("null", f"http://127.0.0.1:{gateway.port}", "http://[::1", "\x00"))
    if chance.random() < 0.3:
        fields["Accept"] = chance.choice(("text/html", "application/json", "*/*;q=x"))
    return request("POST", chance.choice(pieces.JSON_PATHS), gateway.port, fields, len(body)) + body


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    sys.exit(main())
