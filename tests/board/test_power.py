"""Charger lines as the kernel has them, and the firmware's command as a script."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from mapio_display.board.charger import ChargerSource
from mapio_display.board.lines import InputLine
from mapio_display.board.voltage import EVERY_S, VoltageSource, read_register
from mapio_display.config import Config
from mapio_display.core.facts.power import PowerObserved
from tests.board.lines import FakeChip, gpio_of
from tests.listener import PATIENCE_S, Listener, running

CHIPS = Config().power.pmic


def firmware(folder: Path, answers: str) -> str:
    command = folder / "vcgencmd"
    command.write_text(f'#!/bin/sh\n[ "$1" = pmicrd ] || exit 1\ncase "$2" in {answers} *) exit 1;; esac\n')
    command.chmod(0o755)
    return str(command)


class State:
    """Takes what was seen of the charger."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[PowerObserved] = asyncio.Queue()

    def dispatch(self, event: object) -> None:
        assert isinstance(event, PowerObserved)
        self.events.put_nowait(event)


def on(chip: FakeChip) -> Callable[[str], InputLine]:
    """Lines of this chip."""
    return lambda name: InputLine(name, gpio=gpio_of(chip))


async def test_mains_and_charging_are_reported_as_found_and_at_every_edge() -> None:
    chip, state = FakeChip("CHG_ACOK_N", "CHG_CHG_N"), State()
    events = state.events
    chip.levels["CHG_ACOK_N"] = 0
    charger = ChargerSource(state, "CHG_ACOK_N", "CHG_CHG_N", "", line=on(chip))
    async with running(charger.run), asyncio.timeout(PATIENCE_S):
        assert [await events.get() for _ in range(2)] == [PowerObserved(mains=True), PowerObserved(charging=False)]
        chip.set("CHG_ACOK_N", 1, 5.0)
        chip.pass_time(5.0)
        assert await events.get() == PowerObserved(mains=False)


async def test_a_line_that_is_lost_leaves_what_it_reported() -> None:
    chip, state = FakeChip("CHG_ACOK_N", "CHG_BOOST_N"), State()
    charger = ChargerSource(state, "CHG_ACOK_N", "", "CHG_BOOST_N", line=on(chip))
    async with running(charger.run), asyncio.timeout(PATIENCE_S):
        assert [await state.events.get() for _ in range(2)] == [PowerObserved(mains=False), PowerObserved(mains=True)]
        chip.taken["CHG_BOOST_N"].unplug()
        chip.set("CHG_ACOK_N", 0, 5.0)
        chip.pass_time(5.0)
        assert await state.events.get() == PowerObserved(mains=True)
    assert state.events.empty()


async def test_where_another_program_holds_the_mains_line_the_other_line_decides() -> None:
    chip, state = FakeChip("CHG_BOOST_N"), State()
    charger = ChargerSource(state, "CHG_ACOK_N", "", "CHG_BOOST_N", line=on(chip))
    async with running(charger.run), asyncio.timeout(PATIENCE_S):
        assert await state.events.get() == PowerObserved(mains=True)
        chip.set("CHG_BOOST_N", 0, 5.0)
        chip.pass_time(5.0)
        assert await state.events.get() == PowerObserved(mains=False)


async def test_a_line_without_a_name_is_left_to_others() -> None:
    asked: list[str] = []

    def line(name: str) -> InputLine:
        asked.append(name)
        return InputLine(name, gpio=gpio_of())

    ChargerSource(Listener(), "", "CHG_CHG_N", "", line=line)
    assert asked == ["CHG_CHG_N"]


async def test_the_voltage_of_either_power_chip_by_one_process_a_minute(tmp_path: Path) -> None:
    asked: list[str] = []

    async def read(command: str, register: str) -> int | None:
        asked.append(register)
        return await read_register(command, register)

    for answers, volts, registers in (
        ("0) echo '[00] = a0';; 1d) echo '[1d] = bb';;", 3.74, ["0", "1d", "1d"]),
        ("0) echo '[00] = 22';; 13) echo '[13] = 5e';;", 3.76, ["0", "13", "13"]),
    ):
        asked.clear()
        listener = Listener()
        source = VoltageSource(listener, firmware(tmp_path, answers), CHIPS, read=read, pause=listener.pause)
        async with running(source.run):
            assert await listener.told() == []
            for processes in (2, 3):
                assert listener.paused_for == EVERY_S
                assert await listener.later() == [PowerObserved(volts=volts)]
                assert asked == registers[:processes]


async def test_a_power_chip_that_the_board_does_not_name_is_not_asked(tmp_path: Path) -> None:
    asked: list[str] = []

    async def read(command: str, register: str) -> int | None:
        asked.append(register)
        return 0x22

    async with asyncio.timeout(PATIENCE_S):
        await VoltageSource(Listener(), "vcgencmd", CHIPS[:1], read=read).run()
    assert asked == ["0"]


async def test_without_a_power_chip_nothing_is_started_again(tmp_path: Path) -> None:
    for command in (str(tmp_path / "none"), firmware(tmp_path, "")):
        async with asyncio.timeout(PATIENCE_S):
            await VoltageSource(Listener(), command, CHIPS).run()
    assert await read_register(firmware(tmp_path, "0) echo error;;"), "0") is None


async def test_a_firmware_that_does_not_answer_in_time_is_asked_again_in_a_minute() -> None:
    answers = iter((TimeoutError(), 0xA0, TimeoutError(), 0xBB))

    async def read(command: str, register: str) -> int | None:
        if isinstance(answer := next(answers), TimeoutError):
            raise answer
        return answer

    listener = Listener()
    async with running(VoltageSource(listener, "vcgencmd", CHIPS, read=read, pause=listener.pause).run):
        assert await listener.told() == []
        assert listener.paused_for == EVERY_S
        assert await listener.later() == []
        assert await listener.later() == []
        assert await listener.later() == [PowerObserved(volts=3.74)]
