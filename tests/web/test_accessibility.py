"""Every page in every state, small and light, large and dark: axe-core finds nothing that keeps a reader out."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, ViewportSize, expect

from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.daemon import Daemon
from mapio_display.core.facts.event import Event
from mapio_display.core.facts.hotspot import Hotspot, HotspotRules, HotspotState
from mapio_display.core.facts.network import Address, Network
from mapio_display.core.facts.panel import Panel, PanelState
from mapio_display.core.facts.power import Power
from mapio_display.core.facts.rauc import Rauc
from mapio_display.core.facts.release import Release
from mapio_display.core.facts.system import OsRelease, System
from mapio_display.core.facts.update import Bundle, Phase, Step, Update
from mapio_display.core.facts.web import Web
from mapio_display.core.facts.wifi import WRONG_PASSWORD, Joining, Wifi, WifiNetwork, silent
from mapio_display.core.failures import Failure, Why, failure, of_rauc
from mapio_display.core.message import prose
from mapio_display.core.record import LastUpdate, Result
from mapio_display.core.reduce import reduce
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.ssid import Security, ssid_of
from mapio_display.durable import BootFile
from mapio_display.host.authorized_keys import AuthorizedKeys
from mapio_display.transfer.store import BundleStore
from mapio_display.web.app import build_app
from mapio_display.web.auth.credentials import Credentials
from mapio_display.web.auth.gate import Rules
from mapio_display.web.auth.session import Sessions
from mapio_display.web.auth.tries import Tries
from mapio_display.web.http.server import WebServer
from mapio_display.web.ports import KeysPort
from tests.core.test_public_keys import ED25519
from tests.host.test_authorized_keys import file_in
from tests.web.conftest import page_of
from tests.web.gateway import PATIENCE_S, SLOTS, png, serving
from tests.web.slow_line import SlowLine
from tests.web.test_browser import MIB, bundle, send, sign_in

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("accessibility")]

PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=800)
UNKNOWN = Snapshot(Daemon("0"))
IDLE = Snapshot(
    Daemon("0.1.0", ready=True),
    boot_id="11111111-aaaa",
    os=OsRelease("mapio", "1.3.0", "Mapio OS distribution 1.3.0 (Yocto scarthgap)"),
    hostname="mapio",
    network=Network("eth0", (Address("eth0", "192.168.1.20"), Address("eth0", "2001:db8::ba27:ebff:fe12:3456"))),
    web=Web(),
    rauc=Rauc(True, "1.11"),
    slots=SLOTS,
    panel=Panel(PanelState.OK, "home", 3, 5),
    power=Power(True, True, 80, 3.9),
    system=System(data_total=27_000_000_000, data_free=19_500_000_000),
)
BUNDLE = Bundle("mapio-bundle-image-mapio-cm4-64-20260115.raucb", 412 * MIB, 193 * MIB, "1.4.0")
OFFER = Release(
    enabled=True,
    version="1.4.0",
    notes="Joins Wi-Fi networks.\nMends the clock after a power cut.",
    size=314572800,
    checked_at="2026-11-28T14:05:00Z",
)
REBOOT_FAILED = Failure(
    "reboot-failed", prose("The update is installed, but the gateway did not restart when asked."), "raw"
)


def update(step: Step, phase: Phase, **rest: object) -> Snapshot:
    """An update under way."""
    return replace(IDLE, update=replace(Update(step, phase, "u1", bundle=BUNDLE), **rest))  # type: ignore[arg-type]


def ended(result: Result, reason: str | None) -> Snapshot:
    """An update that has its verdict."""
    why = prose(reason) if reason else None
    return replace(
        IDLE,
        last_update=LastUpdate("u0", result, "1.2.0", "1.3.0", "B", "2026-11-23T14:05:00Z", why),
    )


STATES = {
    "unknown": UNKNOWN,
    "idle": IDLE,
    "receiving": update(Step.RECEIVING, Phase.RECEIVING, percent=46, bundle=replace(BUNDLE, version=None)),
    "cut_off": update(Step.RECEIVING, Phase.RECEIVING, percent=46, cut_off=True, bundle=replace(BUNDLE, version=None)),
    "paused": update(Step.PAUSED, Phase.IDLE, bundle=replace(BUNDLE, version=None)),
    "inspecting": update(Step.INSPECTING, Phase.INSPECTING, message=prose("Checking bundle")),
    "installing": update(Step.INSTALLING, Phase.INSTALLING, percent=47, message=prose("Copying image to rootfs.1")),
    "older": update(Step.INSTALLING, Phase.INSTALLING, percent=3, bundle=replace(BUNDLE, version="1.2.0")),
    "installed": update(Step.INSTALLED, Phase.INSTALLED, percent=100),
    "not-restarted": update(Step.INSTALLED, Phase.INSTALLED, percent=100, error=REBOOT_FAILED),
    "announcing": update(Step.ANNOUNCING, Phase.REBOOTING),
    "rebooting": update(Step.REBOOTING, Phase.REBOOTING),
    "plain-restart": replace(IDLE, update=Update(Step.REBOOTING, Phase.REBOOTING)),
    "judging": update(Step.JUDGING, Phase.REBOOTING),
    "failed": update(Step.FAILED, Phase.FAILED, error=of_rauc(Why.UNTRUSTED, "unable to get issuer certificate")),
    "succeeded": ended(Result.SUCCEEDED, None),
    "failed-before": ended(Result.FAILED, "RAUC could not install the bundle: no space left on device."),
    "rolled-back": ended(Result.ROLLED_BACK, "Slot B did not start, so the gateway runs 1.2.0 again."),
    "interrupted": ended(Result.INTERRUPTED, "The power was cut during the transfer. Send the bundle again."),
    "offer": replace(IDLE, release=OFFER),
    "no-offer": replace(IDLE, release=replace(OFFER, version=None, error=failure("no-answer", host="example.org"))),
    "offer-not-begun": replace(IDLE, release=replace(OFFER, download_error=failure("bad-answer.page"))),
    "no-rauc": replace(IDLE, rauc=Rauc(False), panel=Panel(PanelState.NOT_RESPONDING)),
}

NETWORKS = (
    WifiNetwork(ssid_of(b"Home"), -48, Security.WPA2_WPA3, saved=True),
    WifiNetwork(ssid_of("Café am Eck".encode()), -60, Security.OPEN),
    WifiNetwork(ssid_of(b"Attic"), -66, Security.WPA3),
    WifiNetwork(ssid_of(b"Office"), -80, Security.ENTERPRISE),
)
STATION = Wifi(True, "wlan0", NETWORKS, (ssid_of(b"Home"), ssid_of(b"Old flat")), ssid_of(b"Home"))
ALONE = replace(
    IDLE,
    network=Network(None, (Address("wlan0_ap", "10.50.0.1"),)),
    hotspot=Hotspot(HotspotState.ON, HotspotRules("wlan0_ap", "10.50.0.1"), "MAPIO", "secret"),
    wifi=replace(STATION, joined=None, saved=()),
)
SET_UPS = {
    "unknown": UNKNOWN,
    "joined": replace(IDLE, wifi=STATION),
    "hotspot": ALONE,
    "scanning": replace(ALONE, wifi=replace(ALONE.wifi, networks=(), scanning=True)),
    "joining": replace(ALONE, wifi=replace(ALONE.wifi, joining=Joining(ssid_of(b"Attic"), over_hotspot=True))),
    "refused": replace(ALONE, wifi=replace(ALONE.wifi, result=ssid_of(b"Attic"), error=WRONG_PASSWORD)),
    "silent": replace(IDLE, wifi=replace(STATION, networks=(), scan_error=silent("no answer"), error=silent("none"))),
    "no-wifi": replace(IDLE, wifi=Wifi(False)),
}


class Shown:
    """A state that is what the test says."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._changed = asyncio.Event()

    def dispatch(self, event: Event) -> Snapshot:
        """Only where the server listens is of interest."""
        self.snapshot, _ = reduce(self.snapshot, event, Now(0, 0))
        self._changed.set()
        return self.snapshot

    async def after(self, seen: Snapshot) -> Snapshot:
        """It does not change while a page is looked at."""
        while self.snapshot is seen:
            await self._changed.wait()
            self._changed.clear()
        return self.snapshot


