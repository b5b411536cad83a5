"""Wi-Fi by HTTP: what a request becomes in the core, and that no password comes out again."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapio_display.core.commands import ForgetWifi, PrepareWifi, ScanWifi, SetWifiCountry
from mapio_display.core.facts.wifi import (
    NOT_FOUND,
    WifiFound,
    WifiNetwork,
    WifiSaved,
    WifiScanFailed,
    WifiScanned,
    silent,
)
from mapio_display.core.facts.wifi_join import WifiJoinFailed
from mapio_display.core.ssid import Security, ssid_of
from mapio_display.errors import Refused
from mapio_display.web.api.wifi import _named
from tests.web.gateway import Gateway, serving
from tests.web.test_who_may import basic

HOME = WifiNetwork(ssid_of("Zürich \N{OWL}".encode()), -50, Security.WPA2_WPA3)
CAFE = WifiNetwork(ssid_of(b"caf\xe9"), -60, Security.OPEN)
WORK = WifiNetwork(ssid_of(b"Work"), -70, Security.ENTERPRISE)
PASSWORD = "correct horse"


def with_wifi(gateway: Gateway) -> None:
    """The gateway has Wi-Fi, and has found three networks."""
    for event in (WifiFound("wlan0", True), WifiSaved((CAFE.ssid,)), WifiScanned((WORK, HOME, CAFE))):
        gateway.state.dispatch(event)


def prepared(gateway: Gateway) -> PrepareWifi:
    """What is to be joined."""
    (command,) = (each for each in gateway.rauc.commands if isinstance(each, PrepareWifi))
    return command


async def test_the_networks_are_for_who_has_the_pin(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        answer = await gateway.ask("GET", "/api/wifi/networks")
        assert (answer.status, answer.code) == (401, "pin-required")
        found = (await gateway.ask("GET", "/api/wifi/networks", headers=basic(gateway.pin))).json
        about = [(each["name"], each["octets"], each["security"]) for each in found["networks"]]
        assert about == [
            ("Zürich \N{OWL}", HOME.ssid.octets.hex(), "wpa2-wpa3"),
            ("caf\N{REPLACEMENT CHARACTER}", b"caf\xe9".hex(), "open"),
            ("Work", b"Work".hex(), "enterprise"),
        ]
        assert [(each["signal"], each["saved"], each["supported"]) for each in found["networks"]] == [
            (-50, False, True),
            (-60, True, True),
            (-70, False, False),
        ]
        assert (found["scanning"], found["error"]) == (False, None)
        assert [each["name"] for each in found["saved"]] == ["caf\N{REPLACEMENT CHARACTER}"]


async def test_a_scan_is_asked_for_and_its_error_is_reported(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        cookie = await gateway.sign_in()
        answer = await gateway.ask("POST", "/api/wifi/networks", headers=cookie)
        assert (answer.status, answer.json) == (200, {"scanning": True})
        assert ScanWifi() in gateway.rauc.commands
        gateway.state.dispatch(WifiScanFailed(silent("no socket")))
        found = (await gateway.ask("GET", "/api/wifi/networks", headers=cookie)).json
        assert (found["error"]["code"], found["error"]["detail"]) == ("wifi-silent", "no socket")
        french = await gateway.ask("GET", "/api/wifi/networks", headers={**cookie, "Accept-Language": "fr"})
        assert "ne répond pas" in french.json["error"]["message"]
        assert "Accept-Language" in french.headers["vary"]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"ssid": "Zürich \N{OWL}", "password": PASSWORD}, PrepareWifi(HOME.ssid, PASSWORD, HOME.security, False)),
        ({"octets": b"caf\xe9".hex(), "password": ""}, PrepareWifi(CAFE.ssid, None, Security.OPEN, False)),
        (
            {"ssid": "Attic", "password": PASSWORD, "security": "wpa3", "hidden": True},
            PrepareWifi(ssid_of(b"Attic"), PASSWORD, Security.WPA3, True),
        ),
        ({"ssid": " Attic ", "hidden": "on"}, PrepareWifi(ssid_of(b" Attic "), None, None, True)),
    ],
)
async def test_a_join_reaches_the_core_as_it_was_meant(
    tmp_path: Path, wish: dict[str, Any], expected: PrepareWifi
) -> None:
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        answer = await gateway.ask("POST", "/api/wifi", headers=await gateway.sign_in(), json=wish)
        assert (answer.status, answer.json) == (202, {"stage": "preparing"})
        assert prepared(gateway) == expected


async def test_a_second_join_is_409_and_the_first_one_goes_on(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        cookie = await gateway.sign_in()
        wish = {"ssid": "Attic", "password": PASSWORD}
        assert (await gateway.ask("POST", "/api/wifi", headers=cookie, json=wish)).status == 202
        for method, path in (("POST", "/api/wifi"), ("DELETE", "/api/wifi"), ("POST", "/api/wifi/networks")):
            answer = await gateway.ask(method, path, headers=cookie, json=wish)
            assert (answer.status, answer.code) == (409, "wifi-busy")
        assert prepared(gateway).ssid == ssid_of(b"Attic")


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({}, 400, "malformed"),
        ({"ssid": 5}, 400, "malformed"),
        ({"octets": "xy"}, 400, "malformed"),
        ({"ssid": "\ud800"}, 400, "malformed"),
        ({"ssid": "Attic", "password": ["x"]}, 400, "malformed"),
        ({"ssid": "Attic", "password": PASSWORD, "security": "wep"}, 400, "malformed"),
        ({"ssid": ""}, 400, "wifi-ssid"),
        ({"ssid": "ü" * 17}, 400, "wifi-ssid"),
        ({"ssid": "Attic", "password": "short"}, 400, "wifi-password"),
        ({"ssid": "Attic", "password": "x" * 65}, 400, "wifi-password"),
        ({"octets": b"caf\xe9".hex(), "password": PASSWORD}, 400, "wifi-password"),
        ({"ssid": "Work", "password": PASSWORD}, 422, "wifi-not-supported"),
    ],
)
async def test_what_cannot_be_joined_is_refused_in_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, wish: dict[str, Any], status: int, code: str
) -> None:
    caplog.set_level("DEBUG")
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        answer = await gateway.ask("POST", "/api/wifi", headers=await gateway.sign_in(), json=wish)
        assert (answer.status, answer.code) == (status, code)
        assert PASSWORD.encode() not in answer.body
    assert PASSWORD not in caplog.text


async def test_a_network_is_forgotten(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        cookie = await gateway.sign_in()
        answer = await gateway.ask("DELETE", "/api/wifi", headers=cookie, json={"octets": CAFE.ssid.octets.hex()})
        assert answer.status == 200
        assert ForgetWifi(CAFE.ssid) in gateway.rauc.commands
        answer = await gateway.ask("DELETE", "/api/wifi", headers=cookie, json={"ssid": "Attic"})
        assert (answer.status, answer.code) == (404, "wifi-not-saved")


async def test_without_wifi_every_request_says_so(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        cookie = await gateway.sign_in()
        for available in (None, False):
            if available is not None:
                gateway.state.dispatch(WifiFound("wlan0", available))
            for method, path in (("POST", "/api/wifi"), ("DELETE", "/api/wifi"), ("POST", "/api/wifi/networks")):
                answer = await gateway.ask(method, path, headers=cookie, json={"ssid": "Attic"})
                assert (answer.status, answer.code) == (409, "no-wifi")


async def test_a_password_is_in_no_answer_no_status_and_no_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        headers = basic(gateway.pin)
        wish = {"ssid": "Attic", "password": PASSWORD}
        answers = [await gateway.ask("POST", "/api/wifi", headers=headers, json=wish)]
        answers += [await gateway.ask("GET", path, headers=headers) for path in ("/api/status", "/api/wifi/networks")]
        gateway.state.dispatch(WifiJoinFailed(NOT_FOUND))
        answers += [await gateway.ask("GET", path, headers=headers) for path in ("/api/status", "/api/wifi/networks")]
        assert all(PASSWORD.encode() not in answer.body for answer in answers)
        assert PASSWORD not in caplog.text + repr(gateway.state.snapshot) + repr(gateway.rauc.commands)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=40))
def test_any_bytes_are_a_name_and_stay_it(octets: bytes) -> None:
    assert _named({"octets": octets.hex()}).octets == octets


@given(st.text(max_size=40))
def test_any_text_is_a_name_or_refused(name: str) -> None:
    try:
        assert _named({"ssid": name}).octets.decode() == name
    except Refused as refused:
        assert refused.failure.code == "malformed"  # noqa: PT017 - either may come


@pytest.mark.parametrize("wish", [{}, {"password": ""}, {"password": None}])
async def test_a_saved_network_is_joined_without_its_password(tmp_path: Path, wish: dict[str, Any]) -> None:
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        gateway.state.dispatch(WifiSaved((HOME.ssid,)))
        wish = {"octets": HOME.ssid.octets.hex(), **wish}
        answer = await gateway.ask("POST", "/api/wifi", headers=await gateway.sign_in(), json=wish)
        assert answer.status == 202
        assert prepared(gateway) == PrepareWifi(HOME.ssid, None, HOME.security, False, saved=True)


@pytest.mark.parametrize(("sent", "country"), [("FR", "FR"), (" de ", "DE"), ("", None), (None, None)])
async def test_a_country_is_set_and_read(tmp_path: Path, sent: str | None, country: str | None) -> None:
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        cookie = await gateway.sign_in()
        answer = await gateway.ask("POST", "/api/wifi/country", headers=cookie, json={"country": sent})
        assert (answer.status, answer.json) == (200, {})
        assert SetWifiCountry(country) in gateway.rauc.commands
        assert (await gateway.ask("GET", "/api/status")).json["wifi"]["saving"] is True
        gateway.state.dispatch(WifiSaved((), country))
        assert (await gateway.ask("GET", "/api/wifi/networks", headers=cookie)).json["country"] == country


@pytest.mark.parametrize(
    ("country", "code"), [("France", "wifi-country"), ("F1", "wifi-country"), ("00", "wifi-country"), (33, "malformed")]
)
async def test_what_is_no_country_is_refused_in_words(tmp_path: Path, country: Any, code: str) -> None:
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        cookie = await gateway.sign_in()
        answer = await gateway.ask("POST", "/api/wifi/country", headers=cookie, json={"country": country})
        assert (answer.status, answer.code) == (400, code)


async def test_a_country_is_set_with_the_pin_alone(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        with_wifi(gateway)
        answer = await gateway.ask("POST", "/api/wifi/country", json={"country": "FR"})
        assert (answer.status, answer.code) == (401, "pin-required")
