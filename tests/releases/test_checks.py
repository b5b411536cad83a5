"""Looking for a newer bundle: by a real process, from a real server, which may do anything."""

import asyncio
from pathlib import Path

import pytest

from mapio_display.core.facts.clock import Now
from mapio_display.errors import Refused
from mapio_display.releases.fetcher import Fetcher
from mapio_display.releases.schedule import own_minute
from tests.releases.conftest import Looking, looking
from tests.releases.server import Page, Server
from tests.web.gateway import PATIENCE_S

pytestmark = pytest.mark.usefixtures("without_proxy")


async def test_a_newer_version_is_found_and_the_status_has_it(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        server.announce(version="1.4.0", url="m.raucb", size=5, notes="New")
        answer = await there.post("check")
        assert (answer.status, answer.json) == (200, {"version": "1.4.0", "size": 5, "checking": False})
        release = (await there.gateway.ask("GET", "/api/status")).json["release"]
        assert (release["version"], release["notes"], release["error"]) == ("1.4.0", "New", None)
        assert release["checked_at"]
        assert server.asked[0].headers["user-agent"].startswith("mapio-display/")


async def test_only_who_has_the_pin_may_ask_install_or_dismiss(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        for what in ("check", "install", "dismiss"):
            assert (await there.gateway.ask("POST", f"/api/release/{what}")).status == 401
        assert not server.asked


async def test_an_unchanged_answer_costs_no_body_also_after_a_restart(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        server.announce(version="1.4.0", url="m.raucb")
        await there.post("check")
        kept = tmp_path / "release.json"
        async with asyncio.timeout(PATIENCE_S):
            while not kept.exists():  # noqa: ASYNC110 - a thread writes it
                await asyncio.sleep(0.005)
    async with looking(tmp_path, server) as there:
        assert there.release.version == "1.4.0"
        assert (await there.post("check")).json["version"] == "1.4.0"
        assert server.asked[-1].headers["if-none-match"] == server.pages["/stable.json"].etag


async def test_what_another_server_answered_means_nothing(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        server.announce(version="1.4.0", url="m.raucb")
        await there.post("check")
        await there.post("dismiss")
    async with looking(tmp_path, server, url=f"{server.url}/beta.json") as there:
        assert there.release.version is None
        server.announce("/beta.json", version="1.4.1", url="m.raucb")
        assert (await there.post("check")).json["version"] == "1.4.1"
        assert "if-none-match" not in server.asked[-1].headers


@pytest.mark.parametrize("content", ["{", "[]", '{"url": 5}', '{"url": "x", "announced": {"version": 1}}', "\0"])
async def test_a_file_that_makes_no_sense_is_forgotten(tmp_path: Path, server: Server, content: str) -> None:
    (tmp_path / "release.json").write_text(content)
    async with looking(tmp_path, server) as there:
        server.announce(version="1.4.0", url="m.raucb")
        assert (await there.post("check")).json["version"] == "1.4.0"


FAULTS = {
    "bad-answer.page": Page(b"<html>Sign in to the hotel's Wi-Fi</html>"),
    "bad-answer.status": Page(b"gone", status=410),
    "rate-limited": Page(b"{}", status=403, headers={"X-RateLimit-Remaining": "0"}),
    "bad-answer.no-json": Page(b"v2"),
    "bad-answer.too-large": Page(b" " * (2 << 20)),
    "bad-answer.redirects": Page(status=302, headers={"Location": "/stable.json"}),
    "bad-answer.redirect": Page(status=302, headers={"Location": "file:///etc/passwd"}),
    "no-answer.cut": Page(b'{"version": "1.4.0", "url": "m.raucb"}', lies=100),
    "bad-answer.no-http": Page(headers={f"X-{number}": "x" for number in range(200)}),
}


async def fails(there: Looking, page: Page, code: str) -> None:
    """A check that is answered by ``page`` fails for this reason, and changes nothing else."""
    there.server.pages["/stable.json"] = page
    answer = await there.post("check")
    assert answer.status == 502, code
    assert there.release.error is not None
    assert there.release.error.message.code == code
    assert answer.message == (await there.gateway.ask("GET", "/api/status")).json["release"]["error"]["message"]
    assert there.release.version == "1.4.0"


async def test_whatever_a_server_does_the_reason_is_reported_and_the_offer_stays(
    tmp_path: Path, server: Server
) -> None:
    async with looking(tmp_path, server) as there:
        await there.offered()
        for code, page in FAULTS.items():
            await fails(there, page, code)
        await fails(there, Page(b"", endless=True), "bad-answer.too-large")


async def test_a_server_that_falls_silent_is_given_up_and_the_offer_stays(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server, stall_s=0.3) as there:
        await there.offered()
        await fails(there, Page(b"{", stall=1, headers={"Content-Length": "-"}), "no-answer.endless")


async def test_a_server_that_is_not_there_is_named(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server, url="http://127.0.0.1:9/stable.json") as there:
        assert (await there.post("check")).message.startswith("The server 127.0.0.1 does not answer")
    async with looking(tmp_path, server, url="http://nowhere.invalid/stable.json") as there:
        assert (await there.post("check")).message.startswith("The server's name nowhere.invalid cannot be found")


async def test_it_is_followed_where_it_leads_to(tmp_path: Path, server: Server) -> None:
    async with looking(tmp_path, server) as there:
        server.pages["/stable.json"] = Page(
            status=302, headers={"Location": f"http://localhost:{server.port}/elsewhere/latest.json?a=b"}
        )
        server.announce("/elsewhere/latest.json", version="1.4.0", url="m.raucb")
        assert (await there.post("check")).json["version"] == "1.4.0"
        assert server.paths() == ["/stable.json", "/elsewhere/latest.json?a=b"]
        announced = there.release.announced
        assert announced is not None
        assert announced.url == f"http://localhost:{server.port}/elsewhere/m.raucb"


async def test_the_proxy_of_the_environment_is_asked(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://user:secret@127.0.0.1:{server.port}")
    async with looking(tmp_path, server, url="http://example.org/stable.json") as there:
        server.announce("http://example.org/stable.json", version="1.4.0", url="m.raucb")
        assert (await there.post("check")).json["version"] == "1.4.0"
        assert server.asked[0].headers["proxy-authorization"] == "Basic dXNlcjpzZWNyZXQ="
        assert server.asked[0].headers["host"] == "example.org"
        monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:9")
        assert (await there.post("check")).message.startswith("Only a proxy with an address that begins with http://")
        monkeypatch.setenv("no_proxy", "example.org")
        assert "name example.org" in (await there.post("check")).message


class Clock:
    """Both clocks, moved by who waits for them."""

    def __init__(self, wall: float) -> None:
        self.wall = wall
        self.mono = 0.0
        self.moves = asyncio.Semaphore(0)
        self.waits = asyncio.Event()

    def __call__(self) -> Now:
        return Now(self.mono, self.wall)

    async def pause(self, seconds: float) -> None:
        self.waits.set()
        await self.moves.acquire()
        self.wall += seconds
        self.mono += seconds

    async def pass_minutes(self, count: int) -> None:
        for _ in range(count):
            await self.waits.wait()
            self.waits.clear()
            self.moves.release()
        await self.waits.wait()


async def test_it_looks_once_a_day_when_the_network_has_been_there_for_minutes(tmp_path: Path, server: Server) -> None:
    clock = Clock(1_795_608_000.0)
    async with looking(tmp_path, server, clock=clock, pause=clock.pause, daily=True) as there:
        server.announce(version="1.4.0", url="m.raucb")
        there.connected(there=False)
        await clock.pass_minutes(10)
        assert not server.asked
        there.connected(there=True)
        await clock.pass_minutes(3)
        assert not server.asked
        await clock.pass_minutes(1)
        await there.until(lambda snapshot: snapshot.release.version == "1.4.0")
        minute = own_minute(there.gateway.credentials.identity)
        until_due = round((60 * minute - clock.wall) % 86400 / 60)
        await clock.pass_minutes(max(0, until_due - 2))
        assert len(server.asked) == 1
        await clock.pass_minutes(3)
        await there.until(lambda snapshot: len(server.asked) == 2 and not snapshot.release.checking)
        await clock.pass_minutes(1430)
        assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("status", "headers", "code"),
    [
        (403, {"X-RateLimit-Remaining": "0"}, "rate-limited"),
        (403, {"Retry-After": "60"}, "rate-limited"),
        (429, {}, "rate-limited"),
        (403, {"X-RateLimit-Remaining": "59"}, "bad-answer.status"),
        (404, {"X-RateLimit-Remaining": "0"}, "bad-answer.status"),
    ],
)
async def test_only_a_limit_that_was_reached_is_called_one(
    server: Server, status: int, headers: dict[str, str], code: str
) -> None:
    server.pages["/stable.json"] = Page(b"{}", status=status, headers=headers)
    with pytest.raises(Refused) as refused:
        await Fetcher(PATIENCE_S).small(f"{server.url}/stable.json", None, 1000)
    assert refused.value.failure.message.code == code
