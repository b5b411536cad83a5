"""What is kept on the data partition: made once, read again, made anew where it makes no sense."""

import asyncio
import logging
import os
import re
import threading
from pathlib import Path

import pytest

from mapio_display.core.commands import SaveWebEnabled
from mapio_display.web.auth.credentials import Credentials

FILES = ("pin", "session.key")
PATIENCE_S = 20.0


def test_a_first_start_makes_a_pin_and_a_key_for_root_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        credentials = Credentials(tmp_path / "data")
    finally:
        os.umask(before)
    assert re.fullmatch("[0-9]{6}", credentials.pin)
    assert len(credentials.key) == 32
    for name in FILES:
        assert (tmp_path / "data" / name).stat().st_mode & 0o777 == 0o600


def test_the_next_start_reads_them_again(tmp_path: Path) -> None:
    first, second = Credentials(tmp_path), Credentials(tmp_path)
    assert (first.pin, first.key) == (second.pin, second.key)


def test_a_new_pin_is_another_and_is_kept(tmp_path: Path) -> None:
    credentials = Credentials(tmp_path)
    before = credentials.pin
    while credentials.pin == before:  # one time in a million it is the same
        assert credentials.renew_pin() == credentials.pin
    assert Credentials(tmp_path).pin == credentials.pin


def test_a_pin_by_a_persons_hand_is_taken(tmp_path: Path) -> None:
    (tmp_path / "pin").write_text(" 012345 \n")
    assert Credentials(tmp_path).pin == "012345"


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("garbage", [b"", b"12345", b"1234567", "١٢٣٤٥٦".encode(), b"\xff\xfe", b"\0" * 64, b"12345x"])
def test_what_makes_no_sense_is_made_anew_and_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, garbage: bytes
) -> None:
    (tmp_path / name).write_bytes(garbage)
    credentials = Credentials(tmp_path)
    assert f"{name} makes no sense" in caplog.text
    again = Credentials(tmp_path)
    assert (again.pin, again.key) == (credentials.pin, credentials.key)


def test_what_cannot_be_read_is_made_anew_and_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "pin").mkdir()
    assert re.fullmatch("[0-9]{6}", Credentials(tmp_path).pin)
    assert "pin cannot be read" in caplog.text


@pytest.fixture
def unwritable(tmp_path: Path) -> Path:
    """A folder in which nobody, not even root, can make a file: it is none."""
    folder = tmp_path / "data"
    folder.write_text("")
    return folder


def test_a_disk_that_cannot_be_written_is_reported_and_done_without(
    unwritable: Path, caplog: pytest.LogCaptureFixture
) -> None:
    credentials = Credentials(unwritable)
    assert re.fullmatch("[0-9]{6}", credentials.pin)
    assert "lasts until the daemon ends" in caplog.text
    credentials.save_web_enabled(False)
    assert "forgotten with the next start" in caplog.text
    with pytest.raises(OSError, match="data"):
        credentials.renew_pin()


def test_no_secret_is_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    (tmp_path / "pin").write_text("12345")
    credentials = Credentials(tmp_path)
    credentials.renew_pin()
    assert credentials.pin not in caplog.text
    assert "12345" not in caplog.text
    assert credentials.key.hex() not in caplog.text


def test_the_web_server_is_wanted_until_it_is_turned_off_and_that_is_kept(tmp_path: Path) -> None:
    assert Credentials(tmp_path).web_enabled
    for _ in range(2):
        Credentials(tmp_path).save_web_enabled(False)
        assert not Credentials(tmp_path).web_enabled
    for _ in range(2):
        Credentials(tmp_path).save_web_enabled(True)
        assert Credentials(tmp_path).web_enabled


class StallingCredentials(Credentials):
    """Credentials on a disk that stalls until ``disk_resumes`` is set."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.disk_resumes = threading.Event()

    def save_web_enabled(self, enabled: bool) -> None:
        """Write when the disk does."""
        assert self.disk_resumes.wait(PATIENCE_S), "the loop was held up"
        super().save_web_enabled(enabled)


async def test_a_disk_that_stalls_does_not_hold_up_the_loop(tmp_path: Path) -> None:
    credentials = StallingCredentials(tmp_path)
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
        task = group.create_task(credentials.run())
        credentials.take(SaveWebEnabled(False))
        credentials.take(SaveWebEnabled(True))
        for _ in range(100):
            await asyncio.sleep(0)
        assert credentials.web_enabled, "nothing is written yet, and the loop goes on"
        credentials.disk_resumes.set()
        await credentials.done()
        task.cancel()
    assert Credentials(tmp_path).web_enabled
