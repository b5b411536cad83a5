"""The command line. Exit status: 0 done, 1 the daemon refuses or does not answer, 2 a wrong command line or file.

Ctrl-C is 130, and a closed pipe 141, as in a shell. A command, or a few that belong together, is a file of this folder.
"""

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

from mapio_display.cli.daemon import run_daemon
from mapio_display.cli.failing import failed
from mapio_display.errors import ConfigError, MapioDisplayError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a console of another encoding than UTF-8 has no ✓ and no 東京
            stream.reconfigure(errors="backslashreplace")
    words = sys.argv[1:] if argv is None else argv
    try:
        match words:
            case ["run"]:  # without argparse, whose loading takes ten milliseconds that the panel need not wait for
                return run_daemon(None)
            case ["run", "--config", path]:
                return run_daemon(Path(path))
        from mapio_display.cli.commands import run_command

        status = run_command(words)
        sys.stdout.flush()
    except ConfigError as error:
        return failed(str(error), 2)
    except MapioDisplayError as error:
        return failed(str(error), 1)
    except BrokenPipeError:  # `head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python complains when it flushes at the end
        return 141
    except KeyboardInterrupt:
        return 130
    else:
        return status
