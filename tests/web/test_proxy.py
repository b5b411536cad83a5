"""Behind nginx, Caddy and HAProxy with TLS, configured as docs/proxy.md says."""

import asyncio
import os
import re
import signal
import ssl
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from mapio_display.core.facts.panel import PanelShown
from mapio_display.core.facts.update import Phase
from mapio_display.web.auth.gate import Rules
from tests.gateway.conftest import free_port
from tests.web.client import Answer, Connection, form, request
from tests.web.gateway import PATIENCE_S, Gateway, serving
from tests.web.test_browser import bundle, send

pytestmark = [pytest.mark.tools, pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]

DOCS = (Path(__file__).parent.parent.parent / "docs" / "proxy.md").read_text("utf-8")
RULES = Rules(allowed_hosts=["mapio.example", "localhost"], proxies=["127.0.0.1"])
CLIENT = "127.0.0.5"  # Linux has all of 127/8
LARGE = 3 * 1024 * 1024  # above what nginx takes by default
# Of this test alone: without them it would add a certificate of its own to those that the machine trusts.
CADDY_OPTIONS = "{\nadmin off\nauto_https disable_redirects\nskip_install_trust\ndefault_bind 127.0.0.1\n}\n"
KINDS = ("nginx", "caddyfile", "haproxy")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate of our own, its key, and both in one file."""
    folder = tmp_path_factory.mktemp("tls")
    names = "subjectAltName=DNS:mapio.example,DNS:localhost"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-subj", "/CN=mapio.example", "-addext", names),
            *("-keyout", folder / "mapio.key", "-out", folder / "mapio.crt"),
        ],
        check=True,
        capture_output=True,
    )
    (folder / "mapio.pem").write_text((folder / "mapio.crt").read_text() + (folder / "mapio.key").read_text())
    return folder


def documented(kind: str, port: int, gateway: int, certificate: Path) -> str:
    """The configuration from the docs, with the ports and files of this test."""
    block = re.search(rf"```{kind}\n(.*?)```", DOCS, re.DOTALL)
    assert block is not None
    text = block[1]
    listens = {
        "nginx": ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        "caddyfile": ("https://mapio.example:443", f"https://mapio.example:{port}, https://localhost:{port}"),
        "haproxy": ("bind :443", f"bind 127.0.0.1:{port}"),
    }
    for old, new in (listens[kind], ("192.168.1.20:80", f"127.0.0.1:{gateway}"), ("/etc/ssl", str(certificate))):
        assert old in text
        text = text.replace(old, new)
    return text


def command(kind: str, text: str, folder: Path) -> list[str]:
    """Write the configuration and give what starts the proxy with it, in the foreground."""
    path = folder / kind
    match kind:
        case "nginx":
            places = "".join(
                f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
            )
            top = f"daemon off; user root; pid {folder}/pid; error_log {folder}/errors;\n"
            path.write_text(f"{top}events {{}}\nhttp {{\naccess_log off;\n{places}{text}\n}}\n")
            return ["nginx", "-p", str(folder), "-c", str(path), "-e", str(folder / "errors")]
        case "caddyfile":
            path.write_text(f"{CADDY_OPTIONS}{text}")
            return ["caddy", "run", "--adapter", "caddyfile", "--config", str(path)]
        case _:
            path.write_text(text)
            return ["haproxy", "-db", "-f", str(path)]


class Proxied:
    """A gateway, and the proxy before it."""

    def __init__(self, gateway: Gateway, port: int) -> None:
        self.gateway = gateway
        self.port = port
        self.host = f"mapio.example:{port}"
        self.own = {"Host": self.host, "Origin": f"https://{self.host}"}

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Connection]:
        """A connection by TLS, from an address that is not the proxy's."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=context, server_hostname="mapio.example", local_addr=(CLIENT, 0)
        )
        try:
            yield Connection(reader, writer)
        finally:
            writer.transport.abort()

    async def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        async with self.connected() as connection:
            await connection.send(request(method, path, self.port, {**self.own, **headers}, len(body)) + body)
            return await connection.answer()

    async def sign_in(self, pin: str, **more: str) -> Answer:
        headers = {"Content-Type": "application/json", "Accept": "application/json", **more}
        return await self.ask("POST", "/api/session", headers, f'{{"pin": "{pin}"}}'.encode())


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=KINDS)
async def ports(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, certificate: Path
) -> AsyncIterator[tuple[int, int]]:
    """A running proxy: the port where it listens, and the one where it expects a gateway."""
    folder, port, gateway = tmp_path_factory.mktemp(request.param), free_port(), free_port()
    text = documented(request.param, port, gateway, certificate)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command(request.param, text, folder),
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(folder), "XDG_DATA_HOME": str(folder)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await listens(port):
                assert process.poll() is None, (folder / "log").read_text()
                await asyncio.sleep(0.01)
        yield port, gateway
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # asked to end, Caddy waits for open connections without a limit
        process.wait(PATIENCE_S)


