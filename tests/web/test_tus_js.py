"""tus-js-client, the tus project's own client, against the running application."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from mapio_display.core.facts.update import Phase
from tests.web.client import bad_network
from tests.web.gateway import PATIENCE_S, Gateway, serving

pytestmark = pytest.mark.tools  # npm installs the client
BIN = Path(sys.executable).parent
SCRIPT = Path(__file__).with_name("tus_client.cjs")
CONTENT = b"good " + os.urandom(2_000_000)


async def client(gateway: Gateway, action: str, bundle: Path, *url: str, port: int = 0) -> str:
    """Run the client, and give the upload's address."""
    cookie = (await gateway.sign_in())["Cookie"]
    endpoint = f"http://127.0.0.1:{port or gateway.port}/api/uploads"
    process = await asyncio.create_subprocess_exec(
        *(str(word) for word in (BIN / "node", SCRIPT, action, endpoint, cookie, bundle, *url)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "NODE_PATH": str(BIN.parent / "js" / "node_modules")},
    )
    async with asyncio.timeout(PATIENCE_S):
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode().strip()


async def test_it_goes_on_by_itself_when_the_network_was_cut(tmp_path: Path) -> None:
    bundle = tmp_path / "x.raucb"
    bundle.write_bytes(CONTENT)
    async with serving(tmp_path / "data") as gateway, bad_network(gateway.port) as (port, passed):
        await client(gateway, "upload", bundle, port=port)
        await gateway.until(Phase.INSTALLING)
        (name,) = gateway.files()
        assert (gateway.data_dir / "uploads" / name).read_bytes() == CONTENT
        assert passed[:3] == [b"POST", b"PATCH", b"HEAD"]
        assert passed[-1] == b"PATCH"


async def test_another_goes_on_where_one_has_stopped(tmp_path: Path) -> None:
    bundle = tmp_path / "x.raucb"
    bundle.write_bytes(CONTENT)
    async with serving(tmp_path / "data") as gateway:
        where = await client(gateway, "part", bundle)
        assert gateway.phase is Phase.RECEIVING
        await client(gateway, "resume", bundle, where)
        await gateway.until(Phase.INSTALLING)
        (name,) = gateway.files()
        assert (gateway.data_dir / "uploads" / name).read_bytes() == CONTENT


async def test_it_gives_an_upload_up(tmp_path: Path) -> None:
    bundle = tmp_path / "x.raucb"
    bundle.write_bytes(CONTENT)
    async with serving(tmp_path / "data") as gateway:
        where = await client(gateway, "part", bundle)
        await client(gateway, "terminate", bundle, where)
        await gateway.until(Phase.IDLE)
        await gateway.until_no_file()