@asynccontextmanager
async def showing(
    state: Shown,
    folder: Path,
    *,
    require_pin: bool = False,
    picture: Callable[[bool], bytes] = png,
    keys: KeysPort | None = None,
) -> AsyncIterator[str]:
    """A web server that tells this state; gives its address."""
    rules = Rules(require_pin=require_pin, links={"Home Assistant": "http://{host}:8123/"})
    credentials = Credentials(folder)
    tries, ended = Tries(folder / "tries.json", None), BootFile(folder / "signed-out.json", None)
    sessions = Sessions(credentials, lambda: None, tries, ended, state.dispatch)
    app = build_app(state, BundleStore(folder / "uploads"), picture, credentials, rules, sessions=sessions, keys=keys)
    async with asyncio.TaskGroup() as group:
        server = group.create_task(WebServer(state, app, "127.0.0.1", 0).run())
        async with asyncio.timeout(PATIENCE_S):
            while not state.snapshot.web.listening:
                await state.after(state.snapshot)
        yield f"http://127.0.0.1:{state.snapshot.web.port}"
        server.cancel()


async def enter_pin(page: Page, url: str, folder: Path) -> None:
    """Sign in on the set-up page of the web server that keeps its PIN in this folder."""
    await page.goto(f"{url}/setup")
    await page.get_by_label("PIN").fill((folder / "pin").read_text().strip())
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_label("PIN")).to_be_hidden()


