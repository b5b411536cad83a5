"""The log keeps to one line a record, whatever comes from outside."""

import logging
import sys

from mapio_display.log import _ForJournald, _ForPeople


def record(message: str, *args: object, level: int = logging.WARNING) -> logging.LogRecord:
    return logging.LogRecord("a.logger", level, "file.py", 1, message, args, None)


def test_a_hostile_file_name_cannot_forge_a_line_or_move_the_cursor() -> None:
    hostile = "x.raucb\n<0>panic\r\x1b[2J\u2028é"
    for formatter in (_ForPeople(), _ForJournald()):
        line = formatter.format(record("took %s", hostile))
        assert len(line.splitlines()) == 1
        assert "\x1b" not in line
        assert r"\n<0>panic" in line
        assert "é" in line


def test_journald_gets_the_priority_on_every_line_of_a_traceback() -> None:
    failed = record("it failed", level=logging.ERROR)
    try:
        int("inside")
    except ValueError:
        failed.exc_info = sys.exc_info()
    lines = _ForJournald().format(failed).splitlines()
    assert len(lines) > 2
    assert all(line.startswith("<3>") for line in lines)
    assert lines[-1].startswith("<3>  ValueError: ")


def test_an_exceptions_text_is_as_harmless_as_any_other() -> None:
    failed = record("it failed", level=logging.ERROR)
    error = ValueError("x\n2026-01-01 00:00:00 INFO forged\r\x1b[2J")
    failed.exc_info = (ValueError, error, None)
    for formatter in (_ForPeople(), _ForJournald()):
        first, *others = formatter.format(failed).split("\n")
        assert "it failed" in first
        assert all(line.removeprefix("<3>").startswith("  ") and line.isprintable() for line in others)
