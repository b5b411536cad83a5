"""Three engines behind one face: Chromium by Playwright, and two that Playwright drives only in builds of its own.

Firefox speaks WebDriver BiDi itself (https://w3c.github.io/webdriver-bidi/), WebKitGTK has a driver for WebDriver
(https://www.w3.org/TR/webdriver2/) and needs a screen.
"""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import pytest
from _pytest.mark.structures import ParameterSet
from aiohttp import ClientConnectionError, ClientSession, ClientWebSocketResponse
from playwright.async_api import Error, Page, async_playwright

from mapio_display.virtual.rauc_service import namespace
from tests.gateway.conftest import free_port

CHROMIUM = Path("/usr/bin/chromium-headless-shell")
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--host-resolver-rules=MAP mapio.local 127.0.0.1",  # as mDNS does on a gateway's network
)

MINI_BROWSERS = "*/webkit*gtk-*/MiniBrowser"  # in /usr/lib; the folder has the version of WebKitGTK's interface
PATIENCE_S = 30.0
LOCAL_NAME = "mapio.local"  # leads to 127.0.0.1, as mDNS leads to the gateway
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key of an element's reference, by the standard

# Ask nobody on the Internet, and show nothing at the first start.
FIREFOX = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.localDomains": LOCAL_NAME,
    "services.settings.server": "data:,",
    "toolkit.telemetry.server": "data:,",
}


class Engine(Protocol):
    """One window of a browser."""

    async def open(self, url: str) -> None:
        """Load a page."""

    async def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page; raises ``LookupError`` while there is none."""

    async def choose(self, field: str, file: Path) -> None:
        """Choose a file for the field of that id."""


class Chromium:
    """Chromium by Playwright."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def open(self, url: str) -> None:
        await self._page.goto(url)

    async def evaluate(self, expression: str) -> Any:
        try:
            return await self._page.evaluate(expression)
        except Error as error:
            raise LookupError(str(error)) from error

    async def choose(self, field: str, file: Path) -> None:
        await self._page.locator(f"#{field}").set_input_files(file)


