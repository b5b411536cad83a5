"""A bundle by POST /update: what is refused before its first byte, what in its midst, and what RAUC decides."""

import asyncio
import gc
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from mapio_display.core.commands import Install
from mapio_display.core.facts.power import PowerObserved
from mapio_display.core.facts.rauc import RaucLost
from mapio_display.core.facts.update import CancelRequested, Phase, UploadOpened
from mapio_display.core.record import Result
from mapio_display.errors import StorageFull, StoreError
from mapio_display.transfer.intake import SPARE_BYTES
from mapio_display.transfer.part import Part
from mapio_display.transfer.store import BundleStore
from mapio_display.transfer.stream import SocketStream
from mapio_display.web.auth.gate import Rules
from mapio_display.web.limits import Limits
from mapio_display.web.upload.form import FORM_BYTES, display_name
from mapio_display.words.catalogue import ENGLISH
from tests.web.client import BOUNDARY, Connection, connected, form, request
from tests.web.gateway import PATIENCE_S, Gateway, serving

MIB = 1024 * 1024


class SmallStore(BundleStore):
    """The real store on a disk of ``size`` bytes: what is more fails as a full disk does."""

    def __init__(self, directory: Path, size: int, *, told: int | None = None) -> None:
        super().__init__(directory)
        self._size = size
        self._told = size if told is None else told

    def free(self) -> int:
        return self._told

    def open(self, upload_id: str, offset: int | None) -> Part:
        part = super().open(upload_id, offset)
        write, size = part.write, self._size

        def write_if_there_is_room(content: bytes | memoryview) -> None:
            if part.offset + len(content) > size:
                raise StorageFull("the disk is full")
            write(content)

        part.write = write_if_there_is_room  # type: ignore[method-assign]
        return part


class NoStore(SmallStore):
    """A store whose disk has gone."""

    def free(self) -> int:
        raise StoreError("Read-only file system")


async def upload(gateway: Gateway, content: bytes, **headers: str) -> Any:
    """Send a bundle as curl does, and give the answer."""
    cookie = await gateway.sign_in()
    fields, body = form(content)
    return await gateway.ask("POST", "/update", headers={**fields, **cookie, **headers}, body=body)


async def begin(gateway: Gateway, connection: Connection, content: bytes, announced: int) -> None:
    """Send the beginning of a bundle of ``announced`` bytes, and wait until the gateway is receiving."""
    headers, body = form(content)
    body = body[: -len(f"\r\n--{BOUNDARY}--\r\n")]
    head = request("POST", "/update", gateway.port, {**headers, **await gateway.sign_in()}, announced)
    await connection.send(head + body)
    await gateway.until(Phase.RECEIVING)


# The way it should go


