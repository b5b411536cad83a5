"""The set-up page: Wi-Fi and SSH keys, as a person with a phone uses it in a real Chromium, with and without script."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, Dialog, Page, Request, expect

from mapio_display.core.commands import ForgetWifi, PrepareWifi, ScanWifi, SetWifiCountry
from mapio_display.core.facts.network import Address, NetworkChanged
from mapio_display.core.facts.wifi import WRONG_PASSWORD, WifiFound, WifiJoined, WifiNetwork, WifiSaved, WifiScanned
from mapio_display.core.facts.wifi_join import WifiJoinFailed
from mapio_display.core.ssid import Security, ssid_of
from mapio_display.host.authorized_keys import AuthorizedKeys
from mapio_display.web.auth.session import Client
from tests.core.test_public_keys import ED25519, GOOD, PRIVATE
from tests.host.test_authorized_keys import file_in
from tests.web.gateway import PATIENCE_S, Gateway, serving
from tests.web.test_captive_portal import hotspot_up

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("set-up-page")]

HOME = WifiNetwork(ssid_of(b"Home"), -48, Security.WPA2_WPA3)
ATTIC = WifiNetwork(ssid_of(b"Attic"), -66, Security.WPA3)
CAFE = WifiNetwork(ssid_of("Café".encode()), -70, Security.OPEN)
OFFICE = WifiNetwork(ssid_of(b"Office"), -80, Security.ENTERPRISE)
OLD = ssid_of(b"Old flat")
PASSWORD = "correct horse"

expect.set_options(timeout=20_000)  # ms: as in test_browser.py


def with_wifi(gateway: Gateway, *networks: WifiNetwork) -> None:
    """The gateway has Wi-Fi, and has found networks."""
    for event in (WifiFound("wlan0", True), WifiScanned(networks or (HOME, ATTIC, CAFE, OFFICE))):
        gateway.state.dispatch(event)


async def sign_in(page: Page, gateway: Gateway) -> None:
    """Sign in on the page itself."""
    await page.goto(f"{gateway.url}/setup")
    await page.get_by_label("PIN").fill(gateway.pin)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_label("PIN")).to_be_hidden()


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what a request of the page does to the gateway."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - the played gateway keeps what it was commanded, and tells nobody
            await asyncio.sleep(0.005)


def prepared(gateway: Gateway) -> list[PrepareWifi]:
    return [command for command in gateway.rauc.commands if isinstance(command, PrepareWifi)]


async def cookies(page: Page) -> str:
    """The header with the page's cookies."""
    return "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in await page.context.cookies())


def network(page: Page, name: str) -> Callable[[], Awaitable[None]]:
    """Open a network of the list."""
    return page.locator("summary").filter(has_text=name).click


# Who may see what


async def test_who_is_not_signed_in_finds_neither_networks_nor_keys_in_the_page(tmp_path: Path) -> None:
    file = file_in(tmp_path, f"{ED25519}\n".encode())
    async with serving(tmp_path / "data", keys=AuthorizedKeys(file)) as gateway:
        with_wifi(gateway)
        headers = {"Accept": "text/html"}
        for path in ("/setup", "/setup?part"):
            answer = await gateway.ask("GET", path, headers=headers)
            assert answer.status == 200
            assert not [word for word in (b"Attic", b"anna@desk", b"SHA256:") if word in answer.body]
            answer = await gateway.ask("GET", path, headers={**headers, **await gateway.sign_in()})
            assert [word for word in (b"Attic", b"anna@desk", b"SHA256:") if word in answer.body]