@pytest_asyncio.fixture(loop_scope="session")
async def proxied(ports: tuple[int, int], tmp_path: Path) -> AsyncIterator[Proxied]:
    async with serving(tmp_path / "data", RULES, port=ports[1]) as gateway:
        yield Proxied(gateway, ports[0])


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.transport.abort()
    return True


async def test_a_bundle_goes_through_the_proxy_as_form_and_in_pieces(proxied: Proxied) -> None:
    gateway = proxied.gateway
    signed_in = await proxied.sign_in(gateway.pin)
    assert signed_in.status == 200
    cookie = {"Cookie": signed_in.headers["set-cookie"].partition(";")[0]}
    headers, body = form(b"untrusted bundle".ljust(LARGE, b"\0"))
    refused = await proxied.ask("POST", "/update", {**headers, **cookie}, body)
    assert (refused.status, refused.code) == (422, "untrusted")
    tus = {**cookie, "Tus-Resumable": "1.0.0"}
    made = await proxied.ask("POST", "/api/uploads", {**tus, "Upload-Length": str(LARGE)})
    assert made.status == 201
    content = b"good bundle".ljust(LARGE, b"\0")
    piece = {**tus, "Content-Type": "application/offset+octet-stream"}
    path = made.headers["location"]
    half = LARGE // 2
    for offset, part in ((0, content[:half]), (half, content[half:])):
        answer = await proxied.ask("PATCH", path, {**piece, "Upload-Offset": str(offset)}, part)
        assert answer.status == 204
    await gateway.until(Phase.INSTALLING)


async def test_a_refusal_reaches_who_still_sends_through_the_proxy(proxied: Proxied) -> None:
    headers, body = form(b"good bundle".ljust(LARGE, b"\0"))
    answer = await proxied.ask("POST", "/update", headers, body)
    assert (answer.status, answer.code) == (401, "pin-required")


async def test_a_bundle_is_passed_on_while_it_comes_in(proxied: Proxied) -> None:
    """So that the page's progress is the gateway's."""
    gateway = proxied.gateway
    cookie = {"Cookie": (await proxied.sign_in(gateway.pin)).headers["set-cookie"].partition(";")[0]}
    headers, body = form(b"good bundle".ljust(LARGE, b"\0"))
    async with proxied.connected() as connection:
        head = request("POST", "/update", proxied.port, {**proxied.own, **headers, **cookie}, len(body))
        await connection.send(head + body[: LARGE // 2])
        await gateway.until(Phase.RECEIVING)
    await gateway.until(Phase.IDLE, Phase.FAILED)


async def test_events_come_through_the_proxy_at_once(proxied: Proxied) -> None:
    async with proxied.connected() as connection:
        await connection.send(request("GET", "/api/events", proxied.port, proxied.own, None))
        status, headers = await connection.head()
        assert (status, headers["content-type"]) == (200, "text/event-stream")
        async with asyncio.timeout(PATIENCE_S):
            await connection.reader.readuntil(b"\n\n")
            proxied.gateway.state.dispatch(PanelShown("webserver", full=True))
            assert b'"view": "webserver"' in await connection.reader.readuntil(b"\n\n")


async def test_wrong_pins_count_for_the_browsers_address_and_not_for_what_it_claims(proxied: Proxied) -> None:
    for number in range(5):
        await proxied.sign_in("wrong", **{"X-Forwarded-For": f"10.9.9.{number}"})
    assert proxied.gateway.state.snapshot.web.wrong_pins_from == CLIENT
    assert (await proxied.sign_in(proxied.gateway.pin)).status == 429
    assert (await proxied.gateway.ask("POST", "/api/session", json={"pin": proxied.gateway.pin})).status == 200


async def test_another_sites_page_is_refused_behind_the_proxy_too(proxied: Proxied) -> None:
    for origin in ("https://evil.example", "https://mapio.example", "http://mapio.example", "null"):
        answer = await proxied.sign_in(proxied.gateway.pin, Origin=origin)
        assert (answer.status, answer.code) == (403, "foreign-origin"), origin


async def test_a_browser_signs_in_and_updates_through_the_proxy(
    proxied: Proxied, tmp_path: Path, browser: Browser
) -> None:
    context = await browser.new_context(ignore_https_errors=True)
    page = await context.new_page()
    gateway = proxied.gateway
    url = f"https://localhost:{proxied.port}"
    await page.goto(f"{url}/update#{gateway.pin}")
    await expect(page.get_by_label("Choose file")).to_be_visible()
    await send(page, bundle(tmp_path, "untrusted", LARGE))
    await expect(page.locator("main")).to_contain_text("not signed for this gateway")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("PIN")).to_be_visible()
    assert page.url == f"{url}/update"
    await context.close()
