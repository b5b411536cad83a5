"""The control interface, held to the real wpa_supplicant; the scripted one is held to the same."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mapio_display.core.ssid import ssid_of
from mapio_display.errors import WpaError
from mapio_display.host.wpa.control import LONGEST, MOST_EVENTS, Control, control
from mapio_display.host.wpa.words import Listed, connected_to, listed
from tests.host.wpa.conftest import RealWpa, needs_root

STRANGE = b'a"\\\n\t\x1b\xff\x00 end'


async def test_a_network_is_added_set_listed_selected_and_removed(either: Control) -> None:
    assert await either.ask("PING") == "PONG"
    assert connected_to(await either.ask("STATUS")) is None
    assert await either.ask("LIST_NETWORKS") == "network id / ssid / bssid / flags"
    assert [await either.ask("ADD_NETWORK") for _ in range(2)] == ["0", "1"]
    for setting in (
        f"ssid {STRANGE.hex()}",
        "scan_ssid 1",
        "key_mgmt WPA-PSK WPA-PSK-SHA256 SAE",
        f"psk {'ab' * 32}",
        "sae_password 2323232322",
        "ieee80211w 1",
        "priority 7",
    ):
        await either.do(f"SET_NETWORK 0 {setting}")
    assert listed(await either.ask("LIST_NETWORKS")) == [
        Listed(0, ssid_of(STRANGE), False),
        Listed(1, ssid_of(b""), False),
    ]
    assert [each.number for each in listed(await either.ask("LIST_NETWORKS LAST_ID=0"))] == [1]
    await either.do("SELECT_NETWORK 0")
    assert [each.enabled for each in listed(await either.ask("LIST_NETWORKS"))] == [True, False]
    await either.do("ENABLE_NETWORK 1")
    assert [each.enabled for each in listed(await either.ask("LIST_NETWORKS"))] == [True, True]
    await either.do("DISABLE_NETWORK 1")
    assert [each.enabled for each in listed(await either.ask("LIST_NETWORKS"))] == [True, False]
    await either.do("SET country FR")
    await either.do("REMOVE_NETWORK 0")
    await either.do("REASSOCIATE")
    await either.do("DISCONNECT")
    assert [each.number for each in listed(await either.ask("LIST_NETWORKS"))] == [1]


@pytest.mark.parametrize(
    "request_",
    [
        "SET_NETWORK 0 ssid 4",
        f"SET_NETWORK 0 ssid {33 * '41'}",
        'SET_NETWORK 0 psk "short"',
        f"SET_NETWORK 0 psk {'ab' * 31}",
        "SET_NETWORK 0 key_mgmt MAGIC",
        "SET_NETWORK 0 no_such_variable 1",
        "SET_NETWORK 9 ssid 41",
        "SELECT_NETWORK 9",
        "REMOVE_NETWORK 9",
    ],
)
async def test_what_cannot_be_is_refused(either: Control, request_: str) -> None:
    await either.ask("ADD_NETWORK")
    with pytest.raises(WpaError, match="FAIL"):
        await either.do(request_)


async def test_an_unknown_request_is_answered_too(either: Control) -> None:
    assert await either.ask("NO_SUCH_REQUEST") == "UNKNOWN COMMAND"
    assert await either.ask("BSS RANGE=100000- MASK=0x1881") == ""


async def test_events_come_between_answers(either: Control) -> None:
    number = await either.ask("SCAN TYPE=ONLY use_id=1")
    assert number.isdecimal()
    async with asyncio.timeout(10):
        while not (await either.event()).startswith(("CTRL-EVENT-SCAN-FAILED", f"CTRL-EVENT-SCAN-RESULTS id={number}")):
            pass
    assert await either.ask("PING") == "PONG"


async def without_end(link: Control) -> None:
    while True:
        await link.event()


@needs_root
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_when_it_ends_waiting_and_asking_raise(real_wpa: RealWpa, number: int) -> None:
    await asyncio.to_thread(real_wpa.start)
    async with control(real_wpa.path) as link:
        await asyncio.to_thread(real_wpa.end, number)
        with pytest.raises(WpaError):
            await link.ask("PING")
        with pytest.raises(WpaError):
            await without_end(link)


async def test_without_one_the_reason_names_the_socket(tmp_path: Path) -> None:
    with pytest.raises(WpaError, match="wlan0: No such file or directory"):
        async with control(tmp_path / "wlan0"):
            pass


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[socket.socket]:
    """A peer that the test speaks for."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer:
        peer.bind(str(tmp_path / "wlan0"))
        peer.settimeout(10)
        yield peer


@asynccontextmanager
async def spoken_for(tmp_path: Path, peer: socket.socket) -> AsyncIterator[tuple[Control, Any]]:
    """A connection to the peer, and its address."""

    def attach() -> Any:
        request, sender = peer.recvfrom(100)
        assert request == b"ATTACH"
        peer.sendto(b"OK\n", sender)
        return sender

    answering = asyncio.get_running_loop().run_in_executor(None, attach)
    async with control(tmp_path / "wlan0") as link:
        yield link, await answering


async def test_one_that_is_silent_is_given_up_and_a_late_answer_is_dropped(tmp_path: Path, peer: socket.socket) -> None:
    async with spoken_for(tmp_path, peer) as (link, sender):
        with pytest.raises(WpaError, match="no answer within"):
            await link.ask("STATUS", patience_s=0.01)
        peer.sendto(b"wpa_state=COMPLETED\n", sender)
        with pytest.raises(WpaError, match="no answer within"):
            await link.ask("PING")


async def test_events_without_end_and_answers_of_any_length_do_not_grow_it(tmp_path: Path, peer: socket.socket) -> None:
    async with spoken_for(tmp_path, peer) as (link, sender):
        for number in range(MOST_EVENTS + 50):
            link.datagram_received(b"<3>EVENT %d" % number, None)
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(link.ask("STATUS"))
            await asyncio.to_thread(peer.recvfrom, 100)
            peer.sendto(b"x" * 100_000, sender)
        assert len(asking.result()) == LONGEST
        assert await link.event() == "EVENT 50", "the newest count"


async def test_datagrams_of_other_senders_are_ignored(tmp_path: Path, peer: socket.socket) -> None:
    async with spoken_for(tmp_path, peer) as (_, sender):
        stranger = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with stranger, pytest.raises(PermissionError):
            stranger.sendto(b"<3>CTRL-EVENT-CONNECTED", sender)
