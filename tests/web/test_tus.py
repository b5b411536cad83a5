"""The resumable upload: tus 1.0 by hand, cut off, taken up again, taken over, displaced."""

import asyncio
import os
import threading
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from mapio_display.core.facts.power import PowerObserved
from mapio_display.core.facts.rauc import RaucCompleted, RaucInstalling
from mapio_display.core.facts.update import CancelRequested, JournalFailed, Phase, Step
from mapio_display.transfer.part import Part
from mapio_display.transfer.store import BundleStore
from mapio_display.web.auth.gate import Rules
from mapio_display.web.limits import Limits
from mapio_display.web.upload.tus import TYPE
from tests.transfer.stuck import Stuck
from tests.web.client import Answer, Connection, connected, request
from tests.web.gateway import PATIENCE_S, Gateway, serving

MIB = 1024 * 1024
CONTENT = b"good " + os.urandom(MIB)


async def signed_in(gateway: Gateway) -> dict[str, str]:
    return {**await gateway.sign_in(), "Tus-Resumable": "1.0.0"}


async def create(
    gateway: Gateway, size: int = len(CONTENT), fingerprint: str = "", more: dict[str, str] | None = None
) -> Answer:
    """Begin an upload."""
    metadata = f"filename {b64encode(b'a.raucb').decode()},fingerprint {b64encode(fingerprint.encode()).decode()}"
    headers = {**await signed_in(gateway), "Upload-Length": str(size), "Upload-Metadata": metadata, **(more or {})}
    return await gateway.ask("POST", "/api/uploads", headers=headers)


async def begun(gateway: Gateway, **rest: Any) -> str:
    """Begin an upload, and give where it is."""
    answer = await create(gateway, **rest)
    assert answer.status == 201, answer.body
    return answer.headers["location"]


async def patch(gateway: Gateway, where: str, offset: int, content: bytes, **more: str) -> Answer:
    """Send a piece."""
    headers = {**await signed_in(gateway), "Upload-Offset": str(offset), "Content-Type": TYPE, **more}
    return await gateway.ask("PATCH", where, headers=headers, body=content)


async def offset_of(gateway: Gateway, where: str) -> int:
    answer = await gateway.ask("HEAD", where, headers={"Tus-Resumable": "1.0.0"})
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    return int(answer.headers["upload-offset"])


async def send_part(gateway: Gateway, connection: Connection, where: str, content: bytes) -> None:
    """Announce all of the bundle and send a part of it."""
    headers = {**await signed_in(gateway), "Upload-Offset": "0", "Content-Type": TYPE}
    await connection.send(request("PATCH", where, gateway.port, headers, len(CONTENT)) + content)
    await gateway.until(Phase.RECEIVING)


