"""All commands but a plain ``run``, in the language of the console."""

from collections.abc import Sequence

from mapio_display.cli.failing import failed
from mapio_display.cli.language import of_console
from mapio_display.cli.parser import parser
from mapio_display.errors import ConfigError
from mapio_display.words.mistakes import in_words


def run_command(argv: Sequence[str]) -> int:
    """Run one command and give the exit status. Raises ``MapioDisplayError``."""
    words = of_console(argv)
    args = parser(words).parse_args(argv)
    try:
        return int(args.command(args))
    except ConfigError as error:
        return failed(in_words(error, words), 2)
