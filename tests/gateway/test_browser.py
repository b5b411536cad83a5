"""An owner with a browser: Debian's Chromium on the virtual gateway, from the PIN's code to the verdict."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from mapio_display.core.front.names import View
from tests.gateway.conftest import Gateway

pytestmark = [pytest.mark.xdist_group("gateway-browser"), pytest.mark.timeout(170)]

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 60_000  # for a whole update, and for a busy machine
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    yield page
    context.close()


def send(page: Page, bundle: str | Path) -> None:
    page.get_by_label("Choose file").set_input_files(str(bundle))
    page.get_by_role("button", name="update", exact=True).click()


def test_from_the_panels_code_to_the_new_version_without_a_reload(gateway: Gateway, page: Page) -> None:
    page.goto(f"{gateway.facts['url']}#{gateway.facts['pin']}")
    page.get_by_role("link", name="OTA Update").first.click()
    expect(page.get_by_label("Choose file")).to_be_visible()
    assert gateway.facts["pin"] not in page.url
    send(page, gateway.facts["bundles"]["good"])
    expect(page.locator("#state").get_by_text("Update succeeded")).to_be_visible()
    expect(page.locator("main")).to_contain_text("version 2.2")
    gateway.glass_shows(View.RESULT)


def test_a_refused_bundle_is_explained_on_the_page_and_dismissed(gateway: Gateway, page: Page) -> None:
    page.goto(f"{gateway.facts['url']}update")
    page.get_by_label("PIN").fill(gateway.facts["pin"])
    page.get_by_role("button", name="Sign in").click()
    send(page, gateway.facts["bundles"]["untrusted"])
    expect(page.locator("#state").get_by_text("not signed for this gateway")).to_be_visible()
    expect(page.get_by_label("Choose file")).to_be_visible()


def test_a_bundle_that_does_not_boot_is_reported_as_rolled_back(gateway: Gateway, page: Page) -> None:
    page.goto(f"{gateway.facts['url']}update#{gateway.facts['pin']}")
    send(page, gateway.facts["bundles"]["broken"])
    expect(page.locator("#state").get_by_text("rolled back")).to_be_visible()
    expect(page.locator("#state").get_by_text("did not start")).to_be_visible()


def test_without_javascript_the_forms_do_it(gateway: Gateway, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{gateway.facts['url']}update")
    page.get_by_label("PIN").fill(gateway.facts["pin"])
    page.get_by_role("button", name="Sign in").click()
    before = gateway.status()
    send(page, gateway.facts["bundles"]["older"])
    gateway.after_reboot(before["boot_id"])
    page.goto(f"{gateway.facts['url']}update")
    expect(page.locator("#state").get_by_text("Update succeeded")).to_be_visible()
    expect(page.locator("main")).to_contain_text("version 2.0")
    context.close()
