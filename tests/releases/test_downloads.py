"""A download goes where an upload goes, survives what a line and a server do, and is what was announced, or nothing."""

import asyncio
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from mapio_display.core.commands import WriteJournal
from mapio_display.core.facts.power import PowerObserved
from mapio_display.core.facts.update import CancelRequested, Phase
from mapio_display.core.record import Record, Result
from mapio_display.durable import write_durably
from mapio_display.errors import Refused
from mapio_display.releases.fetcher import Fetcher
from tests.releases.conftest import BUNDLE, SHA256, Looking, looking
from tests.releases.server import Page, Server
from tests.web.gateway import PATIENCE_S

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("without_proxy")]

SIZE = len(BUNDLE)
THIRD = SIZE // 3


async def installed(there: Looking) -> None:
    """Wait until RAUC has got the bundle, which is the right one, and installs it."""
    snapshot = await there.until(lambda snapshot: snapshot.update.phase in (Phase.INSTALLING, Phase.FAILED))
    assert snapshot.update.phase is Phase.INSTALLING, snapshot.update.error
    assert snapshot.update.id is not None
    assert there.gateway.store.path(snapshot.update.id).read_bytes() == BUNDLE


async def test_an_offer_is_downloaded_and_installed_with_one_request(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        await there.offered(size=SIZE, sha256=SHA256)
        answer = await there.post("install?version=1.4.0")
        assert (answer.status, answer.json["id"]) == (202, there.snapshot.update.id)
        await installed(there)
        bundle = there.snapshot.update.bundle
        assert bundle is not None
        assert (bundle.filename, bundle.size, bundle.version) == ("m.raucb", SIZE, "1.4.0")
        again = await there.post("install")
        assert (again.status, again.code) == (409, "update-under-way")


async def test_no_process_is_left_behind(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        await there.offered(size=SIZE, sha256=SHA256)
        await there.post("install")
        await installed(there)
        assert not [child for child in psutil.Process().children() if "fetch" in " ".join(child.cmdline())]


async def test_what_was_cut_off_is_resumed_where_it_was(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        await there.offered(Page(BUNDLE, cut=THIRD, faults=2), size=SIZE, sha256=SHA256)
        await there.post("install")
        await installed(there)
        ranges = [asked.headers.get("range") for asked in server.asked if asked.path == "/m.raucb"]
        assert ranges == [None, f"bytes={THIRD}-", f"bytes={2 * THIRD}-"]
        assert {asked.headers.get("if-range") for asked in server.asked[2:]} == {'"one"'}


async def test_a_server_without_an_etag_is_asked_by_date_and_a_weak_one_is_none(tmp_path: Path, server: Server) -> None:
    date = {"Last-Modified": "Wed, 25 Nov 2026 12:00:00 GMT"}
    for number, etag in enumerate((None, 'W/"one"')):
        async with looking(tmp_path / str(number), server) as there:
            await there.offered(Page(BUNDLE, etag=etag, headers=date, cut=THIRD, faults=1), size=SIZE)
            await there.post("install")
            await installed(there)
            assert server.asked[-1].headers["if-range"] == date["Last-Modified"]


async def test_a_file_that_cannot_be_recognised_begins_anew(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        await there.offered(Page(BUNDLE, etag=None, cut=THIRD, faults=1))
        await there.post("install")
        await installed(there)
        assert "range" not in server.asked[-1].headers


async def test_a_file_that_changes_meanwhile_begins_anew(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        other = Page(b"other" + BUNDLE[5:], etag='"old"', cut=THIRD, faults=1)
        await there.offered(other)

        def change() -> None:
            server.pages["/m.raucb"] = Page(BUNDLE, etag='"new"')

        other.on_ask = change
        await there.post("install")
        await installed(there)
        assert server.asked[-1].headers["if-range"] == '"old"'
        assert there.gateway.files() == [f"{there.snapshot.update.id}.raucb"]


async def test_a_server_that_never_resumes_is_given_up_with_the_reason(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        await there.offered(Page(BUNDLE, ranges=False, cut=THIRD))
        await there.post("install")
        snapshot = await there.until(lambda snapshot: snapshot.last_update)
        assert snapshot.last_update is not None
        assert snapshot.last_update.reason is not None
        assert snapshot.last_update.reason.code == "bad-answer.changing"
        await there.gateway.until_no_file()


async def test_a_silent_server_is_asked_again(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server, stall_s=0.3) as there:
        await there.offered(Page(BUNDLE, stall=THIRD, faults=1), size=SIZE, sha256=SHA256)
        await there.post("install")
        await installed(there)


async def test_another_file_than_the_announced_one_is_never_given_to_rauc(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        corrupt = BUNDLE[:-1] + b"x"
        await there.offered(Page(corrupt), size=SIZE, sha256=SHA256)
        await there.post("install")
        snapshot = await there.until(lambda snapshot: snapshot.last_update)
        last = snapshot.last_update
        assert last is not None
        assert last.reason is not None
        assert (last.result, last.reason.code) == (Result.INTERRUPTED, "damaged.download")
        await there.gateway.until_no_file()
        assert not [c for c in there.gateway.rauc.commands if type(c).__name__ == "Inspect"]


REFUSED = {
    "bad-answer.size": (Page(BUNDLE + b"x"), {"size": SIZE}),
    "bad-answer.page": (Page(b"<html>", headers={"Content-Type": "text/html; charset=utf-8"}), {}),
    "bad-answer.status": (Page(status=404), {}),
    "bad-answer.no-length": (Page(headers={"Content-Length": "-"}), {}),
    "bad-answer.encoded": (Page(BUNDLE, headers={"Content-Encoding": "gzip"}), {}),
    "rate-limited": (Page(status=429), {}),
    "too-large": (Page(BUNDLE, lies=1 << 40), {}),
}


@pytest.mark.parametrize("code", REFUSED)
async def test_what_is_not_what_was_announced_is_refused_before_its_first_byte(
    tmp_path: Path, server: Server, code: str
) -> None:
    async with looking(tmp_path, server) as there:
        page, announcement = REFUSED[code]
        await there.offered(page, **announcement)
        answer = await there.post("install")
        assert answer.status in (502, 413)
        assert there.release.download_error is not None
        assert there.release.download_error.message.code == code
        assert (
            answer.message
            == (await there.gateway.ask("GET", "/api/status")).json["release"]["download_error"]["message"]
        )
        assert there.gateway.phase is Phase.IDLE
        assert not there.gateway.files()


async def test_without_space_it_does_not_begin(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    async with looking(tmp_path, server) as there:
        monkeypatch.setattr(type(there.gateway.store), "free", lambda _store: SIZE)
        await there.offered(size=SIZE)
        assert (await there.post("install")).code == "no-space"


async def test_a_low_battery_refuses_it_before_the_server_is_asked(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        await there.offered()
        there.gateway.state.dispatch(PowerObserved(mains=False, volts=3.0))
        assert (await there.post("install")).code == "low-battery"
        assert "/m.raucb" not in server.paths()


async def test_a_cancelled_download_ends_at_once_and_leaves_nothing(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        await there.offered(Page(BUNDLE, stall=THIRD), size=SIZE)
        await there.post("install")
        await there.until(lambda snapshot: snapshot.update.bundle and snapshot.update.bundle.received == THIRD)
        assert (await there.gateway.ask("POST", "/api/update/cancel", headers=there.cookie)).status == 200
        assert there.gateway.phase is Phase.IDLE
        await there.gateway.until_no_file()
        assert (await there.post("install")).status == 202  # and it can begin again


async def test_no_client_can_send_pieces_of_it(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        await there.offered(Page(BUNDLE, stall=THIRD), size=SIZE)
        where = f"/api/uploads/{(await there.post('install')).json['id']}"
        headers = {**there.cookie, "Tus-Resumable": "1.0.0"}
        for method in ("HEAD", "DELETE"):
            assert (await there.gateway.ask(method, where, headers=headers)).status == 404


async def test_an_upload_meanwhile_is_refused(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        await there.offered(Page(BUNDLE, stall=THIRD), size=SIZE)
        await there.post("install")
        headers = {**there.cookie, "Tus-Resumable": "1.0.0", "Upload-Length": "5"}
        assert (await there.gateway.ask("POST", "/api/uploads", headers=headers)).code == "update-under-way"


def journalled(there: Looking) -> Record:
    """What the journal holds by now."""
    records = [c.record for c in there.gateway.rauc.commands if isinstance(c, WriteJournal)]
    assert records[-1] is not None
    return records[-1]


async def left(there: Looking, record: Record) -> int:
    """Wait until the thread of a gateway that has ended has put what came onto the disk; gives how much that is."""
    async with asyncio.timeout(PATIENCE_S):
        while (received := there.gateway.store.offset(record.id)) != THIRD:  # noqa: ASYNC110 - a thread writes it
            await asyncio.sleep(0.005)
    return received


@pytest.mark.parametrize("boot_id", ["11111111-aaaa", "22222222-bbbb"])
async def test_a_restart_and_a_power_cut_resume_it(tmp_path: Path, server: Server, boot_id: str) -> None:
    async with looking(tmp_path, server) as there:
        await there.offered(Page(BUNDLE, stall=THIRD, faults=1), size=SIZE, sha256=SHA256)
        await there.post("install")
        await there.until(lambda snapshot: snapshot.update.bundle and snapshot.update.bundle.received == THIRD)
        record = journalled(there)
    received = await left(there, record)
    async with looking(tmp_path, server, boot_id=boot_id, record=record, received=received) as there:
        await installed(there)
        assert server.asked[-1].headers["range"] == f"bytes={THIRD}-"
        assert there.snapshot.update.record is not None
        assert there.snapshot.update.record.boot_id == boot_id


async def test_after_a_power_cut_before_the_digest_was_checked_it_still_is(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        await there.offered(Page(BUNDLE, stall=THIRD, faults=1), size=SIZE, sha256=SHA256)
        await there.post("install")
        await there.until(lambda snapshot: snapshot.update.bundle and snapshot.update.bundle.received == THIRD)
        record = journalled(there)
    await left(there, record)
    # All of it is on the disk, and something else than was announced.
    (tmp_path / "uploads" / f"{record.id}.part").write_bytes(BUNDLE[:-1] + b"x")
    write_durably(tmp_path / "uploads" / f"{record.id}.offset", b"%d" % SIZE)
    received = there.gateway.store.offset(record.id)
    assert received == SIZE - 1
    (tmp_path / "uploads" / f"{record.id}.part").write_bytes(b"x" + BUNDLE[1:])
    async with looking(tmp_path, server, record=record, received=received) as there:
        snapshot = await there.until(lambda snapshot: snapshot.last_update)
        assert snapshot.last_update is not None
        assert snapshot.last_update.reason is not None
        assert snapshot.last_update.reason.code == "damaged.download"


async def test_a_download_that_waits_goes_on_at_once_when_the_owner_asks(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        await there.offered(Page(BUNDLE, cut=THIRD, faults=1), size=SIZE, sha256=SHA256)
        server.pages["/m.raucb"].on_ask = lambda: server.pages.update({"/m.raucb": Page(status=503)})
        await there.post("install")
        await there.until(lambda snapshot: snapshot.update.cut_off)
        server.pages["/m.raucb"] = Page(BUNDLE)
        assert (await there.post("install")).status == 202
        await installed(there)


async def test_a_file_that_is_gone_for_good_ends_the_download_with_the_reason(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        await there.offered(Page(BUNDLE, cut=THIRD, faults=1), size=SIZE)
        server.pages["/m.raucb"].on_ask = lambda: server.pages.update({"/m.raucb": Page(status=410)})
        await there.post("install")
        snapshot = await there.until(lambda snapshot: snapshot.last_update)
        assert snapshot.last_update is not None
        assert snapshot.last_update.reason is not None
        assert snapshot.last_update.reason.code == "bad-answer.status"


async def test_the_process_that_speaks_http_may_die(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        page = Page(BUNDLE)

        def kill() -> None:
            page.on_ask = lambda: None
            for child in psutil.Process().children():
                if "fetch" in " ".join(child.cmdline()):
                    child.send_signal(signal.SIGKILL)

        await there.offered(page, size=SIZE, sha256=SHA256)
        page.on_ask = kill
        answer = await there.post("install")
        assert (answer.status, answer.code) == (500, "internal")
        await there.post("install")
        await installed(there)


async def test_the_daemon_speaks_no_tls_itself() -> None:
    program = "import sys; sys.modules['ssl'] = None; import mapio_display.releases.actor; print(sorted(sys.modules))"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert process.returncode == 0
    assert b"_ssl" not in out


async def test_a_part_of_another_range_than_asked_for_is_refused(server: Server) -> None:
    server.pages["/m"] = Page(BUNDLE, status=206, headers={"Content-Range": f"bytes 5-{SIZE - 1}/{SIZE}"})
    with pytest.raises(Refused, match="bad-answer"):
        await Fetcher(PATIENCE_S).open(f"{server.url}/m", 6, '"one"')


@pytest.mark.tools  # there is none where one is named
@pytest.mark.parametrize("program", [("/nowhere/python",), ("true",), ("sh", "-c", "exit 3")])
async def test_a_process_that_cannot_run_or_dies_at_once_is_a_fault_and_no_end(
    tmp_path: Path, server: Server, program: tuple[str, ...]
) -> None:
    async with looking(tmp_path, server, program=program) as there:
        assert (await there.post("check")).code == "internal"
        assert (await there.post("check")).code == "internal"


async def test_a_request_for_a_download_that_waits_is_answered_with_the_reason_and_asks_the_server_once(
    tmp_path: Path, server: Server
) -> None:
    async with looking(tmp_path, server) as there:
        await there.offered(Page(BUNDLE, cut=THIRD, faults=1), size=SIZE)
        server.pages["/m.raucb"].on_ask = lambda: server.pages.update({"/m.raucb": Page(status=503)})
        await there.post("install")
        await there.until(lambda snapshot: snapshot.update.cut_off)
        answer = await there.post("install")
        assert (answer.status, answer.code) == (502, "bad-answer")
        asked = len(server.asked)
        await asyncio.sleep(0.2)
        assert len(server.asked) - asked < 10


async def test_a_newer_version_takes_the_place_of_a_download_that_waits(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        await there.offered(Page(BUNDLE, cut=THIRD, faults=1), size=SIZE)
        server.pages["/m.raucb"].on_ask = lambda: server.pages.update({"/m.raucb": Page(status=503)})
        await there.post("install")
        await there.until(lambda snapshot: snapshot.update.cut_off)
        there.gateway.state.dispatch(CancelRequested())
        server.pages["/n.raucb"] = Page(BUNDLE)
        server.announce(version="1.5.0", url="n.raucb")
        await there.post("check")
        assert (await there.post("install")).status == 202
        await installed(there)
        assert there.snapshot.update.bundle is not None
        assert there.snapshot.update.bundle.filename == "n.raucb"


async def test_a_gateway_that_looks_nowhere_loads_nothing_for_it() -> None:
    program = "import sys; import mapio_display.daemon; print([m for m in sys.modules if 'releases' in m])"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    loaded = {name for name in eval(out) if not name.startswith(("mapio_display.words", "mapio_display.web"))}  # noqa: S307
    assert loaded == set()


async def test_a_download_that_no_thread_has_begun_is_closed_when_it_is_given_up(
    tmp_path: Path, server: Server
) -> None:
    loop, free = asyncio.get_running_loop(), threading.Event()
    async with looking(tmp_path, server) as there:
        await there.offered(Page(BUNDLE), size=SIZE)
        url = f"{server.url}/m.raucb"
        upload_id = there.intake.begin("m.raucb", SIZE, resumable=True)
        await there.intake.reserve(upload_id, SIZE)
        download = await Fetcher(PATIENCE_S).open(url)
        loop.set_default_executor(ThreadPoolExecutor(1))
        waits = loop.run_in_executor(None, free.wait)
        with suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                await there.intake.take(upload_id, lambda: download)
        assert download._fetch._process.returncode is not None
        free.set()
        await waits


async def test_a_download_that_is_cancelled_while_the_server_is_asked_again_ends(
    tmp_path: Path, server: Server
) -> None:
    async with looking(tmp_path, server) as there:
        await there.offered(Page(BUNDLE, cut=THIRD, faults=1), size=SIZE)

        def cancel() -> None:
            if len(server.asked) > 2:
                there.gateway.state.dispatch(CancelRequested())

        server.pages["/m.raucb"].on_ask = cancel
        await there.post("install")
        await there.until(lambda snapshot: snapshot.update.cut_off)
        await there.until(lambda snapshot: snapshot.update.id is None)
        await there.gateway.until_no_file()
        server.pages["/m.raucb"].on_ask = lambda: None
        await there.post("install")
        await installed(there)


async def test_a_file_that_became_another_than_the_announced_one_ends_the_download_with_the_reason(
    tmp_path: Path, server: Server
) -> None:
    async with looking(tmp_path, server) as there:
        await there.offered(Page(BUNDLE, cut=THIRD, faults=1), size=SIZE)
        changed = Page(BUNDLE + b"x", etag='"new"')
        server.pages["/m.raucb"].on_ask = lambda: server.pages.update({"/m.raucb": changed})
        await there.post("install")
        snapshot = await there.until(lambda snapshot: snapshot.release.download_error)
        assert snapshot.release.download_error is not None
        assert snapshot.release.download_error.message.code == "bad-answer.size"
        assert there.gateway.phase is Phase.IDLE
        await there.gateway.until_no_file()