async def violations(page: Page) -> str:
    """What axe finds wrong: on a phone by day, and on a desk by night."""
    found = ""
    axe = Axe()
    looks: list[tuple[ViewportSize, Literal["light", "dark"]]] = [(PHONE, "light"), (DESK, "dark")]
    for size, scheme in looks:
        await page.set_viewport_size(size)
        await page.emulate_media(color_scheme=scheme)
        report = await axe.run(page)
        axe.axe_script = ""  # the page has it now
        found += report.generate_report() if report.violations_count else ""
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shown(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Shown, str, Page]]:
    """A state, the address of a web server that tells it, and a page that has entered its PIN."""
    state, folder = Shown(UNKNOWN), tmp_path_factory.mktemp("shown")
    keys = AuthorizedKeys(file_in(folder, f"{ED25519}\n".encode()))
    async with showing(state, folder, require_pin=True, keys=keys) as url, page_of(browser) as page:
        await enter_pin(page, url, folder)
        yield state, url, page


@pytest.mark.parametrize("path", ["/", "/update"])
@pytest.mark.parametrize("name", STATES)
async def test_every_page_in_every_state(shown: tuple[Shown, str, Page], path: str, name: str) -> None:
    state, url, page = shown
    state.snapshot = STATES[name]
    await page.goto(url + path)
    assert await violations(page) == ""


@pytest.mark.parametrize("name", SET_UPS)
async def test_the_set_up_page_in_every_state(shown: tuple[Shown, str, Page], name: str) -> None:
    state, url, page = shown
    state.snapshot = SET_UPS[name]
    await page.goto(f"{url}/setup")
    for summary in await page.locator("summary").all():
        await summary.click()
    assert await violations(page) == ""


async def test_a_page_that_asks_for_the_pin_and_one_that_turns_it_down(tmp_path: Path, page: Page) -> None:
    async with showing(Shown(IDLE), tmp_path, require_pin=True) as url:
        await page.goto(f"{url}/update")
        await expect(page.get_by_label("PIN")).to_be_visible()
        assert await violations(page) == ""
        await page.get_by_label("PIN").fill("000000")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        assert await violations(page) == ""
        await page.goto(f"{url}/no-such-page")
        assert await violations(page) == ""


async def test_a_page_that_sends(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway, SlowLine(gateway.port, 2 * MIB) as line:
        gateway.port = line.port
        await sign_in(page, gateway)
        await send(page, bundle(tmp_path, "good", 20 * MIB))
        await expect(page.get_by_role("progressbar", name="Transfer")).not_to_have_js_property("value", 0)
        assert await violations(page) == ""


async def test_a_page_whose_gateway_is_away(tmp_path: Path, page: Page) -> None:
    async with showing(Shown(STATES["rebooting"]), tmp_path) as url:
        await page.goto(f"{url}/update")
    await expect(page.get_by_text("does not answer just now")).to_be_visible()
    assert await violations(page) == ""


async def test_the_check_finds_what_is_wrong(page: Page) -> None:
    await page.set_content('<html lang="en"><title>x</title><main><h1 style="color: #ccc">Pale</h1><input></main>')
    assert {"color-contrast", "label"} <= set((await violations(page)).split())
