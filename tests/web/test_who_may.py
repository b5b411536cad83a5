"""Who may do what: each rule with a request that breaks it."""

import re
from base64 import b64encode
from pathlib import Path

import pytest

from mapio_display.core.facts.buttons import Button, ButtonPressed, ButtonReleased
from mapio_display.core.facts.network import Address, NetworkChanged
from mapio_display.core.facts.update import Phase
from mapio_display.core.facts.web import PinChanged, SignInOpened, WebSwitched
from mapio_display.core.front.view import current_view
from mapio_display.web.app import build_app
from mapio_display.web.auth.address import client_address
from mapio_display.web.auth.gate import Rules
from mapio_display.web.auth.session import BROWSER_COOKIE, COOKIE, ENDED_MOST, Client
from tests.web.client import connected, form, request
from tests.web.gateway import Gateway, png, serving

POSTS = [
    *("/update", "/api/update/cancel", "/api/update/reboot", "/api/update/acknowledge", "/api/uploads"),
    *("/api/ssh/keys", "/api/wifi", "/api/wifi/country", "/api/wifi/networks"),
    *("/api/release/check", "/api/release/install", "/api/release/dismiss"),
]
WRITES = [
    *(("POST", path) for path in POSTS),
    *((method, "/api/uploads/u1") for method in ("POST", "PATCH", "DELETE")),
    *(("DELETE", path) for path in ("/api/ssh/keys", "/api/wifi")),
]
TUS = {"Tus-Resumable": "1.0.0", "Upload-Length": "100", "Upload-Offset": "0"}
READS = ["/", "/update", "/setup", "/api/status", "/api/panel.png", "/status", "/version", "/healthz"]
OPEN = Rules(require_pin=False)
PROXIED = Rules(proxies=["127.0.0.1"])


async def wrong_tries(gateway: Gateway, number: int, headers: dict[str, str] | None = None) -> list[int]:
    """Try a wrong PIN so many times."""
    wrong = {"pin": "000000" if gateway.pin != "000000" else "111111"}
    return [(await gateway.ask("POST", "/api/session", json=wrong, headers=headers)).status for _ in range(number)]


async def cancel(gateway: Gateway, headers: dict[str, str]) -> str:
    """Ask for what only who has the PIN may; gives the code of the answer."""
    return (await gateway.ask("POST", "/api/update/cancel", headers=headers)).code


def coming_from(address: str) -> dict[str, str]:
    """The header by which a proxy tells so."""
    return {"X-Forwarded-For": address}


# Reading


@pytest.mark.parametrize("path", READS)
async def test_reading_is_open_and_holds_no_secret(tmp_path: Path, path: str) -> None:
    async with serving(tmp_path) as gateway:
        answer = await gateway.ask("GET", path)
        assert answer.status == 200
        assert gateway.pin.encode() not in answer.body
        assert gateway.credentials.key.hex().encode() not in answer.body
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("rules", [Rules(), OPEN])
async def test_the_panels_secrets_are_blank_over_the_network_for_who_has_the_pin_too(
    tmp_path: Path, rules: Rules
) -> None:
    async with serving(tmp_path, rules) as gateway:
        cookie = await gateway.sign_in()
        for headers in ({}, cookie, basic(gateway.pin), basic("nopin")):
            answer = await gateway.ask("GET", "/api/panel.png", headers=headers)
            assert (answer.status, b"masked" in answer.body) == (200, True)


# Writing


@pytest.mark.parametrize(("method", "path"), WRITES)
async def test_a_write_without_the_pin_is_refused_from_the_gateway_itself_too(
    tmp_path: Path, method: str, path: str
) -> None:
    async with serving(tmp_path) as gateway:
        answer = await gateway.ask(method, path, headers=TUS)
        assert (answer.status, answer.code) == (401, "pin-required")
        assert "www-authenticate" in answer.headers


@pytest.mark.parametrize("path", ["/api/web", "/api/pin", "/api/press"])
async def test_what_is_the_command_lines_own_is_not_on_the_port(tmp_path: Path, path: str) -> None:
    async with serving(tmp_path) as gateway:
        answer = await gateway.ask("POST", path, headers=await gateway.sign_in(), json={"enabled": False})
        assert (answer.status, answer.code) == (404, "not-found")
        assert gateway.state.snapshot.web.enabled


