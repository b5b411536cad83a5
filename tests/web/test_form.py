"""Where a form's file ends: as aiohttp's own reader of forms has it, however the bytes come."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest
from aiohttp import BodyPartReader, MultipartReader, StreamReader
from aiohttp.base_protocol import BaseProtocol
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mapio_display.errors import Refused
from mapio_display.web.form import FORM_BYTES, FormFile
from tests.web.client import BOUNDARY, form

CLOSE = f"\r\n--{BOUNDARY}"
# What looks like the end, and is not, or not yet.
ODDS = [CLOSE[:cut].encode() for cut in range(1, len(CLOSE))] + [b"\r", b"\n", b"-", CLOSE.replace("\r", "").encode()]
FILES = st.lists(st.sampled_from(ODDS) | st.binary(max_size=5), max_size=8).map(b"".join)
CUTS = st.lists(st.integers(0, 120), max_size=6)
OTHER = f'{CLOSE}\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello'.encode()
END = f"{CLOSE}--".encode()
ENDS = st.sampled_from([END, END + b"\r\n", OTHER + END, OTHER + OTHER + END + b"\r\nand an epilogue"])


class Pieces:
    """A body that comes in these pieces."""

    def __init__(self, content: bytes, cuts: Sequence[int] = ()) -> None:
        at = sorted({0, len(content), *(cut for cut in cuts if cut < len(content))})
        self._left = [[content[start:end]] for start, end in pairwise(at)]

    async def read(self, stall_s: float) -> list[bytes]:
        return self._left.pop(0) if self._left else []


async def ours(content: bytes, cuts: Sequence[int] = ()) -> bytes:
    """The file, by our reader."""
    file, read = FormFile(Pieces(content, cuts), BOUNDARY), b""
    while pieces := await file.read(1.0):
        assert all(pieces), "an empty piece says nothing"
        read += b"".join(pieces)
    assert not await file.read(1.0), "the end is the end"
    return read


async def theirs(content: bytes) -> bytes:
    """The file, by aiohttp's."""
    loop = asyncio.get_running_loop()
    stream = StreamReader(BaseProtocol(loop), 2**16, loop=loop)
    head = form(b"")[1].partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    stream.feed_data(head + content)
    stream.feed_eof()
    part = await MultipartReader({"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, stream).next()
    assert isinstance(part, BodyPartReader)
    return bytes(await part.read())


@settings(derandomize=True, deadline=None, max_examples=300, database=None)
@given(FILES, ENDS, CUTS)
@example(b"", END, [])
@example(CLOSE[:-1].encode(), END, [len(CLOSE) - 1])
def test_the_file_ends_where_aiohttp_says(file: bytes, end: bytes, cuts: list[int]) -> None:
    assume((file + end).find(CLOSE.encode()) == len(file))  # no boundary is in the file it bounds
    assert asyncio.run(ours(file + end, cuts)) == asyncio.run(theirs(file + end)) == file


async def test_a_file_byte_by_byte() -> None:
    content = b"good" + CLOSE[:-1].encode() + END
    assert await ours(content, range(len(content))) == content.removesuffix(END)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"good",
        b"good" + CLOSE.encode(),
        b"good" + CLOSE.encode() + b"-",
        b"good" + CLOSE.encode() + b"er--",
        b"good" + OTHER,
        b"good" + OTHER + CLOSE.encode() + b"\r\n",
        b"good" + OTHER + bytes(FORM_BYTES) + END,
    ],
)
@pytest.mark.parametrize("cuts", [(), range(1, 200)])
async def test_a_form_without_its_end_is_none(content: bytes, cuts: Sequence[int]) -> None:
    with pytest.raises(Refused) as refused:
        await ours(content, cuts)
    assert refused.value.failure.code == "malformed"
