"""The front panel: how soon a press reaches the glass, and how often the daemon wakes while nobody presses."""

import asyncio
import json
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mapio_display.board.buttons import DEBOUNCE_S, ButtonSource
from mapio_display.board.lines import InputLine
from mapio_display.core.facts.buttons import Button
from mapio_display.core.facts.web import PinChanged
from mapio_display.panel.memory import Memory
from mapio_display.panel.screen import Screen
from mapio_display.panel.simulated import SimulatedTransport
from mapio_display.panel.trace import TracedTransport
from mapio_display.panel.waveshare import Driver
from mapio_display.state import State
from mapio_display.views.render import render
from mapio_display.views.sample import sample
from mapio_display.virtual.chip import VirtualPanel
from mapio_display.words.catalogue import ENGLISH
from tests.bench.figures import tell
from tests.bench.trace import REST_S, traced
from tests.board.lines import FakeChip, gpio_of
from tests.gateway.conftest import Gateway

PRESSES = 24
IDLE_S = 60.0


def button_to_byte(directory: Path) -> None:
    """From the debounced edge of a button to the first byte on SPI, panel at rest; no view as it was drawn before."""
    folder = directory / "button"
    folder.mkdir()
    trace = folder / "trace.jsonl"
    with _panel(folder / "chip.sock", folder / "glass.png"):
        asyncio.run(_press_and_look(folder, trace))
    rows = traced(trace)
    pressed = [row["t"] for row in traced(folder / "presses.jsonl")]
    bytes_after = [next(row["t"] for row in rows if row["t"] > t and row["op"] == "command") for t in pressed]
    times = [1000 * (byte - edge) for edge, byte in zip(pressed, bytes_after, strict=True)]
    tell("edge of a button to the first byte on SPI", times, "ms")


async def _press_and_look(folder: Path, trace: Path) -> None:
    """Turn the views by a line like the kernel's, on a panel with its real times."""
    chip = FakeChip("BUTTON_DOWN")
    state = State(sample("home"), lambda command: None)
    driver = Driver("epd2in13_V4", TracedTransport(SimulatedTransport(folder / "chip.sock"), trace))
    size = driver.width, driver.height
    screen = Screen(
        state, lambda view, seen: render(view, seen, size, words=ENGLISH), driver, Memory(folder / "panel.json", "boot")
    )

    def line(name: str) -> InputLine:
        return InputLine(name, gpio=gpio_of(chip))

    buttons = ButtonSource(state, {Button.DOWN: "BUTTON_DOWN"}, line=line)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(screen.run()), group.create_task(buttons.run())]
        with (folder / "presses.jsonl").open("w") as presses:
            for turn in range(PRESSES):
                state.dispatch(PinChanged(f"{turn:06}"))  # and with it another code
                await asyncio.sleep(REST_S)
                settled = time.monotonic()
                presses.write(json.dumps({"t": settled}) + "\n")
                chip.set("BUTTON_DOWN", 0, settled - 2 * DEBOUNCE_S)
                chip.pass_time(settled)
                chip.set("BUTTON_DOWN", 1, settled)
                chip.pass_time(settled + 2 * DEBOUNCE_S)
                await asyncio.sleep(REST_S)
        for task in tasks:
            task.cancel()


def wake_ups(gateway: Gateway) -> None:
    """How often any of the daemon's threads slept and woke, panel at rest, a minute long."""
    time.sleep(2 * REST_S)
    pid = gateway.facts["pids"]["daemon"]
    before = _slept(pid)
    time.sleep(IDLE_S)
    after = _slept(pid)
    times = sum(count - before.get(thread, 0) for thread, count in after.items())
    tell("idle, wake-ups of all threads", [times / IDLE_S], "a second")


def _slept(pid: int) -> dict[str, int]:
    """By each thread, how often it has gone to sleep by itself (proc(5), voluntary_ctxt_switches)."""
    counts = {}
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        counts[status.parent.name] = int(lines["voluntary_ctxt_switches"])
    return counts


@contextmanager
def _panel(path: Path, glass: Path) -> Iterator[None]:
    """The simulated panel, in a process of its own, as the chip is no part of the daemon's."""
    virtual = VirtualPanel(path, glass)
    virtual.listen()
    process = multiprocessing.get_context("fork").Process(target=lambda: asyncio.run(virtual.run()))
    process.start()
    yield
    process.kill()
    process.join()
