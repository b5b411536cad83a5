"""A mistake in the configuration, for a person: at the console, on the panel, and in English in the log."""

from pathlib import Path

from mapio_display.core.message import Message
from mapio_display.errors import ConfigError
from mapio_display.words.catalogue import Words


def in_words(error: ConfigError, words: Words) -> str:
    """File, key and reason of a mistake in one line."""
    return worded(error.file, error.key, error.reason, words)


def worded(file: Path, key: str, reason: Message, words: Words) -> str:
    """Word a mistake in one line; an empty key stands for the whole file."""
    if key:
        return words.text("config-error.key", file=str(file), key=key, reason=words.say(reason))
    return words.text("config-error", file=str(file), reason=words.say(reason))