async def test_a_good_bundle_is_answered_when_rauc_writes_the_slot(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        answer = await upload(gateway, b"good bundle")
        assert answer.status == 202
        assert gateway.phase is Phase.INSTALLING
        assert answer.json["id"] == gateway.state.snapshot.update.id


async def test_the_stored_bundle_is_the_sent_one_and_is_there_once(tmp_path: Path) -> None:
    content = b"good " + os.urandom(3 * MIB) + b"\r\n--" + BOUNDARY.encode()[:-1] + b"\r\n"
    async with serving(tmp_path) as gateway:
        await upload(gateway, content)
        (name,) = gateway.files()
        stored = gateway.data_dir / "uploads" / name
        assert stored.read_bytes() == content
        bundle = gateway.state.snapshot.update.bundle
        assert bundle is not None
        assert (bundle.filename, bundle.size, bundle.received) == ("good.raucb", len(content), len(content))


async def test_the_bundle_is_gone_after_the_installation(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        gateway.rauc.installs.set()
        await upload(gateway, b"good bundle")
        await gateway.until(Phase.REBOOTING)
        await gateway.until_no_file()


async def test_an_answer_does_not_wait_endlessly_while_rauc_takes_its_time(tmp_path: Path) -> None:
    async with serving(tmp_path, limits=Limits(decision_s=0.05)) as gateway:
        gateway.rauc.verifies.clear()
        answer = await upload(gateway, b"good bundle")
        assert (answer.status, answer.json["phase"]) == (202, "inspecting")


@pytest.mark.tools
async def test_curl_is_let_in_with_user_and_pin(tmp_path: Path) -> None:
    bundle = tmp_path / "x.raucb"
    bundle.write_bytes(b"good bundle" * 200_000)
    async with serving(tmp_path) as gateway:
        status, text = await curl(gateway, bundle)
        assert (status, text.startswith('{"id"')) == (202, True)


async def curl(gateway: Gateway, bundle: Path, *options: str) -> tuple[int, str]:
    """Upload by the real curl; gives the status and the body."""
    process = await asyncio.create_subprocess_exec(
        *("curl", "--silent", "--max-time", "20", "--user", f"mapio:{gateway.pin}", "--form", f"bundle=@{bundle}"),
        *("--write-out", "\n%{http_code}", *options, f"{gateway.url}/update"),
        stdout=asyncio.subprocess.PIPE,
    )
    body, _, status = (await process.communicate())[0].decode().rpartition("\n")
    return int(status), body


# Refused by the headers


async def refused_by_headers(gateway: Gateway, length: int | None, **more: str) -> tuple[int, str]:
    """Announce a bundle, send not a byte of it, and give status and code of the answer."""
    headers = {**form(b"")[0], **await gateway.sign_in(), "Expect": "100-continue", **more}
    async with connected(gateway.port) as connection:
        await connection.send(request("POST", "/update", gateway.port, headers, length))
        answer = await connection.answer()
        return answer.status, answer.code


async def test_a_second_update_is_refused_before_its_first_byte(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        gateway.state.dispatch(UploadOpened("other", "other.raucb", 100))
        assert await refused_by_headers(gateway, 1000) == (409, "update-under-way")
        assert gateway.state.snapshot.update.id == "other"


async def test_on_a_low_battery_a_bundle_is_refused_before_its_first_byte_until_there_are_mains(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        gateway.state.dispatch(PowerObserved(mains=False, volts=3.3))
        assert await refused_by_headers(gateway, 1000) == (409, "low-battery")
        gateway.state.dispatch(PowerObserved(mains=True))
        assert (await upload(gateway, b"good bundle")).status == 202


async def test_without_rauc_a_bundle_is_refused_before_its_first_byte(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        gateway.state.dispatch(RaucLost(absent=True))
        assert await refused_by_headers(gateway, 1000) == (503, "rauc-unavailable")


async def test_too_large_a_bundle_is_refused_before_its_first_byte(tmp_path: Path) -> None:
    async with serving(tmp_path, Rules(max_bundle_bytes=MIB)) as gateway:
        assert await refused_by_headers(gateway, MIB + FORM_BYTES + 1) == (413, "too-large")


async def test_a_bundle_without_a_length_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        refused = await refused_by_headers(gateway, None, **{"Transfer-Encoding": "chunked"})
        assert refused == (411, "length-required")


async def test_what_is_no_form_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        refused = await refused_by_headers(gateway, 10, **{"Content-Type": "application/octet-stream"})
        assert refused == (400, "malformed")


async def test_too_full_a_disk_refuses_with_what_is_needed_and_available(tmp_path: Path) -> None:
    store = SmallStore(tmp_path, 20 * MIB)
    async with serving(tmp_path, store=store) as gateway:
        assert await refused_by_headers(gateway, 20 * MIB) == (507, "no-space")
        headers = {**form(b"")[0], **await gateway.sign_in(), "Expect": "100-continue"}
        async with connected(gateway.port) as connection:
            await connection.send(request("POST", "/update", gateway.port, headers, 20 * MIB))
            answer = await connection.answer()
    needed, available = re.findall(r"(\d+) MB", answer.message)[::-1]
    assert (int(needed), int(available)) == (30, 20)
    assert answer.json["error"]["detail"] == f"needed={20 * MIB + SPARE_BYTES} available={20 * MIB}"


async def test_a_disk_that_has_gone_refuses(tmp_path: Path) -> None:
    async with serving(tmp_path, store=NoStore(tmp_path, 0)) as gateway:
        assert await refused_by_headers(gateway, 1000) == (507, "storage")


async def test_100_continue_comes_when_nothing_speaks_against_the_bundle(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        headers, body = form(b"good bundle")
        headers = {**headers, **await gateway.sign_in(), "Expect": "100-continue"}
        async with connected(gateway.port) as connection:
            await connection.send(request("POST", "/update", gateway.port, headers, len(body)))
            assert (await connection.head())[0] == 100
            assert gateway.phase is Phase.IDLE
            await connection.send(body)
            assert (await connection.answer()).status == 202


# Refused in its midst


async def test_a_bundle_that_grows_beyond_the_limit_is_cut(tmp_path: Path) -> None:
    async with serving(tmp_path, Rules(max_bundle_bytes=MIB)) as gateway:
        answer = await upload(gateway, b"x" * (MIB + 1))
        assert (answer.status, answer.code) == (413, "too-large")
        assert gateway.phase is Phase.IDLE
        await gateway.until_no_file()


async def test_a_disk_that_fills_up_in_the_midst_is_507_and_leaves_no_file(tmp_path: Path) -> None:
    store = SmallStore(tmp_path / "uploads", 2 * MIB, told=100 * MIB)
    async with serving(tmp_path, store=store) as gateway:
        answer = await upload(gateway, b"x" * (3 * MIB))
        assert (answer.status, answer.code) == (507, "no-space")
        assert gateway.phase is Phase.IDLE
        await gateway.until_no_file()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form",
        b"--a-boundary",
        b"--a-boundary--\r\n",
        b"--a-boundary\r\n\r\n\r\n--a-boundary--\r\n",
        form(b"good", field="file")[1],
        form(b"", filename="")[1],
        b"--a-boundary\r\n" + b"X: " + b"x" * 20_000,
        b"--a-boundary\r\n" + b"x: y\r\n" * 1000,
        b"--a-boundary\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n",
    ],
)
async def test_a_form_without_a_bundle_is_refused_and_takes_no_lock(tmp_path: Path, body: bytes) -> None:
    async with serving(tmp_path) as gateway:
        headers = {**form(b"")[0], **await gateway.sign_in()}
        answer = await gateway.ask("POST", "/update", headers=headers, body=body)
        assert (answer.status, answer.code) in {(400, "malformed"), (400, "no-bundle")}
        assert gateway.state.snapshot.update.id is None
        assert gateway.state.snapshot.last_update is None
        assert gateway.files() == []


@pytest.mark.parametrize("cut", [4, 10, 30])
async def test_a_form_without_its_end_is_refused_and_leaves_no_file(tmp_path: Path, cut: int) -> None:
    async with serving(tmp_path) as gateway:
        headers, body = form(b"good bundle" * 1000)
        headers |= await gateway.sign_in()
        answer = await gateway.ask("POST", "/update", headers=headers, body=body[:-cut])
        assert (answer.status, answer.code) == (400, "malformed")
        assert gateway.phase is Phase.IDLE
        await gateway.until_no_file()
        assert not any(isinstance(command, Install) for command in gateway.rauc.commands)


async def test_other_fields_of_the_form_are_passed_over(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        headers, body = form(b"good bundle")
        other = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'.encode()
        after = other.replace(b"note", b"also")
        end = f"--{BOUNDARY}--\r\n".encode()
        body = other + body.removesuffix(end) + after + end
        headers |= await gateway.sign_in()
        assert (await gateway.ask("POST", "/update", headers=headers, body=body)).status == 202


# The sender goes away


@pytest.mark.parametrize("polite", [True, False])
@pytest.mark.parametrize("announced", [MIB, 100 * MIB])
async def test_a_cut_connection_leaves_no_file_and_an_idle_gateway(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, polite: bool, announced: int
) -> None:
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        await begin(gateway, connection, b"good" * 200_000, announced)
        if polite:
            connection.writer.write_eof()
        else:
            connection.cut()
        snapshot = await gateway.until(Phase.IDLE)
        assert snapshot.last_update is not None
        assert snapshot.last_update.result is Result.INTERRUPTED
        assert "connection was lost" in ENGLISH.say(snapshot.last_update.reason)
        await gateway.until_no_file()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_sender_that_falls_silent_is_given_up(tmp_path: Path) -> None:
    async with serving(tmp_path, limits=Limits(stall_s=0.5)) as gateway, connected(gateway.port) as connection:
        await begin(gateway, connection, b"good" * 100_000, MIB)
        answer = await connection.answer()
        assert (answer.status, answer.code) == (408, "connection-lost")
        assert gateway.phase is Phase.IDLE
        await gateway.until_no_file()


async def test_a_slow_sender_is_not_a_silent_one(tmp_path: Path) -> None:
    """A few bytes, far fewer than the kernel gathers, are taken before they look like silence."""
    async with (
        serving(tmp_path, limits=Limits(stall_s=2.0)) as gateway,
        connected(gateway.port) as connection,
        asyncio.timeout(PATIENCE_S),
    ):
        await begin(gateway, connection, b"good" * 200_000, 100 * MIB)
        while (bundle := gateway.state.snapshot.update.bundle) is not None and bundle.received <= 800_000:
            await connection.send(b"a few bytes")
            await asyncio.sleep(0.05)
        assert gateway.phase is Phase.RECEIVING


async def test_a_sender_that_falls_silent_before_the_bundle_holds_no_lock(tmp_path: Path) -> None:
    async with serving(tmp_path, limits=Limits(stall_s=0.1)) as gateway, connected(gateway.port) as connection:
        headers = {**form(b"")[0], **await gateway.sign_in()}
        await connection.send(request("POST", "/update", gateway.port, headers, 1000) + b"--a-bound")
        answer = await connection.answer()
        assert (answer.status, answer.code) == (408, "connection-lost")
        assert gateway.state.snapshot.last_update is None


async def test_a_cancelled_transfer_is_answered_at_once_and_leaves_no_file(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        await begin(gateway, connection, b"good" * 100_000, MIB)
        cancel = await gateway.ask("POST", "/api/update/cancel", headers=await gateway.sign_in())
        assert cancel.status == 200
        answer = await connection.answer()
        assert (answer.status, answer.code) == (409, "cancelled")
        assert gateway.phase is Phase.IDLE
        await gateway.until_no_file()


async def test_a_transfer_cancelled_at_its_last_byte_leaves_no_file(tmp_path: Path) -> None:
    """Whether the cancellation comes before the file has its name or after."""
    for _ in range(20):
        async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
            content = b"good" * 10_000
            body = form(content)[1]
            await begin(gateway, connection, content, len(body))
            await connection.send(f"\r\n--{BOUNDARY}--\r\n".encode())
            gateway.state.dispatch(CancelRequested())
            assert (await connection.answer()).code == "cancelled"
            await gateway.until_no_file()
            assert gateway.phase is Phase.IDLE


async def test_a_shut_down_in_the_midst_leaves_no_file(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        await begin(gateway, connection, b"good" * 100_000, MIB)
    await gateway.until_no_file()
    assert gateway.phase is Phase.IDLE


# What RAUC says


@pytest.mark.parametrize(
    ("kind", "code", "says"),
    [
        (b"untrusted", "untrusted", "not signed"),
        (b"expired", "untrusted", "has expired"),
        (b"foreign", "wrong-device", "another kind of device"),
        (b"damaged", "damaged", "not a complete bundle"),
        (b"strange", "install-failed", "Failed to mount the moon"),
    ],
)
async def test_what_rauc_refuses_is_422_in_plain_words(tmp_path: Path, kind: bytes, code: str, says: str) -> None:
    async with serving(tmp_path) as gateway:
        answer = await upload(gateway, kind + b" bundle")
        assert (answer.status, answer.code) == (422, code)
        assert says in answer.message
        assert gateway.state.snapshot.last_update is None
        await gateway.until_no_file()


async def test_after_a_refusal_the_next_bundle_is_taken(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        assert (await upload(gateway, b"damaged bundle")).status == 422
        assert (await upload(gateway, b"good bundle")).status == 202


async def test_a_browser_without_javascript_gets_pages(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        answer = await upload(gateway, b"untrusted bundle", Accept="text/html,*/*")
        assert (answer.status, answer.headers["content-type"]) == (422, "text/html; charset=utf-8")
        assert b"is not signed for" in answer.body
        answer = await upload(gateway, b"good bundle", Accept="text/html,*/*")
        assert (answer.status, answer.headers["location"]) == (303, "/update")


# A refusal reaches who is still sending


@pytest.mark.parametrize("size", [100, 3 * MIB])
async def test_who_sends_on_regardless_reads_the_refusal_nevertheless(tmp_path: Path, size: int) -> None:
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        headers, body = form(b"x" * size)
        await connection.send(request("POST", "/update", gateway.port, headers, len(body)) + body)
        answer = await connection.answer()
        assert (answer.status, answer.code) == (401, "pin-required")


async def test_who_sends_without_end_is_not_listened_to_without_end(tmp_path: Path) -> None:
    async with serving(tmp_path, limits=Limits(linger_bytes=2 * MIB)) as gateway, connected(gateway.port) as connection:
        await connection.send(request("POST", "/update", gateway.port, form(b"")[0], 500 * MIB))
        assert (await connection.answer()).status == 401
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(ConnectionError):
                await connection.send(bytes(32 * MIB))


async def test_what_a_refused_sender_sends_on_is_gathered_nowhere(tmp_path: Path) -> None:
    """Or a few hundred of them, who need no PIN for that, would hold two megabytes each."""
    before = gatherers()
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        await connection.send(request("POST", "/update", gateway.port, form(b"")[0], 500 * MIB) + bytes(MIB))
        assert (await connection.answer()).status == 401
        await connection.send(bytes(MIB))
        assert gatherers().keys() <= before.keys()


def gatherers() -> dict[int, SocketStream]:
    """All that gather a body in this process, those that other tests have left behind included, by identity."""
    return {id(there): there for there in gc.get_objects() if isinstance(there, SocketStream)}


async def test_who_stops_sending_does_not_keep_the_connection(tmp_path: Path) -> None:
    async with serving(tmp_path, limits=Limits(linger_s=0.05)) as gateway, connected(gateway.port) as connection:
        await connection.send(request("POST", "/update", gateway.port, form(b"")[0], 500) + b"--")
        assert (await connection.answer()).status == 401
        assert await connection.closed()


@pytest.mark.tools
async def test_curl_sees_the_words_of_a_refusal(tmp_path: Path) -> None:
    bundle = tmp_path / "large.raucb"
    with bundle.open("wb") as file:
        file.truncate(300 * MIB)
    async with serving(tmp_path, Rules(max_bundle_bytes=MIB)) as gateway:
        for options in ((), ("--header", "Expect:")):
            status, text = await curl(gateway, bundle, *options)
            assert (status, "at most 1.0 MB" in text) == (413, True)


@pytest.mark.parametrize(
    "options",
    [
        ("--upload-file", "{bundle}"),
        ("--data-binary", "@{bundle}"),
        ("--form", "file=@{bundle}"),
        ("--form", "bundle=@{bundle}", "--header", "Transfer-Encoding: chunked"),
        ("--form", "bundle=@{bundle}", "--header", "Authorization:"),
    ],
)
@pytest.mark.tools
async def test_who_sends_it_wrongly_at_a_command_line_reads_how(tmp_path: Path, options: tuple[str, ...]) -> None:
    bundle = tmp_path / "x.raucb"
    bundle.write_bytes(b"good bundle" * 1000)
    async with serving(tmp_path) as gateway:
        user = ("--user", f"mapio:{gateway.pin}")
        words = [option.format(bundle=bundle) for option in (*user, *options)]
        process = await asyncio.create_subprocess_exec(
            "curl", "--silent", "--max-time", "20", *words, f"{gateway.url}/update", stdout=asyncio.subprocess.PIPE
        )
        message = json.loads((await process.communicate())[0])["error"]["message"]
        assert message.endswith(f" curl -u mapio:PIN -F bundle=@FILE {gateway.url}/update")
        assert "Reload" not in message
        assert gateway.phase is Phase.IDLE


async def test_a_page_that_sends_it_wrongly_is_asked_to_reload(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        headers = {**await gateway.sign_in(), "Origin": gateway.url}
        answer = await gateway.ask("POST", "/update", headers=headers, body=b"x")
        assert (answer.code, "Reload the page" in answer.message) == ("malformed", True)


# Names


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("mapio-bundle-1.4.0.raucb", "mapio-bundle-1.4.0.raucb"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\x.raucb", "x.raucb"),
        ("a\r\nb\x1b[2J\u202ec\udcff", "ab[2Jc"),
        ("x" * 500, "x" * 100),
        ("dir/", "bundle"),
        (None, "bundle"),
    ],
)
def test_the_senders_file_name_is_only_shown_and_made_harmless(sent: str | None, shown: str) -> None:
    assert display_name(sent) == shown


async def test_the_senders_file_name_is_no_path(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        headers, body = form(b"good bundle", filename="../../evil.raucb")
        await gateway.ask("POST", "/update", headers={**headers, **await gateway.sign_in()}, body=body)
        assert gateway.files() == [f"{gateway.state.snapshot.update.id}.raucb"]
        assert not list(tmp_path.rglob("evil*"))
