"""The trace of the wires: a line of JSON an event, as a logic analyser would see it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mapio_display.errors import PanelError
from mapio_display.panel.trace import TracedTransport
from mapio_display.panel.transport import Transport
from mapio_display.panel.waveshare import Driver
from tests.panel.fakes import Bench, HeldTime, noise, trace_of

Trace = Callable[..., TracedTransport]


class Script:
    """A transport whose BUSY follows a script."""

    def __init__(self, *levels: int) -> None:
        self.levels = list(levels)

    def open(self) -> None: ...

    def close(self) -> None: ...

    def reset(self, level: int) -> None: ...

    def write(self, dc: int, data: bytes) -> None: ...

    def busy(self) -> int:
        return self.levels.pop(0)

    def wait_for_edge(self, seconds: float) -> bool:
        return False


@pytest.fixture
def trace(tmp_path: Path) -> Iterator[Trace]:
    """Opens a traced transport; all are closed in the end."""
    opened: list[TracedTransport] = []

    def start(transport: Transport, monotonic: Callable[[], float] = time.monotonic) -> TracedTransport:
        traced = TracedTransport(transport, tmp_path / "trace", monotonic)
        traced.open()
        opened.append(traced)
        return traced

    yield start
    for traced in opened:
        traced.close()


def test_each_event_is_a_line_of_json_with_its_time(trace: Trace, tmp_path: Path) -> None:
    held = HeldTime()
    traced = trace(Script(), held.now)
    traced.reset(0)
    held.sleep(0.002)
    traced.reset(1)
    traced.write(0, b"\x24")
    traced.write(1, b"\x00\xff")
    assert trace_of(tmp_path / "trace") == [
        {"t": 100.0, "op": "reset", "level": 0},
        {"t": 100.002, "op": "reset", "level": 1},
        {"t": 100.002, "op": "command", "byte": 0x24},
        {"t": 100.002, "op": "data", "hex": "00ff"},
    ]


def test_busy_is_written_when_it_changes_and_at_the_end_of_every_wait(trace: Trace, tmp_path: Path) -> None:
    traced = trace(Script(0, 1, 1, 1, 0, 0, 1, 1))
    for wait in (1, 4, 1):
        for _ in range(wait):
            traced.busy()
        traced.write(0, b"\x7f")
    levels = [line.get("level", "command") for line in trace_of(tmp_path / "trace")]
    assert levels == [0, "command", 1, 0, "command", 0, "command"]


def test_a_wait_that_is_given_up_ends_with_the_level_that_it_had(trace: Trace, tmp_path: Path) -> None:
    held = HeldTime()
    traced = trace(Script(1, 1, 1), held.now)
    for _ in range(3):
        traced.busy()
        held.sleep(1)
    traced.reset(0)
    lines = trace_of(tmp_path / "trace")
    assert [(line["t"], line["op"], line["level"]) for line in lines] == [
        (100.0, "busy", 1),
        (102.0, "busy", 1),
        (103.0, "reset", 0),
    ]


def test_a_line_is_in_the_file_before_the_next_event(trace: Trace, tmp_path: Path) -> None:
    traced = trace(Script())
    traced.write(1, bytes(4000))
    assert len(trace_of(tmp_path / "trace")) == 1


def test_a_trace_goes_on_where_it_ended(tmp_path: Path) -> None:
    for _ in range(2):
        traced = TracedTransport(Script(), tmp_path / "trace")
        traced.open()
        traced.reset(0)
        traced.close()
    assert len(trace_of(tmp_path / "trace")) == 2


def test_a_trace_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    traced = TracedTransport(Script(), tmp_path / "missing" / "trace")
    with pytest.raises(PanelError, match="missing/trace cannot be written: No such file"):
        traced.open()


def test_a_traced_refresh_shows_both_rams_the_activation_and_the_sleep(trace: Trace, tmp_path: Path) -> None:
    bench = Bench()
    traced = trace(bench.wires, bench.time.now)
    driver = Driver("epd2in13_V4", traced, monotonic=bench.time.now, sleep=bench.time.sleep)
    driver.full(noise(1))
    driver.partial(noise(1), noise(2))
    bench.assert_shows(noise(2))
    lines = trace_of(tmp_path / "trace")
    times = [line["t"] for line in lines]
    assert times == sorted(times)  # type: ignore[type-var]
    commands = [line["byte"] for line in lines if line["op"] == "command"]
    assert [byte for byte in commands if byte in (0x26, 0x24, 0x20, 0x10)] == [0x26, 0x24, 0x20, 0x10] * 2
    frames = [str(line["hex"]) for line in lines if line["op"] == "data" and len(str(line["hex"])) == 2 * 4000]
    assert len(frames) == 4
    assert frames[0] == frames[1] == frames[2] != frames[3]
    assert (lines[-2]["byte"], lines[-1]["hex"]) == (0x10, "01")
