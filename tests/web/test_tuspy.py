"""tuspy, a client in Python that is not ours, against the running application."""

import asyncio
import os
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError
from tusclient.storage.filestorage import FileStorage
from tusclient.uploader.uploader import Uploader

from mapio_display.core.facts.update import Phase
from tests.web.client import bad_network
from tests.web.gateway import Gateway, serving

CONTENT = b"good " + os.urandom(2_000_000)


class Bundle(BytesIO):
    """A file on the client's disk; tuspy closes it when it has taken its fingerprint, and reads on."""

    def close(self) -> None:
        pass


def uploader(url: str, headers: dict[str, str], **rest: Any) -> Uploader:
    """A client that begins an upload, or goes on with one it has in its storage."""
    client = TusClient(f"{url}/api/uploads", headers=headers)
    return client.uploader(file_stream=Bundle(CONTENT), metadata={"filename": "x.raucb"}, retry_delay=0, **rest)


async def assert_installed(gateway: Gateway) -> None:
    await gateway.until(Phase.INSTALLING)
    (name,) = gateway.files()
    assert (gateway.data_dir / "uploads" / name).read_bytes() == CONTENT
    assert gateway.state.snapshot.update.bundle is not None
    assert gateway.state.snapshot.update.bundle.filename == "x.raucb"


async def test_it_uploads_in_pieces(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        headers = await gateway.sign_in()
        await asyncio.to_thread(lambda: uploader(gateway.url, headers, chunk_size=300_000).upload())
        await assert_installed(gateway)


async def test_it_goes_on_by_itself_when_the_network_was_cut(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway, bad_network(gateway.port) as (port, passed):
        headers, url = await gateway.sign_in(), f"http://127.0.0.1:{port}"
        await asyncio.to_thread(lambda: uploader(url, headers, retries=1000).upload())
        await assert_installed(gateway)
    assert passed[:3] == [b"POST", b"PATCH", b"HEAD"]
    assert passed[-1] == b"PATCH"


async def test_another_one_goes_on_where_one_was_interrupted(tmp_path: Path) -> None:
    """And finds the upload by what the first wrote down of it."""
    storage = FileStorage(str(tmp_path / "urls.json"))  # type: ignore[no-untyped-call]
    kept = {"store_url": True, "url_storage": storage}
    async with serving(tmp_path) as gateway:
        headers = await gateway.sign_in()

        def interrupted() -> str | None:
            first = uploader(gateway.url, headers, chunk_size=300_000, **kept)
            first.upload(stop_at=500_000)
            return first.url

        def resumed() -> tuple[str | None, int]:
            second = uploader(gateway.url, headers, **kept)
            offset = second.offset
            second.upload()
            return second.url, offset

        url = await asyncio.to_thread(interrupted)
        assert gateway.phase is Phase.RECEIVING
        assert await asyncio.to_thread(resumed) == (url, 500_000)
        await assert_installed(gateway)
    storage.close()  # type: ignore[no-untyped-call]


async def test_it_is_reported_when_the_pin_is_wrong(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        with pytest.raises(TusCommunicationError) as refused:
            await asyncio.to_thread(lambda: uploader(gateway.url, {"Cookie": "no"}).upload())
        assert refused.value.status_code == 401