async def test_the_page_comes_back_to_itself_after_the_pin(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        await sign_in(page, gateway)
        await expect(page).to_have_url(f"{gateway.url}/setup")
        await expect(page.get_by_text("Attic")).to_be_visible()


async def test_home_leads_there_while_there_is_no_network(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        hotspot_up(gateway)
        await page.goto(gateway.url)
        link = page.get_by_role("link", name="Set up Wi-Fi")
        await expect(link).to_be_visible()
        gateway.state.dispatch(NetworkChanged("eth0", (Address("eth0", "192.168.1.20"),), "mapio"))
        await expect(link).to_have_count(0)


# Wi-Fi


async def test_a_network_is_joined_with_a_password_that_can_be_shown(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        await sign_in(page, gateway)
        await network(page, "Attic")()
        field = page.get_by_label("Password", exact=True).and_(page.locator(":visible"))
        await field.fill(PASSWORD)
        await expect(field).to_have_attribute("type", "password")
        box = page.get_by_label("Show the password").and_(page.locator(":visible"))
        await box.check()
        await expect(field).to_have_attribute("type", "text")
        await field.press("Enter")
        await expect(page.get_by_text("The gateway joins Attic")).to_be_visible()
        assert prepared(gateway) == [PrepareWifi(ATTIC.ssid, PASSWORD, Security.WPA3, False)]


async def test_what_is_typed_stays_with_its_network_when_a_scan_orders_them_anew(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        with_wifi(gateway, HOME, ATTIC)
        await sign_in(page, gateway)
        await network(page, "Attic")()
        field = page.get_by_label("Password", exact=True).and_(page.locator(":visible"))
        await field.press_sequentially("correct")
        near = WifiNetwork(ssid_of(b"Near"), -30, Security.WPA2)
        gateway.state.dispatch(WifiScanned((near, WifiNetwork(ATTIC.ssid, -40, Security.WPA3), HOME)))
        await expect(page.locator(".networks bdi")).to_have_text(["Near", "Attic", "Home"])
        await expect(field).to_be_focused()
        await page.keyboard.type(" horse")
        await page.keyboard.press("Enter")
        await until(lambda: bool(prepared(gateway)))
        assert prepared(gateway) == [PrepareWifi(ATTIC.ssid, PASSWORD, Security.WPA3, False)]


async def test_an_open_and_a_hidden_network_are_joined_and_an_enterprise_one_is_named_as_not_supported(
    tmp_path: Path, page: Page
) -> None:
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        await sign_in(page, gateway)
        await expect(page.get_by_role("listitem").filter(has_text="Office")).to_contain_text("not supported")
        await expect(page.locator("summary").filter(has_text="Office")).to_have_count(0)
        await network(page, "Café")()
        await page.locator("details[open]").get_by_role("button", name="Join").click()
        await until(lambda: bool(prepared(gateway)))
        gateway.state.dispatch(WifiJoinFailed(WRONG_PASSWORD))
        await network(page, "Another network")()
        other = page.locator("details[open]").filter(has_text="Another network")
        await other.get_by_label("Name", exact=True).fill("Hütte")
        await other.get_by_label("Password", exact=True).fill(PASSWORD)
        await other.get_by_role("button", name="Join").click()
        await until(lambda: len(prepared(gateway)) == 2)
        assert prepared(gateway) == [
            PrepareWifi(CAFE.ssid, None, Security.OPEN, False),
            PrepareWifi(ssid_of("Hütte".encode()), PASSWORD, None, True),
        ]


async def test_a_wrong_password_is_reported_in_words_and_the_list_is_there_again(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        await sign_in(page, gateway)
        await network(page, "Attic")()
        await page.get_by_label("Password", exact=True).and_(page.locator(":visible")).fill("wrong horse")
        await page.locator("details[open]").get_by_role("button", name="Join").click()
        await expect(page.get_by_text("The gateway joins Attic")).to_be_visible()
        gateway.state.dispatch(WifiJoinFailed(WRONG_PASSWORD))
        await expect(page.get_by_text("The router refused the password")).to_be_visible()
        await expect(page.locator("summary").filter(has_text="Attic")).to_be_visible()


async def test_over_the_hotspot_the_page_says_before_a_join_where_the_gateway_will_be(
    tmp_path: Path, page: Page
) -> None:
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        await page.goto(f"{gateway.url}/setup")
        await expect(page.get_by_text("hotspot goes off")).to_have_count(0)
        hotspot_up(gateway)
        await expect(page.get_by_text("loses the page")).to_contain_text(f"http://mapio.local:{gateway.port}/")


async def test_the_gateways_own_hotspot_and_networks_without_a_name_are_not_listed(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        own, nameless = (WifiNetwork(ssid_of(name), -40, Security.WPA2) for name in (b"MAPIO", b"\0\0"))
        with_wifi(gateway, own, HOME, nameless, WifiNetwork(ssid_of(b""), -50, Security.WPA2))
        await sign_in(page, gateway)
        await expect(page.locator(".networks bdi")).to_have_text(["MAPIO", "Home"])
        hotspot_up(gateway)
        await expect(page.locator(".networks bdi")).to_have_text(["Home"])


async def test_a_network_in_use_is_forgotten_only_when_that_is_meant(tmp_path: Path, page: Page) -> None:
    answers = iter((False, True))
    asked: list[str] = []

    async def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        await (dialog.accept() if next(answers) else dialog.dismiss())

    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        gateway.state.dispatch(WifiSaved((HOME.ssid, OLD)))
        gateway.state.dispatch(WifiJoined(HOME.ssid))
        page.on("dialog", answer)
        await sign_in(page, gateway)
        await network(page, "Home")()
        forget = page.locator("details[open]").get_by_role("button", name="Forget")
        await forget.click()
        assert "The gateway leaves it" in asked[0]
        assert not [command for command in gateway.rauc.commands if isinstance(command, ForgetWifi)]
        await network(page, "Old flat")()
        await page.get_by_role("listitem").filter(has_text="Old flat").get_by_role("button", name="Forget").click()
        await until(lambda: ForgetWifi(OLD) in gateway.rauc.commands)
        assert asked[1] == "Forget the network Old flat?"


async def test_a_saved_network_is_joined_without_its_password_or_with_another_one(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        gateway.state.dispatch(WifiSaved((HOME.ssid, OFFICE.ssid)))
        await sign_in(page, gateway)
        expected = []
        for name, typed, command in (
            ("Home", "", PrepareWifi(HOME.ssid, None, HOME.security, False, saved=True)),
            ("Home", PASSWORD, PrepareWifi(HOME.ssid, PASSWORD, HOME.security, False)),
            ("Office", None, PrepareWifi(OFFICE.ssid, None, OFFICE.security, False, saved=True)),
        ):
            saved = page.get_by_role("listitem").filter(has_text=name)
            await expect(saved.locator("summary")).to_contain_text("saved")
            await saved.locator("summary").click()
            if typed is not None:
                await saved.get_by_label("Password", exact=True).fill(typed)
            await saved.get_by_role("button", name="Join").click()
            expected.append(command)
            await until(lambda: len(prepared(gateway)) == len(expected))
            gateway.state.dispatch(WifiJoinFailed(WRONG_PASSWORD))
            await page.reload()
        assert prepared(gateway) == expected


async def test_a_scan_is_asked_for_and_shown_while_it_lasts(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        await sign_in(page, gateway)
        await page.get_by_role("button", name="Scan again").click()
        await expect(page.get_by_text("Looking for networks")).to_be_visible()
        assert ScanWifi() in gateway.rauc.commands
        gateway.state.dispatch(WifiScanned((ATTIC,)))
        await expect(page.get_by_text("Looking for networks")).to_have_count(0)


async def test_without_wifi_the_section_says_so_and_the_keys_are_there(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path / "data", keys=AuthorizedKeys(file_in(tmp_path))) as gateway:
        await sign_in(page, gateway)
        await expect(page.get_by_text("Wi-Fi is not set up by this page")).to_be_visible()
        gateway.state.dispatch(WifiFound("wlan0", False))
        await expect(page.get_by_text("has no Wi-Fi")).to_be_visible()
        await expect(page.get_by_label("Public keys")).to_be_visible()


HOSTILE = [
    b"<img src=x onerror=pwned=1>",
    b'"><script>pwned=2</script>',
    b"'-pwned=3-'{{7*7}}",
    b"</small></li><b id=problem>",
    b"\xff\xfe\x00\x1b[31m\xe2\x80\xae",
    b"javascript:pwned=4//",
]


async def test_a_networks_name_is_text_whatever_it_holds(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        found = [WifiNetwork(ssid_of(name), -50 - at, Security.WPA2) for at, name in enumerate(HOSTILE)]
        with_wifi(gateway, *found)
        gateway.state.dispatch(WifiSaved(tuple(each.ssid for each in found)))
        gateway.state.dispatch(WifiJoined(found[0].ssid))
        page.on("dialog", lambda dialog: dialog.accept())
        await sign_in(page, gateway)
        await expect(page.locator(".networks bdi")).to_have_count(len(HOSTILE))
        names = await page.locator(".networks bdi").all_inner_texts()
        assert names[:4] == [name.decode() for name in HOSTILE[:4]]
        assert names[4] == r"��\x00\x1b[31m\u202e"
        await network(page, "onerror")()
        await page.locator("details[open]").get_by_role("button", name="Forget").click()
        await until(lambda: ForgetWifi(found[0].ssid) in gateway.rauc.commands)
        gateway.state.dispatch(WifiJoinFailed(WRONG_PASSWORD))
        assert await page.evaluate("typeof pwned") == "undefined"
        assert await page.locator("#problem").count() == 1
        assert await page.locator("main img, main script").count() == 0


# SSH keys


async def test_keys_are_added_by_paste_and_by_file_and_removed(tmp_path: Path, page: Page) -> None:
    file, public = file_in(tmp_path), tmp_path / "laptop.pub"
    public.write_text(f"{GOOD['rsa']} laptop\n")
    page.on("dialog", lambda dialog: dialog.accept())
    async with serving(tmp_path / "data", keys=AuthorizedKeys(file)) as gateway:
        await sign_in(page, gateway)
        await page.get_by_label("Public keys").fill(ED25519)
        await page.get_by_label("File", exact=True).set_input_files(public)
        await page.get_by_role("button", name="Add").click()
        await expect(page.get_by_text("Added: 2.")).to_be_visible()
        rows = page.locator(".keys li")
        await expect(rows).to_contain_text(["anna@desk", "laptop"])
        await expect(page.get_by_label("Public keys")).to_have_value("")
        await rows.filter(has_text="anna").get_by_role("button", name="Remove").click()
        await expect(rows).to_have_count(1)
        assert file.read_text() == f"{GOOD['rsa']} laptop\n"


async def test_a_private_key_is_not_even_sent(tmp_path: Path, page: Page) -> None:
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method != "GET" else None)
    private = tmp_path / "id_rsa"
    private.write_text(PRIVATE["pem"])
    async with serving(tmp_path / "data", keys=AuthorizedKeys(file_in(tmp_path))) as gateway:
        await sign_in(page, gateway)
        sent.clear()
        await page.get_by_label("File", exact=True).set_input_files(private)
        await page.get_by_role("button", name="Add").click()
        await expect(page.get_by_role("alert")).to_contain_text("private key, so it was not sent")
        await page.get_by_label("Public keys").fill(PRIVATE["openssh"])
        await page.get_by_role("button", name="Add").click()
        await expect(page.get_by_label("Public keys")).to_have_value("")
        assert sent == []
        await page.get_by_label("Public keys").fill("ssh-rsa nonsense")
        await page.get_by_role("button", name="Add").click()
        await expect(page.get_by_role("alert")).to_contain_text("Line 1 is not a public key")


async def test_a_session_that_is_over_shows_the_field_for_the_pin(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        await sign_in(page, gateway)
        await network(page, "Café")()
        gateway.sessions.sign_out(Client("127.0.0.1", await cookies(page)))
        await page.locator("details[open]").get_by_role("button", name="Join").click()
        await expect(page.get_by_role("alert")).to_contain_text("needs the PIN")
        await expect(page.get_by_label("PIN")).to_be_focused()
        assert prepared(gateway) == []


async def test_a_wrong_pin_on_a_page_that_reports_a_refusal_is_reported_there(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path) as gateway:
        await page.goto(f"{gateway.url}/setup")
        await page.evaluate(
            "const form = document.createElement('form'); form.method = 'post'; form.action = '/api/wifi';"
            "document.body.append(form); form.submit()"
        )
        await page.get_by_label("PIN").fill("000000" if gateway.pin != "000000" else "111111")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.locator("#problem")).to_contain_text("not the PIN")
        await page.get_by_label("PIN").fill(gateway.pin)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page).to_have_url(f"{gateway.url}/setup?signed-in")


# Without script


async def test_without_script_all_of_it_is_plain_forms(tmp_path: Path, browser: Browser) -> None:
    file, public = file_in(tmp_path), tmp_path / "laptop.pub"
    public.write_text(f"{GOOD['rsa']} laptop\n")
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    async with serving(tmp_path / "data", keys=AuthorizedKeys(file)) as gateway:
        with_wifi(gateway)
        gateway.state.dispatch(WifiSaved((OLD,)))
        await sign_in(page, gateway)
        await expect(page).to_have_url(f"{gateway.url}/setup?signed-in")
        await expect(page.get_by_label("Show the password").and_(page.locator(":visible"))).to_have_count(0)
        await page.get_by_label("File", exact=True).set_input_files(public)
        await page.get_by_role("button", name="Add").click()
        await expect(page).to_have_url(f"{gateway.url}/setup")
        await page.locator(".keys li").get_by_role("button", name="Remove").click()
        await expect(page.locator(".keys li")).to_have_count(0)
        await network(page, "Old flat")()
        await page.get_by_role("listitem").filter(has_text="Old flat").get_by_role("button", name="Forget").click()
        await until(lambda: ForgetWifi(OLD) in gateway.rauc.commands)
        await page.get_by_role("button", name="Scan again").click()
        await until(lambda: ScanWifi() in gateway.rauc.commands)
        await page.goto(f"{gateway.url}/setup")
        await network(page, "Country")()
        await page.get_by_label("Country code").fill("de")
        await page.get_by_role("button", name="Save").click()
        await until(lambda: SetWifiCountry("DE") in gateway.rauc.commands)
        await page.goto(f"{gateway.url}/setup")
        await network(page, "Old flat")()
        await page.get_by_role("listitem").filter(has_text="Old flat").get_by_role("button", name="Join").click()
        await expect(page.get_by_text("The gateway joins Old flat")).to_be_visible()
        assert prepared(gateway) == [PrepareWifi(OLD, None, None, False, saved=True)]
        gateway.state.dispatch(WifiJoinFailed(WRONG_PASSWORD))
        gateway.rauc.commands.clear()
        await page.goto(f"{gateway.url}/setup")
        await network(page, "Attic")()
        await page.locator("details[open]").get_by_label("Password", exact=True).fill(PASSWORD)
        await page.locator("details[open]").get_by_role("button", name="Join").click()
        await expect(page.get_by_text("The gateway joins Attic")).to_be_visible()
        assert prepared(gateway) == [PrepareWifi(ATTIC.ssid, PASSWORD, Security.WPA3, False)]
        await page.get_by_label("Public keys").fill("nonsense")
        await page.get_by_role("button", name="Add").click()
        await expect(page.get_by_text("Line 1 is not a public key")).to_be_visible()
        await page.get_by_role("link", name="Back to Set-up").click()
        await expect(page).to_have_url(f"{gateway.url}/setup")
    await context.close()


async def test_a_phone_does_not_zoom_in_on_a_field(tmp_path: Path, page: Page) -> None:
    async with serving(tmp_path / "data", keys=AuthorizedKeys(file_in(tmp_path))) as gateway:
        with_wifi(gateway)
        await sign_in(page, gateway)
        sizes = await page.evaluate(
            "[...document.querySelectorAll('input:not([type=hidden]), textarea')]"
            ".map((field) => parseFloat(getComputedStyle(field).fontSize))"
        )
        assert len(sizes) >= 6
        assert min(sizes) >= 16, "Safari on iOS zooms in on smaller ones"
