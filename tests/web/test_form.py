"""Where a form's file ends: as aiohttp's own reader of forms has it, however the bytes come."""

import asyncio
import os
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from aiohttp import BodyPartReader, MultipartReader, StreamReader
from aiohttp.base_protocol import BaseProtocol
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mapio_display.errors import Refused
from mapio_display.transfer.intake import END_BYTES
from mapio_display.transfer.store import BundleStore
from mapio_display.web.upload.form import FORM_BYTES, bundle_end
from tests.web.client import BOUNDARY, form

CLOSE = f"\r\n--{BOUNDARY}"
# What looks like the end, and is not, or not yet.
ODDS = [CLOSE[:cut].encode() for cut in range(1, len(CLOSE))] + [b"\r", b"\n", b"-", CLOSE.replace("\r", "").encode()]
FILES = st.lists(st.sampled_from(ODDS) | st.binary(max_size=5), max_size=8).map(b"".join)
CUTS = st.lists(st.integers(0, 120), max_size=6)
OTHER = f'{CLOSE}\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello'.encode()
END = f"{CLOSE}--".encode()
ENDS = st.sampled_from([END, END + b"\r\n", OTHER + END, OTHER + OTHER + END + b"\r\nand an epilogue"])


def ours(content: bytes, folder: Path, cuts: Sequence[int] = ()) -> bytes:
    """The file, by our reading of the end of what is on the disk."""
    at = sorted({0, len(content), *(cut for cut in cuts if cut < len(content))})
    store = BundleStore(folder)
    store.remove("u1")
    with store.open("u1", None) as part:
        for start, end in pairwise(at):
            part.write(content[start:end])
        part.cut(END_BYTES, partial(bundle_end, delimiter=CLOSE.encode()))
        return os.pread(part._file, part.offset, 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("uploads")
    BundleStore(folder).free()
    return folder


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
def test_the_file_ends_where_aiohttp_says(folder: Path, file: bytes, end: bytes, cuts: list[int]) -> None:
    assume((file + end).find(CLOSE.encode()) == len(file))  # no boundary is in the file it bounds
    assert ours(file + end, folder, cuts) == asyncio.run(theirs(file + end)) == file


def test_a_file_byte_by_byte(folder: Path) -> None:
    content = b"good" + CLOSE[:-1].encode() + END
    assert ours(content, folder, range(len(content))) == content.removesuffix(END)


def test_only_the_end_is_looked_into(folder: Path) -> None:
    """A file of any length, in which the end of one may be met far from its own."""
    content = b"good" + END + bytes(2 * END_BYTES)
    assert ours(content + END, folder) == content


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
def test_a_form_without_its_end_is_none(folder: Path, content: bytes, cuts: Sequence[int]) -> None:
    with pytest.raises(Refused) as refused:
        ours(content, folder, cuts)
    assert refused.value.failure.code == "malformed"
