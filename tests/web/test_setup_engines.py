"""The set-up page in three engines: Wi-Fi and SSH keys, and what a name may hold."""

import json
from pathlib import Path

import pytest

from mapio_display.core.commands import Command, ForgetWifi, PrepareWifi, ScanWifi, SetWifiCountry
from mapio_display.core.facts.wifi import (
    WRONG_PASSWORD,
    WifiJoined,
    WifiNetwork,
    WifiSaved,
    WifiScanned,
)
from mapio_display.core.facts.wifi_join import WifiJoinFailed
from mapio_display.core.ssid import Security, ssid_of
from mapio_display.host.authorized_keys import AuthorizedKeys
from mapio_display.words.catalogue import of
from tests.core.test_public_keys import ED25519, GOOD, PRIVATE
from tests.host.test_authorized_keys import file_in
from tests.web.engines import Engine, press, until, until_text, window
from tests.web.gateway import Gateway, serving
from tests.web.test_captive_portal import hotspot_up
from tests.web.test_setup_page import ATTIC, CAFE, HOME, HOSTILE, OFFICE, OLD, PASSWORD, with_wifi
from tests.web.test_setup_page import until as until_commanded

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]


async def sign_in(engine: Engine, gateway: Gateway) -> None:
    """Sign in on the page itself, and let it ask nothing: a question would stop the engines' drivers."""
    await engine.open(f"{gateway.url}/setup")
    await until(engine, "document.documentElement.dataset.script")
    await engine.evaluate("(window.asked = [], window.confirm = (text) => (window.asked.push(text), true), 0)")
    await fill(engine, "#pin", gateway.pin)
    await press(engine, "#sign-in button")
    await until(engine, "document.getElementById('entrance').hidden")


async def fill(engine: Engine, field: str, text: str) -> None:
    """Put text into the field that this selects."""
    await engine.evaluate(f"(document.querySelector({json.dumps(field)}).value = {json.dumps(text)}, 0)")


def row(octets: bytes) -> str:
    """What selects a network's row."""
    return f"[data-key='{octets.hex()}']"


async def commanded(gateway: Gateway, command: Command) -> None:
    """Wait until the page has had the gateway command this."""
    await until_commanded(lambda: command in gateway.rauc.commands)


async def test_a_network_is_found_joined_refused_and_the_list_is_there_again(tmp_path: Path, engine: Engine) -> None:
    attic = row(ATTIC.ssid.octets)
    async with serving(tmp_path) as gateway:
        with_wifi(gateway, HOME, ATTIC, CAFE, OFFICE)
        hotspot_up(gateway)
        await sign_in(engine, gateway)
        await until_text(engine, "loses the page")
        await until_text(engine, "WPA Enterprise")
        await press(engine, f"{attic} summary")
        await until(engine, f"document.querySelector({json.dumps(attic + ' details')}).open")
        secret = f"{attic} input[name=password]"
        await fill(engine, secret, PASSWORD)
        await press(engine, f"{attic} [data-shows]")
        await until(engine, f"document.querySelector({json.dumps(secret)}).type === 'text'")
        near = WifiNetwork(ssid_of(b"Near"), -30, Security.WPA2)
        gateway.state.dispatch(WifiScanned((near, WifiNetwork(ATTIC.ssid, -40, Security.WPA3), HOME)))
        await until(engine, "document.querySelector('.networks bdi').innerText === 'Near'")
        assert await engine.evaluate(f"document.querySelector({json.dumps(secret)}).value") == PASSWORD
        await press(engine, f"{attic} button")
        await commanded(gateway, PrepareWifi(ATTIC.ssid, PASSWORD, Security.WPA3, False))
        await until_text(engine, "The gateway joins Attic")
        gateway.state.dispatch(WifiJoinFailed(WRONG_PASSWORD))
        await until_text(engine, "The router refused the password")
        await until(engine, f"document.querySelector({json.dumps(attic)}) !== null")


async def test_a_saved_network_is_joined_without_its_password_and_forgotten(tmp_path: Path, engine: Engine) -> None:
    home = row(HOME.ssid.octets)
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        gateway.state.dispatch(WifiSaved((HOME.ssid, OLD)))
        await sign_in(engine, gateway)
        await press(engine, f"{home} summary")
        await until_text(engine, "Leave the password empty")
        await press(engine, f"{home} form:not(.action) button")
        await commanded(gateway, PrepareWifi(HOME.ssid, None, HOME.security, False, saved=True))
        gateway.state.dispatch(WifiJoinFailed(WRONG_PASSWORD))
        await until_text(engine, "Old flat")
        await press(engine, f"{row(OLD.octets)} form:not(.action) button")
        await commanded(gateway, PrepareWifi(OLD, None, None, False, saved=True))
        gateway.state.dispatch(WifiJoinFailed(WRONG_PASSWORD))
        gateway.state.dispatch(WifiJoined(HOME.ssid))
        await until(engine, f"document.querySelector({json.dumps(home + ' small')}).innerText === 'in use'")
        await press(engine, f"{home} form.action button")
        await commanded(gateway, ForgetWifi(HOME.ssid))
        assert "The gateway leaves it" in (await engine.evaluate("window.asked"))[0]