class Firefox:
    """Firefox by WebDriver BiDi."""

    def __init__(self, connection: ClientWebSocketResponse) -> None:
        self._connection = connection
        self._count = 0
        self._context = ""

    async def begin(self) -> None:
        """Take the window that there is."""
        await self._ask("session.new", capabilities={})
        tree = await self._ask("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]

    async def open(self, url: str) -> None:
        await self._ask("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def evaluate(self, expression: str) -> Any:
        return json.loads((await self._value(f"JSON.stringify({expression})")).get("value", "null"))

    async def choose(self, field: str, file: Path) -> None:
        element = await self._value(f"document.getElementById({field!r})")
        reference = {"sharedId": element["sharedId"]}
        await self._ask("input.setFiles", context=self._context, element=reference, files=[str(file)])

    async def _value(self, expression: str) -> dict[str, Any]:
        target = {"context": self._context}
        answer = await self._ask("script.evaluate", expression=expression, target=target, awaitPromise=True)
        if answer["type"] != "success":
            raise LookupError(answer["exceptionDetails"]["text"])
        result: dict[str, Any] = answer["result"]
        return result

    async def _ask(self, method: str, **params: Any) -> Any:
        self._count += 1
        await self._connection.send_json({"id": self._count, "method": method, "params": params})
        async with asyncio.timeout(PATIENCE_S):
            while (answer := await self._connection.receive_json()).get("id") != self._count:
                pass  # an event
        if answer["type"] == "error":
            raise LookupError(answer["message"])
        return answer["result"]


class WebKit:
    """WebKitGTK by WebDriver."""

    def __init__(self, client: ClientSession, address: str) -> None:
        self._client = client
        self._address = address

    async def begin(self) -> None:
        """Open a window, as soon as the driver answers."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    await self._ask("GET", "/status")
                    break
                except ClientConnectionError:
                    await asyncio.sleep(0.02)
        binary = next(Path("/usr/lib").glob(MINI_BROWSERS))
        options = {"binary": str(binary), "args": ["--automation"]}
        capabilities = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        session = await self._ask("POST", "/session", capabilities=capabilities)
        self._address += f"/session/{session['sessionId']}"

    async def end(self) -> None:
        """Close it."""
        await self._ask("DELETE", "")

    async def open(self, url: str) -> None:
        await self._ask("POST", "/url", url=url)

    async def evaluate(self, expression: str) -> Any:
        text = await self._ask("POST", "/execute/sync", script=f"return JSON.stringify({expression})", args=[])
        return None if text is None else json.loads(text)

    async def choose(self, field: str, file: Path) -> None:
        element = await self._ask("POST", "/element", using="css selector", value=f"#{field}")
        await self._ask("POST", f"/element/{element[ELEMENT]}/value", text=str(file))

    async def _ask(self, method: str, path: str, **body: Any) -> Any:
        content = body if method == "POST" else None
        async with self._client.request(method, self._address + path, json=content) as response:
            value = (await response.json())["value"]
        if isinstance(value, dict) and "error" in value:
            raise LookupError(value["message"])
        return value


@asynccontextmanager
async def chromium(_folder: Path, language: str) -> AsyncIterator[Engine]:
    """Chromium with a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield Chromium(await browser.new_page(locale=language))
        await browser.close()


@asynccontextmanager
async def firefox(folder: Path, language: str) -> AsyncIterator[Engine]:
    """Firefox with a window; its profile is in ``folder``."""
    settings = {**FIREFOX, "intl.accept_languages": language}
    lines = (f'user_pref("{name}", {json.dumps(value)});\n' for name, value in settings.items())
    (folder / "user.js").write_text("".join(lines))
    log = folder / "firefox.log"
    command = ("firefox-esr", "--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port", "0")
    async with running(log, *command, HOME=str(folder)), ClientSession() as client:
        address = await until_said(log, r"WebDriver BiDi listening on (ws://\S+)")
        async with client.ws_connect(f"{address}/session", max_msg_size=0) as connection:
            browser = Firefox(connection)
            await browser.begin()
            yield browser


@asynccontextmanager
async def webkit(folder: Path, language: str, inside: Sequence[str] = ()) -> AsyncIterator[Engine]:
    """WebKitGTK's small browser with a window, on a screen of its own; its home is ``folder``.

    It asks for the language of the C library's locale, which has to be there: so it is made. ``inside`` is a command
    that runs another.
    """
    locale = "C" if language == "en" else f"{language}_{language.upper()}"
    if locale != "C":
        await finished("localedef", "-i", locale, "-f", "UTF-8", str(folder / locale))
    screen, driver, port = folder / "screen.log", folder / "driver.log", free_port()
    async with running(screen, "Xvfb", "-displayfd", "2", "-nolisten", "tcp"):
        about = {
            "DISPLAY": ":" + await until_said(screen, r"^(\d+)\n"),
            "HOME": str(folder),
            "LOCPATH": str(folder),
            "LC_ALL": locale,
            "XDG_RUNTIME_DIR": str(folder),
            "NO_AT_BRIDGE": "1",
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",  # it takes user namespaces; a container may have none
        }
        async with running(driver, *inside, "WebKitWebDriver", f"--port={port}", **about), ClientSession() as client:
            browser = WebKit(client, f"http://127.0.0.1:{port}")
            await browser.begin()
            yield browser
            await browser.end()


def webkit_with_names(folder: Path, language: str) -> AbstractAsyncContextManager[Engine]:
    """WebKit that knows ``LOCAL_NAME``: it asks the system for names, so root gives it a hosts file of its own.

    It sees no file system that is mounted later.
    """
    hosts = folder / "hosts"
    hosts.write_text(f"127.0.0.1 localhost {LOCAL_NAME}\n")
    bind = ("sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(hosts))
    return webkit(folder, language, (*(namespace() or ()), *bind))


ENGINES: dict[str, Callable[[Path, str], AbstractAsyncContextManager[Engine]]] = {
    "chromium": chromium,
    "firefox": firefox,
    "webkit": webkit,
}
OPENED = {**ENGINES, "webkit-with-names": webkit_with_names}


def window(name: str, language: str, *rest: str) -> ParameterSet:
    """A test's parameters for a window of this browser, of an owner who reads this language."""
    return pytest.param((name, language), *rest, id=f"{name}-{language}", marks=pytest.mark.xdist_group(name))


async def until(engine: Engine, expression: str) -> None:
    """Wait until this holds in the page; while it loads another, nothing does."""
    holds = False
    async with asyncio.timeout(PATIENCE_S):
        while not holds:
            try:
                holds = bool(await engine.evaluate(expression))
            except LookupError:
                holds = False
            await asyncio.sleep(0.02)


async def until_text(engine: Engine, text: str) -> None:
    """Wait until the page shows this."""
    await until(engine, f"document.querySelector('main').innerText.includes({json.dumps(text)})")


async def press(engine: Engine, button: str) -> None:
    """Press what this selects, as soon as it is there."""
    found = f"document.querySelector({json.dumps(button)})"
    await until(engine, f"{found} !== null")
    await engine.evaluate(f"{found}.click()")


@asynccontextmanager
async def running(log: Path, *command: str, **about: str) -> AsyncIterator[None]:
    """A program while it is needed; ``about`` is for its environment, and what it reports goes to ``log``."""
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.DEVNULL, stderr=file, env={**os.environ, **about}
        )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    await process.wait()
            process.kill()
        await process.wait()


async def finished(*command: str) -> None:
    """Run a program to its end."""
    process = await asyncio.create_subprocess_exec(*command)
    assert await process.wait() == 0


async def until_said(log: Path, pattern: str) -> str:
    """Wait until a program has reported this; gives the first group."""
    async with asyncio.timeout(PATIENCE_S):
        while (match := re.search(pattern, log.read_text(errors="replace"))) is None:  # noqa: ASYNC110 - a file
            await asyncio.sleep(0.02)
    return match[1]
