"""SSH keys by HTTP: for who has the PIN alone, and no key and no mistake of anybody's in answers and log."""

import asyncio
from pathlib import Path

import pytest

from mapio_display.cli import main
from mapio_display.core.public_keys import pasted
from mapio_display.host.authorized_keys import AuthorizedKeys
from mapio_display.web.auth.gate import Rules
from mapio_display.web.http.body import KEYS_BYTES
from tests.core.test_public_keys import ED25519, GOOD, PRIVATE, key
from tests.host.test_authorized_keys import file_in
from tests.web.client import BOUNDARY, form
from tests.web.gateway import serving
from tests.web.test_server import local
from tests.web.test_who_may import basic

KEYS = "/api/ssh/keys"


async def test_a_key_is_added_listed_and_removed(tmp_path: Path) -> None:
    file = file_in(tmp_path)
    async with serving(tmp_path / "data", keys=AuthorizedKeys(file)) as gateway:
        cookie = await gateway.sign_in()
        answer = await gateway.ask("POST", KEYS, headers=cookie, json={"keys": f"{ED25519}\n{GOOD['256']}"})
        (first, second) = answer.json["added"]
        assert (answer.status, answer.json["already"]) == (200, [])
        assert (first["type"], first["comment"]) == ("ssh-ed25519", "anna@desk")
        assert file.read_text() == f"{ED25519}\n{GOOD['256']}\n"
        answer = await gateway.ask("POST", KEYS, headers=cookie, json={"keys": ED25519})
        assert (answer.json["added"], answer.json["already"]) == ([], [first])
        answer = await gateway.ask("DELETE", KEYS, headers=cookie, json={"fingerprint": second["fingerprint"]})
        assert answer.json == {"removed": [second]}
        assert (await gateway.ask("GET", KEYS, headers=cookie)).json == {"keys": [first]}
        answer = await gateway.ask("DELETE", KEYS, headers=cookie, json={"fingerprint": second["fingerprint"]})
        assert (answer.status, answer.code) == (404, "no-such-key")


async def test_a_file_is_added_as_curl_sends_it(tmp_path: Path) -> None:
    file = file_in(tmp_path)
    async with serving(tmp_path / "data", keys=AuthorizedKeys(file)) as gateway:
        headers, body = form(f"{ED25519}\n".encode(), filename="id_ed25519.pub", field="keys")
        answer = await gateway.ask("POST", KEYS, headers={**headers, **basic(gateway.pin)}, body=body)
        assert (answer.status, len(answer.json["added"])) == (200, 1)


async def test_a_forms_text_and_its_file_are_both_added(tmp_path: Path) -> None:
    file = file_in(tmp_path)
    async with serving(tmp_path / "data", keys=AuthorizedKeys(file)) as gateway:
        headers, body = form(f"{GOOD['256']}\n".encode(), field="keys")
        text = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="keys"\r\n\r\n{ED25519}\r\n'.encode()
        answer = await gateway.ask("POST", KEYS, headers={**headers, **await gateway.sign_in()}, body=text + body)
        assert [added["type"] for added in answer.json["added"]] == ["ssh-ed25519", "ecdsa-sha2-nistp256"]


async def test_who_is_not_signed_in_reads_no_key_changes_none_and_learns_nothing(tmp_path: Path) -> None:
    file = file_in(tmp_path, f"{ED25519}\n".encode())
    async with serving(tmp_path / "data", keys=AuthorizedKeys(file)) as gateway:
        for headers, code in (({}, "pin-required"), (basic("000000"), "wrong-pin")):
            for method in ("GET", "POST", "DELETE"):
                answer = await gateway.ask(method, KEYS, headers=headers, json={"keys": GOOD["256"]})
                assert (answer.status, answer.code) == (401, code)
                assert b"anna" not in answer.body
        assert b"SHA256:" not in (await gateway.ask("GET", "/api/status")).body
        assert file.read_text() == f"{ED25519}\n"


async def test_a_foreign_page_adds_no_key(tmp_path: Path) -> None:
    file = file_in(tmp_path)
    async with serving(tmp_path / "data", keys=AuthorizedKeys(file)) as gateway:
        for headers, code in (
            ({"Origin": "http://evil.example"}, "foreign-origin"),
            ({"Host": "evil.example"}, "foreign-host"),
        ):
            signed_in = {**headers, **await gateway.sign_in()}
            assert (await gateway.ask("POST", KEYS, headers=signed_in, json={"keys": ED25519})).code == code
        assert not file.exists()


