"""Power by a file that a person writes with whatever editor."""

import asyncio
from pathlib import Path

import pytest

from mapio_display.board.power_file import read_power
from mapio_display.core.facts.power import PowerObserved
from mapio_display.host.file_source import LOOK_AGAIN_S, FileSource
from tests.host.conftest import Events
from tests.listener import PATIENCE_S, Listener, running

GOOD = '{"mains": true, "charging": false, "volts": 3.9}'


async def test_it_is_reported_at_the_start_and_at_once_when_the_file_is_written_or_replaced(tmp_path: Path) -> None:
    file, events = tmp_path / "power.json", Events()
    file.write_text(GOOD)
    async with running(FileSource(events, file, read_power).run), asyncio.timeout(PATIENCE_S):
        assert await events.until(PowerObserved) == PowerObserved(True, False, 3.9)
        file.write_text('{"mains": false')  # and the rest later
        file.write_text('{"mains": false}')
        assert await events.until(PowerObserved) == PowerObserved(mains=False)
        (tmp_path / "new").write_text('{"volts": 3}')
        (tmp_path / "new").replace(file)
        assert await events.until(PowerObserved) == PowerObserved(volts=3)


@pytest.mark.parametrize("text", ["", "[]", "7", '{"mains": 1}', '{"volts": "3.9"}', '{"volts": true}', "{"])
async def test_what_cannot_be_understood_is_reported_and_changes_nothing(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    file, events = tmp_path / "power.json", Events()
    file.write_text(text)
    with pytest.raises(ValueError, match=r"must|Expecting"):
        read_power(file)
    async with running(FileSource(events, file, read_power).run), asyncio.timeout(PATIENCE_S):
        while not caplog.records:  # noqa: ASYNC110 - a log tells nobody
            await asyncio.sleep(0)
        file.write_text(GOOD)
        assert await events.until(PowerObserved) == PowerObserved(True, False, 3.9)
    assert len(caplog.records) == 1


async def test_a_folder_that_comes_late_and_goes_and_comes_again_is_waited_for(tmp_path: Path) -> None:
    file, listener = tmp_path / "late" / "power.json", Listener()
    async with running(FileSource(listener, file, read_power, pause=listener.pause).run):
        for volts in (3.9, 3.8):
            assert await listener.told() == []
            assert listener.paused_for == LOOK_AGAIN_S
            file.parent.mkdir()
            listener.go_on()
            file.write_text(f'{{"volts": {volts}}}')
            assert await listener.next() == PowerObserved(volts=volts)
            file.unlink()
            file.parent.rmdir()
