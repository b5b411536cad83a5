"""One Chromium for all tests of a group that need a browser: the one without windows, where a page is half the work."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.web.engines import CHROMIUM, ENGINES, OPENED, QUIET, Engine, window


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium without windows; `make test` installs it. The one with them is in tests/gateway/."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        await chromium.close()


@asynccontextmanager
async def page_of(browser: Browser) -> AsyncIterator[Page]:
    """A page of a browser nobody has used before, of a phone's size; an error in its script fails the test."""
    context = await browser.new_context(viewport={"width": 390, "height": 844})
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    await context.close()
    assert errors == []


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page of the test's own."""
    async with page_of(browser) as page:
        yield page


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=[window(name, "en") for name in ENGINES])
async def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    """A window of each browser in turn."""
    name, language = request.param
    async with OPENED[name](tmp_path_factory.mktemp(name), language) as engine:
        yield engine


@pytest.fixture
async def pass_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Move the event loop's clock on by so many seconds, as if nothing had happened meanwhile."""
    loop = asyncio.get_running_loop()
    real, ahead = loop.time, [0.0]
    monkeypatch.setattr(loop, "time", lambda: real() + sum(ahead))
    return ahead.append