async def until_offset(gateway: Gateway, where: str, offset: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await offset_of(gateway, where) != offset:  # noqa: ASYNC110 - asked as a client asks
            await asyncio.sleep(0.005)


async def test_a_bundle_in_two_pieces_is_installed(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        where = await begun(gateway)
        first = await patch(gateway, where, 0, CONTENT[:1000])
        assert (first.status, first.headers["upload-offset"]) == (204, "1000")
        assert "upload-expires" in first.headers
        last = await patch(gateway, where, 1000, CONTENT[1000:])
        assert (last.status, last.headers["upload-offset"]) == (204, str(len(CONTENT)))
        await gateway.until(Phase.INSTALLING)
        (name,) = gateway.files()
        assert (gateway.data_dir / "uploads" / name).read_bytes() == CONTENT
        assert await offset_of(gateway, where) == len(CONTENT)  # who missed the last answer can ask


async def test_a_cut_connection_loses_nothing_that_came(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        where = await begun(gateway)
        async with connected(gateway.port) as connection:
            await send_part(gateway, connection, where, CONTENT[:300_000])
            connection.cut()
        # A reset may take with it what nobody has read yet; what the gateway says it has, it has.
        async with asyncio.timeout(PATIENCE_S):
            while (answer := await patch(gateway, where, await offset_of(gateway, where), b"")).status != 204:
                assert answer.code in ("sender-there", "other-offset")
        offset = int(answer.headers["upload-offset"])
        assert (await patch(gateway, where, offset, CONTENT[offset:])).status == 204
        await gateway.until(Phase.INSTALLING)
        assert (gateway.data_dir / "uploads" / gateway.files()[0]).read_bytes() == CONTENT


async def test_who_comes_back_takes_over_from_a_connection_that_hangs(tmp_path: Path) -> None:
    async with serving(tmp_path, limits=Limits(takeover_s=0)) as gateway:
        where = await begun(gateway)
        async with connected(gateway.port) as hanging:
            await send_part(gateway, hanging, where, CONTENT[:300_000])
            await until_offset(gateway, where, 0)
            assert (await patch(gateway, where, 7, b"x")).code == "other-offset"
            offset = await offset_of(gateway, where)
            assert (await patch(gateway, where, offset, CONTENT[offset:])).status == 204
            assert await hanging.closed()
        await gateway.until(Phase.INSTALLING)
        assert (gateway.data_dir / "uploads" / gateway.files()[0]).read_bytes() == CONTENT


async def test_nobody_takes_over_from_who_is_sending(tmp_path: Path) -> None:
    async with serving(tmp_path, limits=Limits(takeover_s=PATIENCE_S)) as gateway:
        where = await begun(gateway)
        async with connected(gateway.port) as connection:
            await send_part(gateway, connection, where, CONTENT[:300_000])
            headers = {**await signed_in(gateway), "Upload-Offset": "0", "Content-Type": TYPE}
            async with asyncio.timeout(PATIENCE_S):
                while (answer := await gateway.ask("PATCH", where, headers=headers)).status == 204:
                    pass  # the first has not been heard yet
            assert (answer.status, answer.code) == (409, "sender-there")


async def test_an_upload_survives_a_restart_with_what_was_synced(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        where = await begun(gateway)
        await patch(gateway, where, 0, CONTENT[:400_000])
        update = gateway.state.snapshot.update
        assert update.id is not None
    record, received = update.record, gateway.store.offset(update.id)
    async with serving(tmp_path, boot_id="another", started={"record": record, "received": received}) as again:
        assert (again.phase, again.state.snapshot.update.step) == (Phase.IDLE, Step.PAUSED)
        assert await offset_of(again, where) == 400_000
        assert (await patch(again, where, 400_000, CONTENT[400_000:])).status == 204
        await again.until(Phase.INSTALLING)
        assert again.state.snapshot.update.record is not None
        assert again.state.snapshot.update.record.boot_id == "another"
        assert (tmp_path / "uploads" / again.files()[0]).read_bytes() == CONTENT


async def test_metadata_is_given_back_as_it_came_also_after_a_restart(tmp_path: Path) -> None:
    """Upload-Metadata, of tus' creation: a key without a value is one, and the server need not know any."""
    metadata = {"Upload-Metadata": f"filename {b64encode('ü.raucb'.encode()).decode()},is_confidential, mood YQ=="}
    async with serving(tmp_path) as gateway:
        where = await begun(gateway, more=metadata)
        answer = await gateway.ask("HEAD", where, headers={"Tus-Resumable": "1.0.0"})
        assert answer.headers["upload-metadata"] == metadata["Upload-Metadata"]
        record = gateway.state.snapshot.update.record
    async with serving(tmp_path, started={"record": record, "received": 0}) as gateway:
        answer = await gateway.ask("HEAD", where, headers={"Tus-Resumable": "1.0.0"})
        assert answer.headers["upload-metadata"] == metadata["Upload-Metadata"]


async def test_an_upload_without_metadata_reports_none(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        where = await begun(gateway, more={"Upload-Metadata": ""})
        answer = await gateway.ask("HEAD", where, headers={"Tus-Resumable": "1.0.0"})
        assert "upload-metadata" not in answer.headers


async def test_space_is_reserved_before_the_first_byte(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        where = await begun(gateway, size=5 * MIB)
        assert gateway.store.reserved(where.rpartition("/")[2]) >= 5 * MIB


class SlowStore(BundleStore):
    """A store on a disk that takes its time to make room."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.asked, self.goes_on = threading.Event(), threading.Event()

    def reserve(self, upload_id: str, size: int) -> None:
        self.asked.set()
        assert self.goes_on.wait(PATIENCE_S)
        super().reserve(upload_id, size)


@pytest.mark.parametrize(("status", "code"), [(409, "cancelled"), (507, "storage")])
async def test_an_upload_that_ends_while_room_is_made_for_it_keeps_none(tmp_path: Path, status: int, code: str) -> None:
    store = SlowStore(tmp_path / "uploads")
    async with serving(tmp_path, store=store) as gateway, asyncio.TaskGroup() as group:
        creating = group.create_task(create(gateway))
        assert await asyncio.to_thread(store.asked.wait, PATIENCE_S)
        record = gateway.state.snapshot.update.record
        assert record is not None
        gateway.state.dispatch(CancelRequested() if code == "cancelled" else JournalFailed(record, "No space left"))
        store.goes_on.set()
        answer = await creating
        assert (answer.status, answer.code, gateway.files()) == (status, code, [])


async def test_others_wait_for_their_turn(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        await begun(gateway)
        answer = await create(gateway)
        assert (answer.status, answer.code) == (409, "update-under-way")


async def test_the_same_file_picked_again_goes_on(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        where = await begun(gateway, fingerprint="a")
        await patch(gateway, where, 0, CONTENT[:1000])
        assert await begun(gateway, fingerprint="a") == where
        assert await offset_of(gateway, where) == 1000
        assert (await create(gateway, fingerprint="b")).code == "update-under-way"


async def test_given_up_it_is_gone(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        where = await begun(gateway)
        headers = await signed_in(gateway)
        assert (await gateway.ask("DELETE", where, headers=headers)).status == 204
        await gateway.until_no_file()
        for method in ("HEAD", "DELETE"):
            assert (await gateway.ask(method, where, headers=headers)).status == 404


async def test_it_expires_at_one_moment_which_a_restart_does_not_move(tmp_path: Path) -> None:
    began = datetime.now(UTC)
    async with serving(tmp_path) as gateway:
        answer = await create(gateway)
        where, expires = answer.headers["location"], answer.headers["upload-expires"]
        assert timedelta(0, -1) <= parsedate_to_datetime(expires) - began - timedelta(days=1) <= timedelta(minutes=1)
        assert (await patch(gateway, where, 0, CONTENT[:1000])).headers["upload-expires"] == expires
        record = gateway.state.snapshot.update.record
        assert record is not None
    async with serving(tmp_path, started={"record": record, "received": 1000}) as again:
        answer = await again.ask("HEAD", where, headers={"Tus-Resumable": "1.0.0"})
        assert (answer.status, answer.headers["upload-expires"]) == (200, expires)

    expired = replace(record, expires_at=began.timestamp() - 1)
    async with serving(tmp_path, started={"record": expired, "received": 1000}) as later:
        await later.until_no_file()
        assert (await patch(later, where, 1000, CONTENT[1000:])).code == "no-such-upload"
        assert (await later.ask("HEAD", where, headers={"Tus-Resumable": "1.0.0"})).status == 404
        await begun(later)


async def test_who_was_displaced_finds_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        where = await begun(gateway)
        await patch(gateway, where, 0, CONTENT[:1000])
        record = gateway.state.snapshot.update.record
    async with serving(tmp_path, started={"record": record, "received": 1000}) as again:
        other = await begun(again)
        assert again.files() == [f"{other.rpartition('/')[2]}.part"]
        assert (await again.ask("HEAD", where, headers={"Tus-Resumable": "1.0.0"})).status == 404
        assert (await patch(again, where, 1000, CONTENT[1000:])).code == "no-such-upload"
        assert (await patch(again, other, 0, CONTENT)).status == 204


async def test_while_another_program_installs_an_upload_that_waits_is_not_reported_as_unknown(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        where = await begun(gateway)
        await patch(gateway, where, 0, CONTENT[:1000])
        record = gateway.state.snapshot.update.record
    async with serving(tmp_path, started={"record": record, "received": 1000}) as again:
        again.state.dispatch(RaucInstalling())
        assert (await patch(again, where, 1000, CONTENT[1000:])).code == "update-under-way"
        again.state.dispatch(RaucCompleted(0, ""))
        assert await offset_of(again, where) == 1000
        assert (await patch(again, where, 1000, CONTENT[1000:])).status == 204


async def test_a_piece_that_must_not_come_is_refused_before_its_first_byte(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        where = await begun(gateway)
        headers = {**await signed_in(gateway), "Upload-Offset": "0", "Content-Type": TYPE, "Expect": "100-continue"}
        for wrong, status in (
            ({"Cookie": ""}, 401),
            ({"Tus-Resumable": "0.2"}, 412),
            ({"Content-Type": "text/plain"}, 415),
            ({"Upload-Offset": "x"}, 400),
            ({"Upload-Offset": "5"}, 409),
            ({"Content-Length": str(len(CONTENT) + 1)}, 400),
        ):
            async with connected(gateway.port) as connection:
                await connection.send(request("PATCH", where, gateway.port, {**headers, **wrong}, None))
                assert (await connection.answer()).status == status, wrong
        gateway.state.dispatch(PowerObserved(mains=False, volts=3.3))
        async with connected(gateway.port) as connection:
            await connection.send(request("PATCH", where, gateway.port, headers, len(CONTENT)))
            assert (await connection.answer()).code == "low-battery"
        gateway.state.dispatch(PowerObserved(mains=True))
        async with connected(gateway.port) as connection:
            await connection.send(request("PATCH", where, gateway.port, headers, len(CONTENT)))
            assert (await connection.head())[0] == 100
            await connection.send(CONTENT)
            assert (await connection.answer()).status == 204


async def test_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path, Rules(max_bundle_bytes=2 * MIB)) as gateway:
        assert (await create(gateway, size=2 * MIB + 1)).status == 413
        assert (await create(gateway, more={"Tus-Resumable": "0.2"})).status == 412
        assert (await create(gateway, more={"Upload-Length": "-1"})).status == 400
        later = await create(gateway, more={"Upload-Length": "", "Upload-Defer-Length": "1"})
        assert (later.status, later.code, "Upload-Length" in later.message) == (400, "no-upload-length", True)
        assert (await create(gateway, more={"Upload-Metadata": "filename ???"})).status == 400
        assert gateway.phase is Phase.IDLE
        where = await begun(gateway)
        assert (await patch(gateway, where, 1, b"x")).code == "other-offset"
        assert (await patch(gateway, where, 0, b"x", **{"Content-Type": "text/plain"})).status == 415
        assert (await patch(gateway, where, 0, bytes(len(CONTENT) + 1))).status == 400
        assert (await patch(gateway, "/api/uploads/another", 0, b"x")).status == 404


async def test_writing_needs_the_pin(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        tus = {"Tus-Resumable": "1.0.0"}
        assert (await gateway.ask("POST", "/api/uploads", headers={**tus, "Upload-Length": "1"})).status == 401
        where = await begun(gateway)
        assert (await gateway.ask("DELETE", where, headers=tus)).status == 401


async def test_what_the_gateway_can_is_reported(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        answer = await gateway.ask("OPTIONS", "/api/uploads")
        assert answer.status == 204
        assert answer.headers["tus-version"] == answer.headers["tus-resumable"] == "1.0.0"
        assert answer.headers["tus-extension"] == "creation,termination,expiration"


@pytest.mark.parametrize("size", [0, 5])
async def test_the_smallest_bundles(tmp_path: Path, size: int) -> None:
    async with serving(tmp_path) as gateway:
        content = b"good "[:size]
        gateway.rauc.verifies.clear()
        where = await begun(gateway, size=size)
        if size:
            assert (await patch(gateway, where, 0, content)).status == 204
        await gateway.until(Phase.INSPECTING)


async def test_a_slow_sender_is_not_taken_for_a_silent_one(tmp_path: Path) -> None:
    """Bytes that are too few for the kernel to hand on by themselves are counted, and nobody takes its place."""
    size = 100 * MIB
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        where = await begun(gateway, size=size)
        headers = {**await signed_in(gateway), "Upload-Offset": "0", "Content-Type": TYPE}
        await connection.send(request("PATCH", where, gateway.port, headers, size) + bytes(MIB))
        await connection.send(b"a few more")
        await until_offset(gateway, where, MIB + len(b"a few more"))


async def test_on_a_low_battery_nothing_is_begun_or_gone_on_with_until_there_are_mains(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        where = await begun(gateway, fingerprint="f")
        assert (await patch(gateway, where, 0, CONTENT[:1000])).status == 204
        gateway.state.dispatch(PowerObserved(mains=False, volts=3.3))
        await refused_before_the_body(gateway, where)
        refused = await create(gateway, fingerprint="another file")
        assert (refused.status, refused.code) == (409, "update-under-way")
        gateway.state.dispatch(CancelRequested())
        refused = await create(gateway)
        assert (refused.status, refused.code) == (409, "low-battery")
        gateway.state.dispatch(PowerObserved(mains=True))
        where = await begun(gateway)
        assert (await patch(gateway, where, 0, CONTENT)).status == 204
        await gateway.until(Phase.INSTALLING)


async def refused_before_the_body(gateway: Gateway, where: str) -> None:
    headers = {**await signed_in(gateway), "Upload-Offset": "1000", "Content-Type": TYPE, "Expect": "100-continue"}
    async with connected(gateway.port) as connection:
        await connection.send(request("PATCH", where, gateway.port, headers, len(CONTENT) - 1000))
        answer = await connection.answer()
    assert (answer.status, answer.code) == (409, "low-battery")
    assert "mains" in answer.message
    assert await offset_of(gateway, where) == 1000  # and what came is kept


async def test_who_sends_wrongly_at_a_command_line_gets_the_line_that_works_and_a_page_does_not(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        line = f"curl -u mapio:PIN -F bundle=@FILE http://127.0.0.1:{gateway.port}/update"
        headers = await gateway.sign_in()
        for method, path in (
            ("PUT", "/api/uploads"),
            ("POST", "/api/uploads"),
            ("POST", "/update"),
            ("PUT", "/update"),
        ):
            answer = await gateway.ask(method, path, headers=headers, body=b"good bundle")
            assert 400 <= answer.status < 500
            assert line in answer.message
            assert "Reload" not in answer.message
            origin = {**headers, "Origin": f"http://127.0.0.1:{gateway.port}"}
            assert "curl -u" not in (await gateway.ask(method, path, headers=origin, body=b"good bundle")).message
        answer = await gateway.ask("POST", "/api/session", body=b"123456")
        assert "Reload" not in answer.message


async def test_the_connection_takes_no_request_after_a_piece_and_says_so(tmp_path: Path) -> None:
    """What has come of one by then is no part of the bundle."""
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        where = await begun(gateway, size=5)
        headers = {**await signed_in(gateway), "Upload-Offset": "0", "Content-Type": TYPE}
        await connection.send(request("PATCH", where, gateway.port, headers, 5) + b"go")
        await until_offset(gateway, where, 2)
        await connection.send(b"od " + request("DELETE", where, gateway.port, headers, None))
        answer = await connection.answer()
        assert (answer.status, answer.headers["connection"]) == (204, "close")
        assert await connection.closed()
        assert (gateway.data_dir / "uploads" / gateway.files()[0]).read_bytes() == b"good "


async def test_who_can_send_get_and_post_only_overrides_the_method(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        where = await begun(gateway)
        headers = {**await signed_in(gateway), "Upload-Offset": "0", "Content-Type": TYPE}

        async def post(method: str, content: bytes = b"", **more: str) -> Answer:
            override = {"X-HTTP-Method-Override": method, **more}
            return await gateway.ask("POST", where, headers={**headers, **override}, body=content)

        piece = await post("PATCH", CONTENT[:1000])
        assert (piece.status, piece.headers["upload-offset"]) == (204, "1000")
        stands = await post("HEAD", Cookie="")
        assert (stands.status, stands.headers["upload-offset"], stands.body) == (200, "1000", b"")
        assert (await post("DELETE", Cookie="")).code == "pin-required"
        assert (await post("DELETE", Origin="http://evil.example")).code == "foreign-origin"
        assert (await post("DELETE")).status == 204
        await gateway.until_no_file()
        for method in ("", "PUT"):
            answer = await post(method)
            assert (answer.status, answer.headers["allow"]) == (405, "DELETE,HEAD,PATCH")


@pytest.mark.parametrize(
    "asks",
    [
        {"Upload-Concat": "partial"},
        {"Upload-Concat": "final;/api/uploads/a /api/uploads/b"},
        {"Upload-Checksum": "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="},
        {"Content-Type": TYPE},  # creation-with-upload
    ],
)
async def test_an_extension_that_is_not_offered_is_refused(tmp_path: Path, asks: dict[str, str]) -> None:
    async with serving(tmp_path) as gateway:
        answer = await create(gateway, more=asks)
        assert (answer.status, answer.code) == (400, "not-offered")
        assert gateway.phase is Phase.IDLE


async def test_a_chunked_piece_is_refused_before_its_first_byte(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway, connected(gateway.port) as connection:
        where = await begun(gateway)
        headers = {**await signed_in(gateway), "Upload-Offset": "0", "Content-Type": TYPE, "Expect": "100-continue"}
        chunked = {**headers, "Transfer-Encoding": "chunked"}
        await connection.send(request("PATCH", where, gateway.port, chunked, None))
        answer = await connection.answer()
        assert (answer.status, answer.code) == (411, "length-required")


async def test_who_sends_a_refused_piece_is_not_listened_to_for_long(tmp_path: Path) -> None:
    """No browser reads an answer before it has sent all, or cannot send any more."""
    limits = Limits(piece_linger_s=0.05)
    async with serving(tmp_path, limits=limits) as gateway, connected(gateway.port) as connection:
        where = await begun(gateway)
        headers = {**await signed_in(gateway), "Upload-Offset": "7", "Content-Type": TYPE}
        await connection.send(request("PATCH", where, gateway.port, headers, len(CONTENT) - 7) + b"some")
        assert (await connection.answer()).code == "other-offset"
        assert await connection.closed()


class StuckStore(BundleStore):
    """A store whose disk stands still."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.disk = Stuck()

    def open(self, upload_id: str, offset: int | None) -> Part:
        part = super().open(upload_id, offset)
        self.disk.hold_up(part)
        return part


async def test_a_disk_that_stands_still_ends_no_transfer_and_holds_up_nobody_else(
    tmp_path: Path, pass_time: Callable[[float], None]
) -> None:
    store = StuckStore(tmp_path / "uploads")
    async with serving(tmp_path, store=store) as gateway, connected(gateway.port) as connection:
        where = await begun(gateway)
        await send_part(gateway, connection, where, CONTENT[:-1])
        await asyncio.to_thread(store.disk.reached.wait)
        pass_time(Limits().stall_s + 10)
        assert (await gateway.ask("GET", "/api/status")).json["update"]["phase"] == "receiving"
        assert (await patch(gateway, where, 0, b"")).code == "sender-there"
        store.disk.runs.set()
        await until_offset(gateway, where, len(CONTENT) - 1)


async def test_while_the_disk_stands_still_a_cancel_is_answered_and_the_next_upload_waits(tmp_path: Path) -> None:
    """One thread at a time waits for the disk, however often a sender tries again."""
    store = StuckStore(tmp_path / "uploads")
    async with serving(tmp_path, store=store) as gateway, connected(gateway.port) as connection:
        where = await begun(gateway)
        await send_part(gateway, connection, where, CONTENT[:-1])
        await asyncio.to_thread(store.disk.reached.wait)
        assert (await gateway.ask("POST", "/api/update/cancel", headers=await gateway.sign_in())).status == 200
        async with asyncio.TaskGroup() as group:
            creating = group.create_task(create(gateway))
            await gateway.until(Phase.RECEIVING)
            assert (await gateway.ask("GET", "/api/status")).status == 200
            assert not creating.done()
            store.disk.runs.set()
        assert creating.result().status == 201
        assert (await connection.answer()).code == "cancelled"
        assert gateway.files() == [f"{gateway.state.snapshot.update.id}.part"]
