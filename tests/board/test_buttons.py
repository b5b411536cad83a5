"""The buttons, from the electrical level to the event: bounce, a full buffer, lines that are not to be had."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from mapio_display.board.buttons import DEBOUNCE_S, ButtonSource
from mapio_display.board.lines import BUFFER, FIRST_PAUSE_S, LONGEST_PAUSE_S, InputLine
from mapio_display.core.facts.buttons import Button, ButtonLost, ButtonPressed, ButtonReleased
from mapio_display.core.facts.event import Event
from tests.board.lines import FakeChip, gpio_of
from tests.listener import PATIENCE_S, Listener, running

NAMES = {Button.UP: "BUTTON_UP", Button.DOWN: "BUTTON_DOWN", Button.MID: "BUTTON_MID"}


class Board:
    """An expander with UP and DOWN, a SoC with MID, and the source on them."""

    def __init__(self) -> None:
        self.takings = asyncio.Semaphore(0)
        self.chips = {
            "/dev/gpiochip0": FakeChip("BUTTON_MID", on_taken=self.takings.release),
            "/dev/gpiochip1": FakeChip("BUTTON_DOWN", "BUTTON_UP", on_taken=self.takings.release),
        }
        self.events: asyncio.Queue[Event] = asyncio.Queue()

    def dispatch(self, event: Event) -> None:
        self.events.put_nowait(event)

    def line(self, name: str) -> InputLine:
        return InputLine(name, debounce_s=DEBOUNCE_S, gpio=gpio_of(*self.chips.values()))

    def chip(self, button: Button) -> FakeChip:
        return next(chip for chip in self.chips.values() if NAMES[button] in chip.levels)

    def press(self, button: Button, at: float, seconds: float = 0.1) -> None:
        for level, when in ((0, at), (1, at + seconds)):
            self.chip(button).set(NAMES[button], level, when)
            self.chip(button).pass_time(when + 0.02)

    async def told(self, count: int) -> list[Event]:
        async with asyncio.timeout(PATIENCE_S):
            return [await self.events.get() for _ in range(count)]

    async def all_taken(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            for _ in NAMES:
                await self.takings.acquire()


@pytest.fixture
async def board() -> AsyncIterator[Board]:
    board = Board()
    async with running(ButtonSource(board, NAMES, line=board.line).run):
        await board.all_taken()
        yield board


async def test_a_press_is_reported_with_the_kernels_times(board: Board) -> None:
    board.press(Button.UP, 50.0)
    pressed, released = await board.told(2)
    assert pressed == ButtonPressed(Button.UP, 50.0 + DEBOUNCE_S)
    assert released == ButtonReleased(Button.UP, 50.1 + DEBOUNCE_S)


async def test_bounce_is_one_press(board: Board) -> None:
    chip = board.chip(Button.DOWN)
    for at, level in ((1.0, 0), (1.001, 1), (1.002, 0), (1.004, 1), (1.005, 0), (1.2, 1), (1.201, 0), (1.202, 1)):
        chip.set("BUTTON_DOWN", level, at)
    chip.pass_time(1.3)
    assert [type(event) for event in await board.told(2)] == [ButtonPressed, ButtonReleased]
    assert board.events.empty()


async def test_presses_that_the_kernel_had_no_room_for_are_reported_too(board: Board) -> None:
    presses = BUFFER  # two edges each
    for number in range(presses):
        board.press(Button.UP, 10.0 + number)
    events = await board.told(2 * presses)
    assert [type(event) for event in events] == [ButtonPressed, ButtonReleased] * presses
    assert board.events.empty()


async def test_a_release_that_the_kernel_had_no_room_for_is_reported_and_it_ends_as_the_button_is(board: Board) -> None:
    chip = board.chip(Button.MID)
    chip.set("BUTTON_MID", 0, 10.0)
    chip.pass_time(10.1)
    assert await board.told(1) == [ButtonPressed(Button.MID, 10.0 + DEBOUNCE_S)]
    for number in range(BUFFER + 1):  # the first of them is the release
        chip.set("BUTTON_MID", (number + 1) % 2, 11.0 + number)
        chip.pass_time(11.1 + number)
    events = await board.told(BUFFER + 1)
    assert events[0] == ButtonReleased(Button.MID, 12.0 + DEBOUNCE_S)  # when at the latest
    assert events[-1] == ButtonReleased(Button.MID, 11.0 + BUFFER + DEBOUNCE_S)
    assert board.events.empty()


async def test_a_button_whose_chip_goes_away_is_lost(board: Board) -> None:
    chip = board.chip(Button.MID)
    chip.set("BUTTON_MID", 0, 10.0)
    chip.pass_time(10.1)
    assert await board.told(1) == [ButtonPressed(Button.MID, 10.0 + DEBOUNCE_S)]
    chip.taken["BUTTON_MID"].unplug()
    assert await board.told(1) == [ButtonLost(Button.MID)]


async def test_mid_on_the_other_chip_is_read(board: Board) -> None:
    board.press(Button.MID, 7.0, seconds=4.0)
    pressed, released = await board.told(2)
    assert isinstance(pressed, ButtonPressed)
    assert isinstance(released, ButtonReleased)
    assert released.at - pressed.at == pytest.approx(4.0)


async def test_the_lines_are_given_back_at_the_end() -> None:
    board = Board()
    async with running(ButtonSource(board, NAMES, line=board.line).run):
        await board.all_taken()
    assert not any(chip.taken for chip in board.chips.values())


async def test_a_button_that_is_found_down_was_not_pressed() -> None:
    board = Board()
    board.chip(Button.MID).levels["BUTTON_MID"] = 0
    async with running(ButtonSource(board, NAMES, line=board.line).run):
        await board.all_taken()
        board.press(Button.UP, 5.0)
        assert (await board.told(1))[0] == ButtonPressed(Button.UP, 5.0 + DEBOUNCE_S)


@pytest.mark.parametrize("name", ["BUTTON_UP", "99"])
async def test_a_line_that_is_not_there_is_looked_for_in_growing_pauses(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    listener = Listener()
    line = InputLine(name, gpio=gpio_of(FakeChip("BUTTON_DOWN")))
    pauses = []
    async with running(lambda: line.follow(lambda level: None, pause=listener.pause)):
        await listener.told()
        for _ in range(8):
            pauses.append(listener.paused_for)
            await listener.later()
    assert (pauses[:3], pauses[-1]) == ([FIRST_PAUSE_S, 2.0, 4.0], LONGEST_PAUSE_S)
    assert caplog.text.count(f"No GPIO chip of this machine has the line {name}") == 1


async def test_a_line_that_another_program_holds_is_taken_when_it_is_free_and_again_when_its_chip_comes_back() -> None:
    listener, chip, heard = Listener(), FakeChip("CHG"), asyncio.Queue[bool | None]()
    line = InputLine("CHG", gpio=gpio_of(chip))
    holder = InputLine("CHG", gpio=gpio_of(chip)).take()
    async with running(lambda: line.follow(lambda level: heard.put_nowait(level.active), pause=listener.pause)):
        await listener.told()
        with holder:
            pass
        listener.go_on()
        async with asyncio.timeout(PATIENCE_S):
            assert await heard.get() is False
            chip.taken["CHG"].unplug()
            await listener.told()
            assert await heard.get() is None
            listener.go_on()
            assert await heard.get() is False
