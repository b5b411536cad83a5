"""Who may do what: each rule with a request that breaks it."""

import re
from base64 import b64encode
from pathlib import Path

import pytest

from mapio_display.core.snapshot import Phase
from mapio_display.core.view import current_view
from mapio_display.web.app import Rules, build_app
from tests.web.client import connected, form, request
from tests.web.gateway import Gateway, png, serving

POSTS = ["/update", "/api/update/cancel", "/api/update/reboot", "/api/update/acknowledge", "/api/uploads"]
WRITES = [*(("POST", path) for path in POSTS), ("PATCH", "/api/uploads/u1"), ("DELETE", "/api/uploads/u1")]
TUS = {"Tus-Resumable": "1.0.0", "Upload-Length": "100", "Upload-Offset": "0"}
READS = ["/", "/update", "/api/status", "/api/panel.png", "/status", "/version", "/healthz"]
OPEN = Rules(require_pin=False)


async def wrong_tries(gateway: Gateway, number: int) -> list[int]:
    """Try a wrong PIN so many times."""
    wrong = "000000" if gateway.pin != "000000" else "111111"
    return [(await gateway.ask("POST", "/api/session", json={"pin": wrong})).status for _ in range(number)]


# Reading


@pytest.mark.parametrize("path", READS)
async def test_reading_is_open_and_holds_no_secret(tmp_path: Path, path: str) -> None:
    async with serving(tmp_path) as gateway:
        answer = await gateway.ask("GET", path)
        assert answer.status == 200
        assert gateway.pin.encode() not in answer.body
        assert gateway.credentials.key.hex().encode() not in answer.body
        assert answer.headers["cache-control"] == "no-store"


async def test_the_panels_secrets_are_shown_to_who_has_the_pin_only(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        assert b"masked" in (await gateway.ask("GET", "/api/panel.png")).body
        cookie = await gateway.sign_in()
        assert b"PIN" in (await gateway.ask("GET", "/api/panel.png", headers=cookie)).body
        assert b"PIN" in (await gateway.ask("GET", "/api/panel.png", headers=basic(gateway.pin))).body
        assert (await gateway.ask("GET", "/api/panel.png", headers=basic("nopin"))).status == 401


async def test_without_a_required_pin_the_panels_secrets_stay_blank(tmp_path: Path) -> None:
    async with serving(tmp_path, OPEN) as gateway:
        assert b"masked" in (await gateway.ask("GET", "/api/panel.png")).body


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
        assert (answer.status, answer.headers["location"]) == (303, "/update")
        assert "set-cookie" in answer.headers


async def test_a_wrong_pin_in_a_form_is_told_on_a_page_with_the_form(tmp_path: Path) -> None:
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


# Wrong tries


async def test_ten_wrong_tries_close_the_way_in_for_a_minute(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        assert await wrong_tries(gateway, 11) == [401] * 10 + [429]
        right = await gateway.ask("POST", "/api/session", json={"pin": gateway.pin})
        assert (right.status, right.code, right.headers["retry-after"]) == (429, "too-many-tries", "60")
        gateway.clock.now += 60
        assert (await gateway.ask("POST", "/api/session", json={"pin": gateway.pin})).status == 200


async def test_wrong_tries_by_basic_count_too(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        answers = [await gateway.ask("POST", "/api/update/cancel", headers=basic("nopin")) for _ in range(11)]
        assert [answer.status for answer in answers] == [401] * 10 + [429]
        assert (await gateway.ask("POST", "/api/session", json={"pin": gateway.pin})).status == 429
        assert (await gateway.ask("POST", "/api/update/cancel", headers=basic(gateway.pin))).status == 429


async def test_the_panels_picture_is_no_way_to_try_more_pins(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        answers = [await gateway.ask("GET", "/api/panel.png", headers=basic("nopin")) for _ in range(11)]
        assert [answer.status for answer in answers] == [401] * 10 + [429]


async def test_each_wrong_try_after_that_closes_it_again(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        await wrong_tries(gateway, 10)
        gateway.clock.now += 60
        assert await wrong_tries(gateway, 2) == [401, 429]


async def test_nine_wrong_tries_in_ten_minutes_close_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        assert await wrong_tries(gateway, 9) == [401] * 9
        gateway.clock.now += 601
        assert await wrong_tries(gateway, 9) == [401] * 9


async def test_ten_wrong_tries_spread_over_ten_minutes_close_it_too(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        assert await wrong_tries(gateway, 9) == [401] * 9
        gateway.clock.now += 599
        assert await wrong_tries(gateway, 2) == [401, 429]


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
    ["127.0.0.1", "192.168.1.20:80", "[::1]", "[fe80::1]:8080", "localhost:1", "MAPIO.local", "mapio", "box.example"],
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
    ],
)
async def test_a_name_it_does_not_go_by_is_refused(tmp_path: Path, host: str) -> None:
    async with serving(tmp_path) as gateway:
        for path in READS:
            answer = await gateway.ask("GET", path, headers={"Host": host})
            assert (answer.status, answer.code) == (403, "foreign-host")


async def test_a_request_without_a_host_is_refused_and_written_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(tmp_path) as gateway:
        answer = await gateway.ask("GET", "/status", headers={"Host": ""})
        assert (answer.status, answer.code) == (400, "malformed")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def routes(gateway: Gateway) -> list[tuple[str, str]]:
    """Every method and path that the web server's port knows, on a board without buttons of its own."""
    app = build_app(gateway.state, gateway.store, png, gateway.credentials, Rules(buttons=True))
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
    free = {("POST", "/api/session"), ("POST", "/api/press")}
    async with serving(tmp_path, Rules(buttons=True)) as gateway:
        headers = {**await gateway.sign_in(), **TUS, "Origin": "http://evil.example"}
        writes = {(method, path) for method, path in routes(gateway) if method not in ("GET", "HEAD", "OPTIONS")}
        assert free | set(WRITES) == writes
        for method, path in writes:
            assert (await gateway.ask(method, path, headers=headers)).code == "foreign-origin", (method, path)
        for method, path in writes - free:
            assert (await gateway.ask(method, path, headers=TUS)).code == "pin-required", (method, path)


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


@pytest.mark.parametrize(("method", "path"), [*WRITES, ("POST", "/api/session")])
@pytest.mark.parametrize("origin", ORIGINS)
async def test_a_write_from_another_sites_page_is_refused(tmp_path: Path, method: str, path: str, origin: str) -> None:
    async with serving(tmp_path) as gateway:
        headers = {**await gateway.sign_in(), **TUS, "Origin": origin.format(port=gateway.port)}
        answer = await gateway.ask(method, path, headers=headers, json={"pin": gateway.pin})
        assert (answer.status, answer.code) == (403, "foreign-origin")
        assert "access-control-allow-origin" not in answer.headers
        assert "set-cookie" not in answer.headers


async def test_a_write_from_the_own_page_or_from_no_page_is_let_in(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        cookie = await gateway.sign_in()
        for headers in (cookie, {**cookie, "Origin": gateway.url}):
            assert (await gateway.ask("POST", "/api/update/cancel", headers=headers)).code == "nothing-to-cancel"


async def test_port_80_is_the_same_said_or_not(tmp_path: Path) -> None:
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
