"""Over TLS, from nginx, with a certificate authority of the tests' own; and what can be wrong with a certificate."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from mapio_display.core.facts.update import Phase
from mapio_display.errors import Refused
from mapio_display.releases.fetcher import Fetcher
from tests.gateway.conftest import free_port, until
from tests.releases.conftest import BUNDLE, SHA256, looking
from tests.releases.server import Server

pytestmark = [pytest.mark.tools, pytest.mark.usefixtures("without_proxy"), pytest.mark.xdist_group("releases-tls")]

SIZE = len(BUNDLE)
CERTIFICATES = {"good": "20260101000000Z 20360101000000Z", "expired": "20200101000000Z 20210101000000Z"}
CERTIFICATES["early"] = "20350101000000Z 20360101000000Z"
AUTHORITY = """
[ca]
default_ca = own
[own]
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = server
unique_subject = no
[any]
commonName = supplied
[server]
basicConstraints = CA:false
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, IP:127.0.0.2
"""
CONFIGURATION = """
daemon off; user root; pid {folder}/pid; error_log {folder}/errors;
events {{}}
http {{
  access_log off; root {folder}/root; types {{ application/json json; }}
  {temporary}
  {servers}
}}
"""
SERVER = """
  server {{
    listen 127.0.0.1:{port} ssl; listen 127.0.0.2:{port} ssl;
    ssl_certificate {folder}/{name}.crt; ssl_certificate_key {folder}/key;
    location /to-plain {{ return 302 http://localhost:9/stable.json; }}
    location /to-another {{ return 302 https://127.0.0.2:{port}/stable.json; }}
  }}
"""


@dataclass
class Nginx:
    """One that serves ``root`` with each certificate on a port of its own."""

    root: Path
    ports: dict[str, int]
    authority: Path
    authority_without_usage: Path

    def url(self, path: str = "stable.json", certificate: str = "good", host: str = "localhost") -> str:
        return f"https://{host}:{self.ports[certificate]}/{path}"


def openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    folder = tmp_path_factory.mktemp("nginx")
    folder.parent.chmod(0o755)
    (folder / "root").mkdir()
    (folder / "index").touch()
    (folder / "ca.conf").write_text(AUTHORITY.format(folder=folder))
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    # Python 3.13 goes by RFC 5280 to the letter: who signs must say so, and what is signed by which key.
    signs = ("-subj", "/CN=ours", "-addext", "keyUsage=critical,keyCertSign")
    openssl("req", "-x509", *curve, *signs, "-keyout", folder / "ca.key", "-out", folder / "ca.crt")
    without = ("-key", folder / "ca.key", "-subj", "/CN=ours", "-out", folder / "without-usage.crt")
    openssl("req", "-x509", *without)
    openssl("req", *curve, "-subj", "/CN=server", "-keyout", folder / "key", "-out", folder / "request")
    for name, dates in CERTIFICATES.items():
        begins, ends = dates.split()
        openssl(
            *("ca", "-batch", "-notext", "-config", folder / "ca.conf", "-cert", folder / "ca.crt"),
            *("-keyfile", folder / "ca.key", "-in", folder / "request", "-out", folder / f"{name}.crt"),
            *("-startdate", begins, "-enddate", ends),
        )
    ports = {name: free_port() for name in CERTIFICATES}
    servers = "".join(SERVER.format(folder=folder, name=name, port=port) for name, port in ports.items())
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    (folder / "conf").write_text(CONFIGURATION.format(folder=folder, temporary=temporary, servers=servers))
    program = shutil.which("nginx", path=f"{os.defpath}:/usr/sbin") or "nginx"
    process = subprocess.Popen([program, "-p", folder, "-c", folder / "conf", "-e", folder / "errors"])
    try:
        until(lambda: (folder / "pid").exists() or process.poll() is not None, "nginx")
        assert process.poll() is None, (folder / "errors").read_text()
        (folder / "root" / "m.raucb").write_bytes(BUNDLE)
        announced = {"version": "1.4.0", "url": "m.raucb", "size": SIZE, "sha256": SHA256}
        (folder / "root" / "stable.json").write_text(json.dumps(announced))
        yield Nginx(folder / "root", ports, folder / "ca.crt", folder / "without-usage.crt")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


@pytest.fixture
def trusted(nginx: Nginx, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's certificates are those of the tests' authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(nginx.authority))


@pytest_asyncio.fixture
async def elsewhere() -> AsyncIterator[Server]:
    """A server that does not run."""
    yield Server()


@pytest.mark.usefixtures("trusted")
async def test_a_bundle_comes_by_tls_and_the_announcement_by_its_etag(
    tmp_path: Path, nginx: Nginx, elsewhere: Server
) -> None:
    async with looking(tmp_path, elsewhere, url=nginx.url()) as there:
        assert (await there.post("check")).json["version"] == "1.4.0"
        assert (await there.post("check")).json["version"] == "1.4.0"
        await there.post("install")
        snapshot = await there.until(lambda snapshot: snapshot.update.phase is Phase.INSTALLING)
        assert snapshot.update.id is not None
        assert there.gateway.store.path(snapshot.update.id).read_bytes() == BUNDLE


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("where", "code"),
    [
        (("stable.json", "good", "127.0.0.1"), "not-secure.other-name"),
        (("stable.json", "expired"), "not-secure.expired"),
        (("stable.json", "early"), "not-secure.not-yet-valid"),
        (("to-plain",), "not-secure.redirect"),
    ],
)
async def test_what_is_wrong_with_a_server_is_named(
    tmp_path: Path, nginx: Nginx, elsewhere: Server, where: tuple[str, ...], code: str
) -> None:
    async with looking(tmp_path, elsewhere, url=nginx.url(*where)) as there:
        assert (await there.post("check")).code == "not-secure"
        assert there.release.error is not None
        assert there.release.error.message.code == code


async def test_a_server_of_another_authority_is_not_trusted(tmp_path: Path, nginx: Nginx, elsewhere: Server) -> None:
    async with looking(tmp_path, elsewhere, url=nginx.url()) as there:
        await there.post("check")
        assert there.release.error is not None
        assert there.release.error.message.code in ("not-secure.untrusted", "not-secure.no-certificates")


@pytest.mark.parametrize("others", [True, False])
async def test_a_system_without_certificates_is_named_as_the_reason(
    tmp_path: Path, nginx: Nginx, elsewhere: Server, monkeypatch: pytest.MonkeyPatch, others: bool
) -> None:
    folder = tmp_path / "certificates"
    folder.mkdir()
    if others:
        (folder / "0123abcd.0").write_text("another authority's")
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "none"))
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    async with looking(tmp_path / "data", elsewhere, url=nginx.url()) as there:
        await there.post("check")
        assert there.release.error is not None
        code = there.release.error.message.code
        assert code == ("not-secure.untrusted" if others else "not-secure.no-certificates")


# As Python 3.13 has it by itself, for older ones.
STRICT = """
import ssl
from mapio_display.releases import fetch
lenient = ssl.create_default_context
def strict():
    context = lenient()
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context
ssl.create_default_context = strict
fetch.main()
"""


@pytest.mark.parametrize("complete", [True, False])
async def test_an_authority_that_does_not_say_that_it_signs_is_named_as_the_reason(
    nginx: Nginx, monkeypatch: pytest.MonkeyPatch, complete: bool
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(nginx.authority if complete else nginx.authority_without_usage))
    asked = Fetcher(program=(sys.executable, "-c", STRICT)).small(nginx.url(), None, 10_000)
    if complete:
        assert (await asked)[0].status == 200
        return
    with pytest.raises(Refused) as refused:
        await asked
    assert refused.value.failure.message.code == "not-secure.incomplete"
    assert "key usage" in (refused.value.failure.detail or "")


@pytest.mark.usefixtures("trusted")
async def test_a_redirect_to_another_name_by_tls_is_followed(tmp_path: Path, nginx: Nginx, elsewhere: Server) -> None:
    async with looking(tmp_path, elsewhere, url=nginx.url("to-another")) as there:
        assert (await there.post("check")).json["version"] == "1.4.0"
        announced = there.release.announced
        assert announced is not None
        assert announced.url.startswith("https://127.0.0.2:")


class Tunnels:
    """A proxy that speaks CONNECT alone; the first tunnels are cut after so many bytes."""

    def __init__(self, *cuts: int) -> None:
        self.cuts = list(cuts)
        self.asked: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            match = re.match(r"CONNECT ([\w.]+):(\d+) ", head)
            assert match is not None
            self.asked.append(match[1])
            far, away = await asyncio.open_connection(match[1], int(match[2]))
            writer.write(b"HTTP/1.1 200 Here you are\r\n\r\n")
            cut = self.cuts.pop(0) if self.cuts else 1 << 40
            async with asyncio.TaskGroup() as group:
                back = group.create_task(self._copy(far, writer, cut))
                forth = group.create_task(self._copy(reader, away, 1 << 40))
                await asyncio.wait((back, forth), return_when=asyncio.FIRST_COMPLETED)
                away.transport.abort()
                writer.transport.abort()

    @staticmethod
    async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter, most: int) -> None:
        with suppress(ConnectionError):
            while most > 0 and (piece := await source.read(65536)):
                target.write(piece[:most])
                most -= len(piece)
                await target.drain()


@asynccontextmanager
async def tunnels(*cuts: int) -> AsyncIterator[tuple[Tunnels, int]]:
    proxy = Tunnels(*cuts)
    listener = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    try:
        yield proxy, listener.sockets[0].getsockname()[1]
    finally:
        listener.close()


@pytest.mark.usefixtures("trusted")
async def test_a_download_through_a_proxy_that_cuts_it_is_resumed(
    tmp_path: Path, nginx: Nginx, elsewhere: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tunnels(1 << 20, SIZE // 2) as (proxy, port), looking(tmp_path, elsewhere, url=nginx.url()) as there:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        assert (await there.post("check")).json["version"] == "1.4.0"
        await there.post("install")
        snapshot = await there.until(lambda snapshot: snapshot.update.phase is Phase.INSTALLING)
        assert snapshot.update.id is not None
        assert there.gateway.store.path(snapshot.update.id).read_bytes() == BUNDLE
        assert len(proxy.asked) == 3


@pytest.mark.usefixtures("trusted")
async def test_a_proxy_that_refuses_is_named(
    tmp_path: Path, nginx: Nginx, elsewhere: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", f"http://localhost:{nginx.ports['good']}")  # which speaks TLS only
    async with looking(tmp_path, elsewhere, url=nginx.url()) as there:
        await there.post("check")
        assert there.release.error is not None
        assert there.release.error.message.code == "no-answer.proxy"
