"""What is still read of a connection that has had its last answer."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from mapio_display.web.http.farewell import TURN_S, Farewell


class Transport(asyncio.Transport):
    """One that notes whether it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.is_read = False

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def write_eof(self) -> None:
        pass


async def test_the_more_senders_are_dropped_the_less_is_read_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[float, Callable[[], object]]] = []
    loop = asyncio.get_running_loop()

    def call_later(delay: float, callback: Callable[[], object], *rest: Any) -> asyncio.TimerHandle:
        calls.append((delay, callback))
        return asyncio.TimerHandle(loop.time() + delay, callback, (), loop)

    monkeypatch.setattr(loop, "call_later", call_later)
    transports = [Transport() for _ in range(8)]
    farewells = [Farewell(b"", lambda: None) for _ in transports]
    for farewell, transport in zip(farewells, transports, strict=True):
        farewell.connection_made(transport)
    assert [transport.is_read for transport in transports] == 8 * [True]

    farewells[0].data_received(b"x" * 100)

    delay, resume = calls[-1]
    assert [transport.is_read for transport in transports] == [False] + 7 * [True]
    assert delay == pytest.approx(8 * TURN_S)
    resume()
    assert [transport.is_read for transport in transports] == 8 * [True]

    for farewell in farewells[1:]:
        farewell.connection_lost(None)
    farewells[0].data_received(b"x" * 100)
    assert calls[-1][0] == pytest.approx(TURN_S)
    farewells[0].connection_lost(None)