async def test_the_buttons_of_a_board_without_any_take_no_pin_but_no_foreign_page_either(tmp_path: Path) -> None:
    async with serving(tmp_path, Rules(buttons=True)) as gateway:
        press = {"button": "down", "down": True}
        assert (await gateway.ask("POST", "/api/press", json=press)).status == 200
        assert current_view(gateway.state.snapshot) == "webserver"
        plain = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
        by_form = await gateway.ask("POST", "/api/press", headers=plain, body=b"button=down")
        assert (by_form.status, by_form.headers["location"]) == (303, "/")
        assert current_view(gateway.state.snapshot) == "home"
        foreign = await gateway.ask("POST", "/api/press", json=press, headers={"Origin": "http://evil.example"})
        assert (foreign.status, foreign.code) == (403, "foreign-origin")
        assert (await gateway.ask("POST", "/api/update/cancel")).code == "pin-required"


async def test_the_cookie_opens_the_way_to_write(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        answer = await gateway.ask("POST", "/api/update/cancel", headers=await gateway.sign_in())
        assert answer.code == "nothing-to-cancel"


def basic(pin: str, user: str = "mapio") -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{pin}".encode()).decode()}


async def test_basic_with_the_user_mapio_opens_the_way_to_write(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        for headers, code in (
            (basic(gateway.pin), "nothing-to-cancel"),
            (basic(gateway.pin, "root"), "wrong-pin"),
            (basic("12345"), "wrong-pin"),
            ({"Authorization": "Basic ***"}, "wrong-pin"),
            ({"Authorization": "Basic \xe9"}, "wrong-pin"),
            ({"Authorization": "Bearer x"}, "pin-required"),
        ):
            assert (await gateway.ask("POST", "/api/update/cancel", headers=headers)).code == code


async def test_without_a_required_pin_a_write_needs_none(tmp_path: Path) -> None:
    async with serving(tmp_path, OPEN) as gateway:
        assert (await gateway.ask("POST", "/api/update/cancel")).code == "nothing-to-cancel"


# The session


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        cookie = (await gateway.ask("POST", "/api/session", json={"pin": gateway.pin})).headers["set-cookie"]
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
        assert gateway.pin not in cookie


async def test_the_cookie_outlives_a_restart_of_the_daemon(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        cookie = await gateway.sign_in()
    async with serving(tmp_path) as gateway:
        assert (await gateway.ask("POST", "/api/update/cancel", headers=cookie)).code == "nothing-to-cancel"


async def test_the_cookie_ends_with_a_reboot(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        cookie = await gateway.sign_in()
    async with serving(tmp_path, boot_id="22222222-bbbb") as gateway:
        assert (await gateway.ask("POST", "/api/update/cancel", headers=cookie)).code == "pin-required"


async def test_the_cookie_cannot_be_made_without_the_stored_key(tmp_path: Path) -> None:
    """Boot id and PIN alone are one in a million guesses, which nobody counts."""
    async with serving(tmp_path) as gateway:
        cookie, pin = await gateway.sign_in(), gateway.pin
    (tmp_path / "session.key").unlink()
    async with serving(tmp_path) as gateway:
        assert gateway.pin == pin
        assert (await gateway.ask("POST", "/api/update/cancel", headers=cookie)).code == "pin-required"


async def test_the_cookie_ends_with_a_new_pin(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        cookie = await gateway.sign_in()
        gateway.credentials.renew_pin()
        assert (await gateway.ask("POST", "/api/update/cancel", headers=cookie)).code == "pin-required"


@pytest.mark.parametrize("value", ["", "x", "0" * 64, "\udcff", "é"])
async def test_a_made_up_cookie_is_no_session(tmp_path: Path, value: str) -> None:
    async with serving(tmp_path) as gateway:
        answer = await gateway.ask("POST", "/api/update/cancel", headers={"Cookie": f"mapio-session={value}"})
        assert answer.code == "pin-required"


async def test_a_form_is_sent_back_to_the_page(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
        answer = await gateway.ask("POST", "/api/session", headers=headers, body=f"pin={gateway.pin}".encode())
        assert (answer.status, answer.headers["location"]) == (303, "/update?signed-in")
        assert "set-cookie" in answer.headers


async def test_a_wrong_pin_in_a_form_is_answered_by_a_page_with_the_form(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
        answer = await gateway.ask("POST", "/api/session", headers=headers, body=b"pin=nopin")
        assert answer.status == 401
        assert b"not the PIN" in answer.body
        assert b'name="pin"' in answer.body


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"[" * 4000, b'{"pin": 123456}', b'{"pin": null}', b'{"PIN": "123456"}', b"\xff"]
)
async def test_a_sign_in_that_makes_no_sense_is_malformed(tmp_path: Path, body: bytes) -> None:
    async with serving(tmp_path) as gateway:
        answer = await gateway.ask("POST", "/api/session", headers={"Content-Type": "application/json"}, body=body)
        assert (answer.status, answer.code) == (400, "malformed")


async def test_a_pin_of_strange_characters_is_wrong_and_nothing_worse(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        answer = await gateway.ask("POST", "/api/session", json={"pin": "\ud800"})
        assert (answer.status, answer.code) == (401, "wrong-pin")


async def test_a_sign_in_as_long_as_a_book_is_not_read(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        answer = await gateway.ask("POST", "/api/session", json={"pin": "1" * 100_000})
        assert answer.status == 413


async def test_the_cookie_is_good_for_its_address_only(tmp_path: Path) -> None:
    """Every port of a host is sent its cookies, so a container's page has them too."""
    async with serving(tmp_path, PROXIED) as gateway:
        cookie = await gateway.sign_in()
        for address in ("172.17.0.5", "192.168.1.20", "::1"):
            answer = await gateway.ask("POST", "/api/update/cancel", headers={**cookie, **coming_from(address)})
            assert answer.code == "pin-required"
        assert (await gateway.ask("POST", "/api/update/cancel", headers=cookie)).code == "nothing-to-cancel"


async def test_a_browser_whose_address_changes_signs_in_again_and_can_then_go_back_and_forth(tmp_path: Path) -> None:
    async with serving(tmp_path, PROXIED) as gateway:
        places = [coming_from(address) for address in ("192.168.1.30", "2001:db8::30", "10.50.0.7", "192.168.1.31")]
        cookie: dict[str, str] = {}
        for place in places:
            assert (await cancel(gateway, {**cookie, **place})) == "pin-required"
            cookie = await gateway.sign_in({**cookie, **place})
        assert [await cancel(gateway, {**cookie, **place}) for place in places] == ["nothing-to-cancel"] * 4
        cookie = await gateway.sign_in({**cookie, **coming_from("192.168.1.32")})
        assert await cancel(gateway, {**cookie, **places[0]}) == "pin-required"


async def test_a_cookie_that_another_port_or_path_has_set_beside_ours_does_not_hide_it(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        cookie = (await gateway.sign_in())["Cookie"]
        for header in (f"mapio-session=x; {cookie}", f"{cookie}; mapio-session=x; a=b", f"é=\xff;{cookie}"):
            assert await cancel(gateway, {"Cookie": header}) == "nothing-to-cancel"


async def test_who_signs_out_has_ended_the_session_for_every_copy_of_its_cookie(tmp_path: Path) -> None:
    async with serving(tmp_path, PROXIED) as gateway:
        other = await gateway.sign_in()
        cookie = await gateway.sign_in()
        both = await gateway.sign_in({**cookie, **coming_from("192.168.1.31")})
        answer = await gateway.ask("POST", "/api/sign-out", headers=both | coming_from("192.168.1.31"))
        assert answer.status == 200
        assert "Max-Age=0" in answer.headers["set-cookie"]
        assert await cancel(gateway, both | coming_from("192.168.1.31")) == "pin-required"
        assert await cancel(gateway, both) == "pin-required", "nor at the address it had before"
        assert await cancel(gateway, cookie) == "pin-required"
        assert await cancel(gateway, other) == "nothing-to-cancel"
    async with serving(tmp_path, PROXIED) as gateway:
        assert await cancel(gateway, cookie) == "pin-required", "after a restart of the daemon too"
        assert await cancel(gateway, other) == "nothing-to-cancel"


async def test_signing_out_without_a_session_does_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        other = await gateway.sign_in()
        made_up = {"Cookie": other["Cookie"][:-1] + ("0" if other["Cookie"][-1] != "0" else "1")}
        for headers in ({}, made_up):
            assert (await gateway.ask("POST", "/api/sign-out", headers=headers)).status == 200
        as_page = await gateway.ask("POST", "/api/sign-out", headers={"Accept": "text/html"})
        assert (as_page.status, as_page.headers["location"]) == (303, "/update")
        assert await cancel(gateway, other) == "nothing-to-cancel"


async def test_any_number_of_sessions_can_be_ended_in_a_bounded_place(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        first = await gateway.sign_in()
        await gateway.ask("POST", "/api/sign-out", headers=first)
        me = Client("127.0.0.1")
        for _ in range(ENDED_MOST + 1):
            value = gateway.sessions.sign_in(me, gateway.pin).session
            gateway.sessions.sign_out(Client("127.0.0.1", f"{COOKIE}={value}"))
        assert await cancel(gateway, first) == "pin-required"
        assert (tmp_path / "run" / "signed-out.json").stat().st_size < 20 * ENDED_MOST + 1000


async def test_a_list_of_ended_sessions_that_makes_no_sense_ends_all(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        cookie = await gateway.sign_in()
    (tmp_path / "run").mkdir(exist_ok=True)
    (tmp_path / "run" / "signed-out.json").write_bytes(b"{")
    async with serving(tmp_path) as gateway:
        assert await cancel(gateway, cookie) == "pin-required"
        assert await cancel(gateway, await gateway.sign_in()) == "nothing-to-cancel"


# Wrong PINs; how many, and how long they take, is in test_tries.py


async def test_five_wrong_tries_close_sign_in_for_the_address_for_a_minute(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        assert await wrong_tries(gateway, 7) == [401] * 5 + [429] * 2
        right = await gateway.ask("POST", "/api/session", json={"pin": gateway.pin})
        assert (right.status, right.code, right.headers["retry-after"]) == (429, "too-many-tries", "60")
        assert "in 1 minute." in right.message
        gateway.clock.now += 60
        assert await wrong_tries(gateway, 2) == [401, 429]
        gateway.clock.now += 120
        assert (await gateway.ask("POST", "/api/session", json={"pin": gateway.pin})).status == 200


async def test_wrong_tries_by_basic_count_too(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        answers = [await gateway.ask("POST", "/api/update/cancel", headers=basic("nopin")) for _ in range(6)]
        assert [answer.status for answer in answers] == [401] * 5 + [429]
        assert (await gateway.ask("POST", "/api/session", json={"pin": gateway.pin})).status == 429
        assert (await gateway.ask("POST", "/api/update/cancel", headers=basic(gateway.pin))).status == 429


async def test_a_restart_of_the_daemon_does_not_open_it(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        assert await wrong_tries(gateway, 5) == [401] * 5
    async with serving(tmp_path) as gateway:
        assert await wrong_tries(gateway, 1) == [429]
        assert (await gateway.ask("GET", "/api/status")).json["web"]["wrong_pins_from"] == "127.0.0.1"


async def test_another_client_with_the_right_pin_gets_in_every_time(tmp_path: Path) -> None:
    """While one who guesses takes every try there is."""
    async with serving(tmp_path, PROXIED) as gateway:
        owner = coming_from("192.168.1.30")
        for _ in range(19):
            assert 429 in await wrong_tries(gateway, 6)
            await gateway.sign_in(owner)
            gateway.clock.now += 60


async def test_a_known_browser_gets_in_while_a_client_with_many_addresses_guesses(tmp_path: Path) -> None:
    async with serving(tmp_path, PROXIED) as gateway:
        known = await gateway.browser_cookie()
        for number in range(60):
            await wrong_tries(gateway, 1, coming_from(f"2001:db8:{number:x}::1"))
        new = coming_from("192.168.1.30")
        right = {"json": {"pin": gateway.pin}}
        assert (await gateway.ask("POST", "/api/session", headers=new, **right)).headers["retry-after"] == "600"
        assert (await gateway.ask("POST", "/api/session", headers={**new, **known}, **right)).status == 200


async def test_a_known_browsers_cookie_opens_nothing_and_cannot_be_made(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        known = (await gateway.browser_cookie())["Cookie"]
        value = known.partition("=")[2]
        for header in (known, f"{COOKIE}={value}", f"{COOKIE}={value}.{value}"):
            assert await cancel(gateway, {"Cookie": header}) == "pin-required"
        session = (await gateway.sign_in())["Cookie"].partition("=")[2]
        made_up = (session, "0" * 80, "0" * 16 + value[16:], value[:-1], value.upper(), "é", "")
        assert await wrong_tries(gateway, 5) == [401] * 5
        for one in made_up:
            assert await wrong_tries(gateway, 1, {"Cookie": f"{BROWSER_COOKIE}={one}"}) == [429]
        assert await wrong_tries(gateway, 6, {"Cookie": known}) == [401] * 5 + [429]


async def test_a_known_browsers_cookie_is_out_of_reach_of_scripts_and_lasts(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        _, cookie = (
            (await gateway.ask("POST", "/api/session", json={"pin": gateway.pin})).headers["set-cookie"].split("\n")
        )
        assert {"HttpOnly", "SameSite=Strict", "Path=/api", "Max-Age=31536000"} <= set(cookie.split("; "))
        headers = {"Cookie": cookie.partition(";")[0]}
        gateway.credentials.renew_pin()
        again = await gateway.ask("POST", "/api/session", headers=headers, json={"pin": gateway.pin})
        assert headers["Cookie"] in again.headers["set-cookie"], "it is the same browser"


async def test_a_new_pin_opens_sign_in_and_so_does_switching_the_web_server_off_and_on(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        for event in (PinChanged(gateway.pin), WebSwitched(True), SignInOpened()):
            assert await wrong_tries(gateway, 6) == [401] * 5 + [429]
            assert gateway.state.snapshot.web.wrong_pins_from == "127.0.0.1"
            gateway.state.dispatch(event)
            assert gateway.state.snapshot.web.wrong_pins_from is None


async def test_mid_on_the_web_servers_view_opens_sign_in_and_only_the_next_press_switches_it_off(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path, started={"buttons": True}) as gateway:

        def press(button: Button) -> None:
            for event in (ButtonPressed(button, 1.0), ButtonReleased(button, 1.1)):
                gateway.state.dispatch(event)

        assert await wrong_tries(gateway, 6) == [401] * 5 + [429]
        press(Button.DOWN)
        press(Button.MID)
        assert (await gateway.ask("POST", "/api/session", json={"pin": gateway.pin})).status == 200
        press(Button.MID)
        assert not gateway.state.snapshot.web.enabled


async def test_where_wrong_pins_come_from_is_reported_until_the_right_one_comes_from_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(tmp_path, PROXIED) as gateway:
        await wrong_tries(gateway, 5, coming_from("192.168.1.66"))
        assert "address=192.168.1.66" in caplog.text
        assert (await gateway.ask("GET", "/api/status")).json["web"]["wrong_pins_from"] == "192.168.1.66"
        assert b"Wrong PINs from 192.168.1.66" in (await gateway.ask("GET", "/")).body
        await gateway.sign_in()
        assert gateway.state.snapshot.web.wrong_pins_from == "192.168.1.66"
        gateway.clock.now += 60
        await gateway.sign_in(coming_from("192.168.1.66"))
        assert (await gateway.ask("GET", "/api/status")).json["web"]["wrong_pins_from"] is None


async def test_sessions_that_live_go_on_while_the_way_in_is_closed(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        cookie = await gateway.sign_in()
        await wrong_tries(gateway, 10)
        assert (await gateway.ask("POST", "/api/update/cancel", headers=cookie)).code == "nothing-to-cancel"


async def test_wrong_tries_leave_the_pin_as_it_is(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        before = gateway.pin
        await wrong_tries(gateway, 12)
        assert gateway.pin == before


# Where a request comes from


PEER, BEHIND = "172.18.0.2", "192.168.1.30"


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        (PEER, [BEHIND], BEHIND),
        (PEER, [f"10.0.0.1, {BEHIND}"], BEHIND),  # what came with the request stands before what the proxy wrote
        (PEER, ["10.0.0.1", BEHIND], BEHIND),
        (PEER, [f"{BEHIND}, 172.18.0.9"], BEHIND),  # by way of two
        (PEER, ["172.18.0.9"], "172.18.0.9"),
        (PEER, ["2001:db8::7"], "2001:db8::7"),
        (PEER, [], PEER),
        (PEER, [""], PEER),
        (PEER, ["unknown"], PEER),
        (PEER, [f"{BEHIND}:4711"], PEER),
        (PEER, [f"{BEHIND}, unknown"], PEER),
        ("192.168.1.66", [BEHIND], "192.168.1.66"),
        ("192.168.1.66", ["127.0.0.1"], "192.168.1.66"),
        ("127.0.0.1", [BEHIND], "127.0.0.1"),
        ("fe80::1%eth0", [BEHIND], "fe80::1%eth0"),
        ("", [BEHIND], ""),
    ],
)
def test_a_stranger_cannot_say_that_it_comes_from_elsewhere(peer: str, forwarded: list[str], address: str) -> None:
    assert client_address(peer, forwarded, ["172.18.0.0/16", "2001:db8:1::/48"]) == address


async def test_without_configured_proxies_nobodys_word_is_taken(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        for number in range(6):
            status = (await wrong_tries(gateway, 1, coming_from(f"192.168.1.{number}")))[0]
        assert status == 429


# Secrets


async def test_no_way_of_signing_in_leaves_a_secret_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    as_form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    async with serving(tmp_path) as gateway:
        cookie = await gateway.sign_in()
        await gateway.ask("POST", "/api/session", headers=as_form, body=f"pin={gateway.pin}".encode())
        await gateway.ask("POST", "/api/update/cancel", headers=basic(gateway.pin))
        await gateway.ask("POST", "/api/session", json={"pin": [gateway.pin]})
        await gateway.ask("POST", "/api/session", body=f"pin={gateway.pin}".encode())
        for secret in (gateway.pin, cookie["Cookie"].partition("=")[2], basic(gateway.pin)["Authorization"]):
            assert secret not in caplog.text


# Which names, and which pages


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "192.168.1.20:80", "[::1]", "[fe80::1]:8080", "localhost:1", "MAPIO.local", "mapio", "mapio."),
        *("box.example", "mapio.lan", "mapio.home.arpa", "mapio.internal:8080", "Mapio.home", "mapio.fritz.box"),
    ],
)
async def test_the_gateway_answers_to_its_names(tmp_path: Path, host: str) -> None:
    async with serving(tmp_path, Rules(allowed_hosts=["Box.example"])) as gateway:
        assert (await gateway.ask("GET", "/status", headers={"Host": host})).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:80",
        "mapio.evil.example",
        "127.0.0.1.evil.example",
        "local",
        "evillocal",
        "mapio.local.evil.example",
        "evil@127.0.0.1",
        "127.0.0.1:port",
        "[::1",
        "0x7f.1",
        "[::1]evil",
        "[::1]evil:80",
        "[127.0.0.1]",
        "127.0.\t0.1",
        "127.0.0.1, evil.example",
        "127.0.0.1#evil",
        "127.0.0.1:99999",
        "<b>.local",
        "x y.local",
        ".",
        "[evil]",
        "mapio.local\xa0",
        "other.lan",
        "lan",
        "mapio.lan.evil.example",
        "mapio.evil.lan",
        "mapiolan",
        "mapio.box",
    ],
)
async def test_a_name_it_does_not_go_by_is_refused(tmp_path: Path, host: str) -> None:
    async with serving(tmp_path) as gateway:
        for path in READS:
            answer = await gateway.ask("GET", path, headers={"Host": host})
            assert (answer.status, answer.code) == (403, "foreign-host")


async def test_a_host_name_set_at_run_time_is_the_gateways_name_from_then_on(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        gateway.state.dispatch(NetworkChanged("eth0", (Address("eth0", "2001:db8::20"),), "attic"))
        hosts = ("attic", "attic.lan", "mapio", "mapio.lan")
        statuses = [(await gateway.ask("GET", "/status", headers={"Host": host})).status for host in hosts]
        assert statuses == [200, 200, 403, 403]
        status = (await gateway.ask("GET", "/api/status")).json
        assert (status["hostname"], status["web"]["url"]) == ("attic", f"http://attic.local:{gateway.port}/")
        assert b'data-local="http://attic.local:' in (await gateway.ask("GET", "/")).body


async def test_a_request_without_a_host_is_refused_and_written_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(tmp_path) as gateway:
        answer = await gateway.ask("GET", "/status", headers={"Host": ""})
        assert (answer.status, answer.code) == (400, "malformed")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def routes(gateway: Gateway) -> list[tuple[str, str]]:
    """Every method and path that the web server's port knows, on a board without buttons of its own."""
    rules = Rules(buttons=True)
    app = build_app(gateway.state, gateway.store, png, gateway.credentials, rules, sessions=gateway.sessions)
    paths = ((route.method, route.resource) for route in app.router.routes())
    return [(method, re.sub(r"{\w+}", "u1", resource.canonical)) for method, resource in paths if resource]


async def test_no_request_at_all_is_taken_under_a_foreign_name(tmp_path: Path) -> None:
    async with serving(tmp_path, Rules(buttons=True)) as gateway:
        headers = {**await gateway.sign_in(), **TUS, "Host": "evil.example"}
        for method, path in [*routes(gateway), ("GET", "/nothing-here"), ("PUT", "/update")]:
            answer = await gateway.ask(method, path, headers=headers)
            assert answer.status == 403, (method, path)
        assert gateway.phase is Phase.IDLE


async def test_no_write_at_all_is_taken_from_another_sites_page_or_without_the_pin(tmp_path: Path) -> None:
    free = {("POST", "/api/session"), ("POST", "/api/sign-out"), ("POST", "/api/press")}
    async with serving(tmp_path, Rules(buttons=True)) as gateway:
        headers = {**await gateway.sign_in(), **TUS, "Origin": "http://evil.example"}
        writes = {(method, path) for method, path in routes(gateway) if method not in ("GET", "HEAD", "OPTIONS")}
        assert free | set(WRITES) == writes
        for method, path in writes:
            assert (await gateway.ask(method, path, headers=headers)).code == "foreign-origin", (method, path)
        for method, path in writes - free:
            assert (await gateway.ask(method, path, headers=TUS)).code == "pin-required", (method, path)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "get", "PATCH", "x"])
async def test_a_method_that_is_overridden_lets_nobody_in(tmp_path: Path, method: str) -> None:
    async with serving(tmp_path) as gateway:
        override = {**TUS, "X-HTTP-Method-Override": method}
        foreign = {**override, **await gateway.sign_in(), "Origin": "http://evil.example"}
        for real, path in WRITES:
            answer = await gateway.ask(real, path, headers=override)
            read = path.startswith("/api/uploads/") and method.upper() in ("GET", "HEAD", "OPTIONS")
            assert answer.status == {"HEAD": 404}.get(method, 405) if read else answer.code == "pin-required"
            answer = await gateway.ask(real, path, headers=foreign)
            assert answer.status == {"HEAD": 404}.get(method, 405) if read else answer.code == "foreign-origin"


ORIGINS = [
    "http://evil.example",
    "null",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "https://127.0.0.1:{port}",
    "http://localhost:{port}",
    "http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}@evil.example",
]


@pytest.mark.parametrize("origin", ORIGINS)
async def test_a_write_from_another_sites_page_is_refused(tmp_path: Path, origin: str) -> None:
    async with serving(tmp_path) as gateway:
        headers = {**await gateway.sign_in(), **TUS, "Origin": origin.format(port=gateway.port)}
        for method, path in (*WRITES, ("POST", "/api/session")):
            answer = await gateway.ask(method, path, headers=headers, json={"pin": gateway.pin})
            assert (answer.status, answer.code) == (403, "foreign-origin"), (method, path)
            assert "access-control-allow-origin" not in answer.headers
            assert "set-cookie" not in answer.headers


async def test_a_write_from_the_own_page_or_from_no_page_is_let_in(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        cookie = await gateway.sign_in()
        for headers in (cookie, {**cookie, "Origin": gateway.url}):
            assert (await gateway.ask("POST", "/api/update/cancel", headers=headers)).code == "nothing-to-cancel"


HTTPS = Rules(allowed_hosts=["gateway.example", "192.168.1.20"])


@pytest.mark.parametrize("host", ["gateway.example", "gateway.example:8443", "192.168.1.20"])
async def test_a_name_in_allowed_hosts_may_also_come_by_https(tmp_path: Path, host: str) -> None:
    async with serving(tmp_path, HTTPS) as gateway:
        headers = {**await gateway.sign_in(), "Host": host, "Origin": f"https://{host}"}
        assert (await gateway.ask("POST", "/api/update/cancel", headers=headers)).code == "nothing-to-cancel"
        answer = await gateway.ask("POST", "/api/session", headers=headers, json={"pin": gateway.pin})
        session, browser = answer.headers["set-cookie"].split("\n")
        for cookie in (session, browser):
            assert cookie.startswith("__Secure-mapio-")
            assert "Secure" in cookie.split("; "), "no port without HTTPS is sent it"
        by_https = {**headers, "Cookie": session.partition(";")[0]}
        assert await cancel(gateway, by_https) == "nothing-to-cancel"
        out = await gateway.ask("POST", "/api/sign-out", headers=by_https)
        assert out.headers["set-cookie"].startswith('__Secure-mapio-session=""')


@pytest.mark.parametrize(
    ("host", "origin", "words"),
    [
        ("127.0.0.1", "https://gateway.example", "proxy"),  # a proxy that sends its own Host
        ("mapio.local", "https://mapio.local", "proxy"),  # not in allowed_hosts
        ("gateway.example", "https://gateway.example:8443", "proxy"),
        ("gateway.example", "https://evil.example", "proxy"),
        ("gateway.example", "http://evil.example", "Another web site"),
        ("gateway.example", "https://", "proxy"),
        ("gateway.example", "https://gateway.example@evil.example", "proxy"),
        ("gateway.example", "ftp://gateway.example", "Another web site"),
    ],
)
async def test_another_page_by_https_is_refused_with_a_word_on_proxies(
    tmp_path: Path, host: str, origin: str, words: str
) -> None:
    async with serving(tmp_path, HTTPS) as gateway:
        headers = {**await gateway.sign_in(), "Host": host, "Origin": origin}
        answer = await gateway.ask("POST", "/api/update/cancel", headers=headers)
        assert (answer.status, answer.code) == (403, "foreign-origin")
        assert words in answer.message


async def test_a_refusal_for_what_a_proxy_changed_names_the_proxy_and_what_came(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        headers = {**await gateway.sign_in(), "Origin": "http://gateway.lan", "X-Forwarded-For": "192.168.1.30"}
        answer = await gateway.ask("POST", "/api/update/cancel", headers=headers)
        assert "proxy" in answer.message
        assert "Origin: 'http://gateway.lan'" in str(answer.json["error"]["detail"])
        for name in (b"backend", "\udcff\udcfe".encode("utf-8", "surrogateescape")):
            refused = await gateway.ask("GET", "/status", headers={"Host": name.decode("utf-8", "surrogateescape")})
            assert (refused.status, refused.code) == (403, "foreign-host")


async def test_port_80_is_the_same_named_or_not(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        headers = {**await gateway.sign_in(), "Host": "mapio.local", "Origin": "http://mapio.local:80"}
        assert (await gateway.ask("POST", "/api/update/cancel", headers=headers)).code == "nothing-to-cancel"


async def test_the_older_page_on_another_port_is_let_in_only_without_a_required_pin(tmp_path: Path) -> None:
    older = {"Origin": "http://127.0.0.1"}
    async with serving(tmp_path, OPEN) as gateway:
        for method, path in (("GET", "/status"), ("GET", "/version"), ("POST", "/api/update/cancel"), ("GET", "/no")):
            answer = await gateway.ask(method, path, headers=older)
            assert answer.headers["access-control-allow-origin"] == "http://127.0.0.1"
            assert answer.status != 403
        headers, body = form(b"good bundle")
        answer = await gateway.ask("POST", "/update", headers={**headers, **older}, body=body)
        assert answer.status == 202
        assert answer.headers["access-control-allow-origin"] == "http://127.0.0.1"
    async with serving(tmp_path) as gateway:
        assert "access-control-allow-origin" not in (await gateway.ask("GET", "/status", headers=older)).headers


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost", "https://127.0.0.1", "null"])
async def test_another_host_is_not_let_in_even_without_a_required_pin(tmp_path: Path, origin: str) -> None:
    async with serving(tmp_path, OPEN) as gateway:
        answer = await gateway.ask("POST", "/api/update/cancel", headers={"Origin": origin})
        assert (answer.status, answer.code) == (403, "foreign-origin")
        read = await gateway.ask("GET", "/status", headers={"Origin": origin})
        assert "access-control-allow-origin" not in read.headers


# Pages


async def test_pages_may_load_nothing_from_elsewhere_and_be_framed_by_nobody(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        for path in ("/", "/update", "/nothing-here"):
            headers = (await gateway.ask("GET", path, headers={"Accept": "text/html"})).headers
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"


async def test_no_refusal_at_all_comes_after_100_continue(tmp_path: Path) -> None:
    async with serving(tmp_path, Rules(buttons=True)) as gateway:
        headers = {**await gateway.sign_in(), **TUS, "Host": "evil.example", "Expect": "100-continue"}
        for method, path in routes(gateway):
            async with connected(gateway.port) as connection:
                await connection.send(request(method, path, gateway.port, headers, 1000))
                assert (await connection.head())[0] == 403, (method, path)


async def test_who_may_send_a_body_is_answered_100_continue_everywhere(tmp_path: Path) -> None:
    body = b'{"pin": "x"}'
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        headers = {"Expect": "100-Continue", "Content-Type": "application/json"}
        await connection.send(request("POST", "/api/session", gateway.port, headers, len(body)))
        assert (await connection.head())[0] == 100
        await connection.send(body)
        assert (await connection.answer()).code == "wrong-pin"


async def test_a_refusal_comes_before_100_continue(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        cookie = await gateway.sign_in()
        headers, body = form(b"good bundle")
        expect = {**headers, "Expect": "100-continue"}
        for more, status in (
            ({}, 401),
            ({**cookie, "Origin": "http://evil.example"}, 403),
            ({**cookie, "Host": "evil.example"}, 403),
        ):
            async with connected(gateway.port) as connection:
                head = request("POST", "/update", gateway.port, {**expect, **more}, len(body))
                await connection.send(head)
                assert (await connection.head())[0] == status
        assert gateway.phase is Phase.IDLE


async def test_the_page_that_refuses_a_foreign_name_leads_to_the_gateways_own_address(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        answer = await gateway.ask("GET", "/", headers={"Host": "gateway.example", "Accept": "text/html"})
        assert answer.status == 403
        links = re.findall(r'href="([^"]*)"', answer.body.decode())
        own = f"http://192.168.1.20:{gateway.port}"
        pages = {f"{own}/", f"{own}/setup", f"{own}/update"}
        assert {link for link in links if not link.startswith("/assets/")} == pages