async def test_where_no_pin_is_asked_for_no_key_is_shown_or_changed_not_even_with_it(tmp_path: Path) -> None:
    file = file_in(tmp_path, f"{ED25519}\n".encode())
    async with serving(tmp_path / "data", Rules(require_pin=False), keys=AuthorizedKeys(file)) as gateway:
        for headers in ({}, await gateway.sign_in(), basic(gateway.pin)):
            for method in ("GET", "POST", "DELETE"):
                wish = {"keys": GOOD["256"], "fingerprint": pasted(ED25519)[0].fingerprint}
                answer = await gateway.ask(method, KEYS, headers=headers, json=wish)
                assert (answer.status, answer.code) == (404, "ssh-off")
                assert "require_pin" in answer.message
            page = (await gateway.ask("GET", "/setup", headers={**headers, "Accept": "text/html"})).body
            assert b"require_pin" in page
            assert b"anna" not in page
        assert file.read_text() == f"{ED25519}\n"


@pytest.mark.parametrize("private", PRIVATE.values(), ids=PRIVATE)
async def test_a_private_key_is_refused_in_these_words_and_neither_kept_nor_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, private: str
) -> None:
    caplog.set_level("DEBUG")
    file = file_in(tmp_path)
    async with serving(tmp_path / "data", keys=AuthorizedKeys(file)) as gateway:
        answer = await gateway.ask("POST", KEYS, headers=await gateway.sign_in(), json={"keys": private})
        assert (answer.status, answer.code) == (422, "private-key")
        assert "private key" in answer.message
    assert not file.exists()
    for line in filter(None, private.splitlines()):
        assert line.encode() not in answer.body
        assert line not in caplog.text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"keys": "ssh-rsa hello"}, "bad-key"),
        ({"keys": ""}, "no-key"),
        ({"keys": 5}, "malformed"),
        ({}, "malformed"),
        ({"keys": key("ssh-dss", b"1")}, "bad-key.type"),
    ],
)
async def test_what_is_no_key_is_refused(tmp_path: Path, body: object, code: str) -> None:
    async with serving(tmp_path / "data", keys=AuthorizedKeys(file_in(tmp_path))) as gateway:
        answer = await gateway.ask("POST", KEYS, headers=await gateway.sign_in(), json=body)
        assert (answer.status, answer.code) == (400 if code == "malformed" else 422, code.partition(".")[0])


async def test_a_whole_private_key_fits_and_what_is_larger_is_refused_in_words(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", keys=AuthorizedKeys(file_in(tmp_path))) as gateway:
        cookie = await gateway.sign_in()
        answer = await gateway.ask("POST", KEYS, headers=cookie, json={"keys": PRIVATE["pem"] + "A" * 16_000})
        assert answer.code == "private-key"
        answer = await gateway.ask("POST", KEYS, headers=cookie, json={"keys": "A" * KEYS_BYTES})
        assert (answer.status, answer.code) == (422, "bad-key")
        assert "too large" in answer.message


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=b", "multipart/form-data; boundary=ä\xff"]
)
async def test_a_form_that_is_none_is_refused(tmp_path: Path, kind: str) -> None:
    nested = b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * 500
    async with serving(tmp_path / "data", keys=AuthorizedKeys(file_in(tmp_path))) as gateway:
        headers = {**await gateway.sign_in(), "Content-Type": kind}
        for body in (b"--b\r\n", nested, b"\0" * 1000):
            assert (await gateway.ask("POST", KEYS, headers=headers, body=body)).code == "malformed"


async def test_where_ssh_is_switched_off_that_is_reported(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        cookie = await gateway.sign_in()
        for method in ("GET", "POST", "DELETE"):
            answer = await gateway.ask(method, KEYS, headers=cookie, json={"keys": ED25519, "fingerprint": "x"})
            assert (answer.status, answer.code) == (404, "ssh-off")


async def test_the_command_line_adds_lists_and_removes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, path = file_in(tmp_path), tmp_path / "api.sock"
    public, private = tmp_path / "id.pub", tmp_path / "id"
    public.write_text(f"{ED25519}\n")
    private.write_text(PRIVATE["openssh"])

    async def run(*words: str) -> tuple[int, str, str]:
        status = await asyncio.to_thread(main, ["ssh-key", *words, "--socket", str(path)])
        return (status, *capsys.readouterr())

    async with serving(tmp_path / "data") as gateway, local(gateway, path, AuthorizedKeys(file)):
        status, out, _ = await run("add", str(public))
        assert (status, out.startswith("Added: SHA256:"), out.endswith(" ssh-ed25519 anna@desk\n")) == (0, True, True)
        assert "already" in (await run("add", str(public)))[1]
        listed = (await run("list"))[1]
        assert listed == out.removeprefix("Added: ")
        status, _, error = await run("add", str(private))
        assert (status, "private key" in error, PRIVATE["openssh"] in error) == (1, True, False)
        assert (await run("add", str(tmp_path / "none")))[0] == 2
        assert (await run("remove", listed.split()[0]))[1] == f"Removed: {listed}"
        assert (await run("list"))[1] == ""
