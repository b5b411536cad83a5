"""The log: one line an event, to standard error, where journald or a person reads it."""

import logging
import os
import sys

from mapio_display.core.text import printable

# syslog's priorities, as journald takes them from the front of a line (sd-daemon(3)).
_PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


def set_up_logging() -> None:
    """Send everything from INFO up to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_ForJournald() if "JOURNAL_STREAM" in os.environ else _ForPeople())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.captureWarnings(capture=True)


class _OneLine(logging.Formatter):
    """What comes from outside cannot begin a line of its own, nor move a cursor."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the base class's name
        """Word the record's message on one line."""
        return printable(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        """Word the record; a traceback, in which an exception's text may be from outside, stands to the right of it."""
        first, *others = super().format(record).split("\n")
        return "\n".join([first, *("  " + printable(line) for line in others)])


class _ForPeople(_OneLine):
    """Time, level and message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")


class _ForJournald(_OneLine):
    """A priority in front of every line, a traceback's too; time and unit are journald's to add."""

    def format(self, record: logging.LogRecord) -> str:
        """Word the record, its traceback included."""
        prefix = f"<{_PRIORITIES.get(record.levelno, 6)}>"
        return "\n".join(prefix + line for line in super().format(record).split("\n"))
