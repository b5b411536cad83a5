"""The LEDs in a sysfs tree of files."""

import asyncio
from pathlib import Path

import pytest

from mapio_display.board.leds import BLINK_MS, Leds
from mapio_display.core.facts.daemon import Daemon
from mapio_display.core.front.lights import GREEN, ORANGE_BLINKING, RED, Light
from mapio_display.core.snapshot import Snapshot
from tests.listener import PATIENCE_S, running


class Sysfs:
    """``LED1`` to ``LED3`` as the kernel has them, with the timer's files always there."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.folder = folder
        for name in names:
            for colour in "RGB":
                led = folder / f"{name}_{colour}"
                led.mkdir(parents=True)
                for file, text in (("brightness", "7"), ("max_brightness", "31"), ("trigger", "none")):
                    (led / file).write_text(text)
                (led / "delay_on").write_text("0")
                (led / "delay_off").write_text("0")

    def brightness(self, name: str) -> tuple[str, ...]:
        return tuple((self.folder / f"{name}_{colour}/brightness").read_text() for colour in "RGB")

    def triggers(self, name: str) -> tuple[str, ...]:
        return tuple((self.folder / f"{name}_{colour}/trigger").read_text() for colour in "RGB")


class Turns:
    """A state whose snapshot the test changes, and which tells when it was looked at."""

    def __init__(self) -> None:
        self.snapshot = Snapshot(Daemon("0"))
        self._looked = asyncio.Semaphore(0)
        self._next = asyncio.Semaphore(0)

    async def after(self, seen: Snapshot) -> Snapshot:
        self._looked.release()
        await self._next.acquire()
        return self.snapshot

    async def written(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await self._looked.acquire()

    async def again(self) -> None:
        self._next.release()
        await self.written()


async def test_colours_and_blinking(tmp_path: Path) -> None:
    sysfs, state, light = Sysfs(tmp_path, "LED1", "LED2"), Turns(), [GREEN]
    async with running(Leds(state, tmp_path, {"LED1": lambda _: light[0]}).run):
        await state.written()
        assert sysfs.brightness("LED1") == ("0", "31", "0")
        light[0] = ORANGE_BLINKING
        await state.again()
        assert sysfs.brightness("LED1") == ("31", "31", "0")
        assert sysfs.triggers("LED1") == ("timer", "timer", "none")
        assert (tmp_path / "LED1_R/delay_on").read_text() == (tmp_path / "LED1_G/delay_off").read_text()
        assert (tmp_path / "LED1_R/delay_on").read_text() == str(BLINK_MS)
        light[0] = RED
        await state.again()
        assert sysfs.brightness("LED1") == ("31", "0", "0")
        assert sysfs.triggers("LED1") == ("none", "none", "none")
        light[0] = Light()
        await state.again()
        assert sysfs.brightness("LED1") == ("0", "0", "0")
    assert sysfs.brightness("LED2") == ("7", "7", "7")


async def test_an_led_may_have_other_names_of_its_colours_and_lack_some(tmp_path: Path) -> None:
    for name in ("status:red", "status:green"):
        led = tmp_path / name
        led.mkdir()
        for file, text in (("brightness", "0"), ("max_brightness", "1"), ("trigger", "none")):
            (led / file).write_text(text)
    state = Turns()
    async with running(Leds(state, tmp_path, {"status": lambda _: GREEN}, (":red", ":green", ":blue")).run):
        await state.written()
    assert [(tmp_path / f"status:{colour}/brightness").read_text() for colour in ("red", "green")] == ["0", "1"]


async def test_nothing_is_written_without_a_change(tmp_path: Path) -> None:
    sysfs, state = Sysfs(tmp_path, "LED1"), Turns()
    async with running(Leds(state, tmp_path, {"LED1": lambda _: RED}).run):
        await state.written()
        (tmp_path / "LED1_R/brightness").write_text("somebody else's")
        await state.again()
    assert sysfs.brightness("LED1")[0] == "somebody else's"


async def test_a_board_without_leds_is_fine(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    state = Turns()
    async with running(Leds(state, tmp_path / "none", {"LED1": lambda _: RED}).run):
        await state.written()
    assert (caplog.text, list(tmp_path.iterdir())) == ("", [])


async def test_an_led_whose_driver_comes_late_is_lit_at_the_next_change_of_anything(tmp_path: Path) -> None:
    state = Turns()
    async with running(Leds(state, tmp_path, {"LED1": lambda _: RED}).run):
        await state.written()
        sysfs = Sysfs(tmp_path, "LED1")
        await state.again()
    assert sysfs.brightness("LED1") == ("31", "0", "0")


async def test_an_led_that_cannot_be_written_is_reported_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Sysfs(tmp_path, "LED1")
    (tmp_path / "LED1_G/trigger").unlink()
    (tmp_path / "LED1_G/trigger").mkdir()
    state = Turns()
    async with running(Leds(state, tmp_path, {"LED1": lambda _: RED}).run):
        await state.written()
        await state.again()
    assert caplog.text.count("cannot be set") == 1


class WithoutTimer(Sysfs):
    """A kernel without the trigger ``timer``: a write of any other than ``none`` is refused."""

    def refuse(self, led: str) -> None:
        (self.folder / led / "delay_on").unlink()
        (self.folder / led / "delay_off").unlink()


async def test_without_the_timer_a_light_that_should_blink_is_steady_and_has_its_colour(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sysfs, state, light = WithoutTimer(tmp_path, "LED1"), Turns(), [RED]
    for colour in "RGB":
        sysfs.refuse(f"LED1_{colour}")
    async with running(Leds(state, tmp_path, {"LED1": lambda _: light[0]}).run):
        await state.written()
        assert sysfs.brightness("LED1") == ("31", "0", "0")
        light[0] = Light(green=True, blinking=True)
        await state.again()
        assert sysfs.brightness("LED1") == ("0", "31", "0")
        assert sysfs.triggers("LED1") == ("none", "none", "none")
    assert caplog.records == []


async def test_an_led_that_cannot_be_set_is_reported_once_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sysfs, state, light = Sysfs(tmp_path, "LED1"), Turns(), [RED]
    broken = tmp_path / "LED1_R" / "brightness"
    broken.unlink()
    broken.mkdir()
    async with running(Leds(state, tmp_path, {"LED1": lambda _: light[0]}).run):
        await state.written()
        await state.again()
        broken.rmdir()
        broken.write_text("0")
        await state.again()
        assert sysfs.brightness("LED1") == ("31", "0", "0")
    assert [record.getMessage() for record in caplog.records] == ["The LED LED1_R cannot be set: Is a directory"]
