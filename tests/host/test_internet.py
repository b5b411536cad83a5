"""The Internet, played by a port of this machine."""

import socket

import pytest

from mapio_display.core.facts.network import InternetObserved
from mapio_display.host.internet import EVERY_S, InternetSource, answers
from tests.listener import Listener, running


async def test_it_is_looked_for_at_the_start_and_every_five_minutes() -> None:
    listener = Listener()
    with socket.create_server(("127.0.0.1", 0)) as far:
        port = far.getsockname()[1]
        async with running(InternetSource(listener, "127.0.0.1", port, pause=listener.pause).run):
            assert await listener.told() == [InternetObserved(True)]
            assert listener.paused_for == EVERY_S
            far.close()
            assert await listener.later() == [InternetObserved(False)]


@pytest.mark.parametrize("host", ["", "a" * 70 + ".invalid"])
async def test_what_is_no_host_is_not_reached(host: str) -> None:
    assert not await answers(host, 9)


async def test_a_host_that_takes_too_long_is_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as far:
        assert not await answers("127.0.0.1", far.getsockname()[1], patience_s=0.0)
