"""What is wrong with a value or a file: a code with facts, and the error that names file and key with it."""

from pathlib import Path

from mapio_display.errors import ConfigError

# ruff: noqa: PLC0415 - only a mistake needs words, and the panel's first frame waits for this file


class Wrong(ValueError):
    """Why a value cannot be what it is; ``code`` and ``facts`` make a message."""

    def __init__(self, code: str, /, **facts: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


def mistake(file: Path, key: str, wrong: Wrong) -> ConfigError:
    """Make the error for a key of a file, or with an empty key for the whole file."""
    from mapio_display.core.message import message
    from mapio_display.words.catalogue import ENGLISH
    from mapio_display.words.mistakes import worded

    reason = message(wrong.code, **wrong.facts)
    return ConfigError(worded(file, key, reason, ENGLISH), file, key, reason)