async def test_a_country_is_shown_and_set_and_a_scan_asked_for(tmp_path: Path, engine: Engine) -> None:
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        gateway.state.dispatch(WifiSaved((), "FR"))
        await sign_in(engine, gateway)
        await until(engine, "document.getElementById('country').value === 'FR'")
        await press(engine, "[data-key=country] summary")
        await fill(engine, "#country", "F1")
        assert await engine.evaluate("document.getElementById('country').checkValidity()") is False
        await fill(engine, "#country", "de")
        await press(engine, "[data-key=country] button")
        await commanded(gateway, SetWifiCountry("DE"))
        gateway.state.dispatch(WifiSaved((), "DE"))
        await until(engine, "document.querySelector('[data-key=country] small').innerText === 'DE'")
        await press(engine, "[data-key=again] button")
        await commanded(gateway, ScanWifi())
        await until_text(engine, "Looking for networks")


async def test_keys_are_added_removed_and_a_private_one_is_not_sent(tmp_path: Path, engine: Engine) -> None:
    file, public = file_in(tmp_path), tmp_path / "laptop.pub"
    public.write_text(f"{GOOD['rsa']} laptop\n")
    async with serving(tmp_path / "data", keys=AuthorizedKeys(file)) as gateway:
        await sign_in(engine, gateway)
        await fill(engine, "#keys", PRIVATE["openssh"])
        await press(engine, "#add-keys button")
        await until(engine, "document.getElementById('problem').innerText.includes('private key')")
        assert await engine.evaluate("document.getElementById('keys').value") == ""
        await fill(engine, "#keys", ED25519)
        await engine.choose("key-file", public)
        await press(engine, "#add-keys button")
        await until_text(engine, "Added: 2.")
        await until(engine, "document.querySelectorAll('.keys li').length === 2")
        await press(engine, ".keys li button")
        await until(engine, "document.querySelectorAll('.keys li').length === 1")
        assert file.read_text() == f"{GOOD['rsa']} laptop\n"


async def test_a_networks_name_is_text_whatever_it_holds(tmp_path: Path, engine: Engine) -> None:
    async with serving(tmp_path) as gateway:
        found = [WifiNetwork(ssid_of(name), -50 - at, Security.WPA2) for at, name in enumerate(HOSTILE)]
        with_wifi(gateway, *found)
        gateway.state.dispatch(WifiSaved(tuple(each.ssid for each in found)))
        await sign_in(engine, gateway)
        await until(engine, f"document.querySelectorAll('.networks bdi').length === {len(HOSTILE)}")
        names = await engine.evaluate("Array.from(document.querySelectorAll('.networks bdi'), (one) => one.innerText)")
        assert names[:4] == [name.decode() for name in HOSTILE[:4]]
        await press(engine, f"{row(HOSTILE[0])} form.action button")
        await commanded(gateway, ForgetWifi(found[0].ssid))
        assert await engine.evaluate("typeof pwned") == "undefined"
        assert await engine.evaluate("document.querySelectorAll('main img, main script').length") == 0


@pytest.mark.parametrize(
    ("engine", "language"),
    [window("chromium", "de", "de"), window("firefox", "fr", "fr"), window("webkit", "de", "de")],
    indirect=["engine"],
)
async def test_the_page_in_another_language(tmp_path: Path, engine: Engine, language: str) -> None:
    words = of(language)
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        gateway.state.dispatch(WifiSaved((HOME.ssid,), "FR"))
        await sign_in(engine, gateway)
        assert await engine.evaluate("document.documentElement.lang") == language
        await press(engine, f"{row(HOME.ssid.octets)} summary")
        await until_text(engine, words.text("page.setup.password.saved"))
        await fill(engine, "#other-name", "Hütte")
        await press(engine, "[data-key=other] button")
        await until_text(engine, words.text("page.setup.joining", network="Hütte"))
        gateway.state.dispatch(WifiJoinFailed(WRONG_PASSWORD))
        await until_text(engine, words.say(WRONG_PASSWORD.message))
