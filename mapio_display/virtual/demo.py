"""What ``make demo`` runs: a virtual gateway, until SIGTERM or Ctrl-C. SIGUSR1 cuts its power for a moment."""

import asyncio
import signal
import socket
import sys
from pathlib import Path

from mapio_display.errors import CommandLineError, MapioDisplayError
from mapio_display.virtual.folder import Folder
from mapio_display.virtual.gateway import VirtualGateway
from mapio_display.words.catalogue import ENGLISH, Words


def run_demo(
    directory: Path,
    port: int,
    words: Words = ENGLISH,
    *,
    panel_haste: float = 1.0,
    cable: bool = True,
    daily: bool = False,
    releases: str = "",
) -> int:
    """Run the gateway in ``directory`` with its web server on ``port`` (0: a free one), and give the exit status.

    The panel is ``panel_haste`` times as fast as a real one. Without ``cable`` it has no network. It looks for a newer
    version ``daily``, or only when asked; at ``releases``, where a server of its own is not to be asked.
    """
    # While the gateway is made, Ctrl-C ends all as SIGTERM does: at once, tools included. KeyboardInterrupt could get
    # lost in what Python does around a fork.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    port = _usable(port, words)
    narrator = Narrator()
    with Folder(directory, words) as folder:
        gateway = VirtualGateway(
            folder, port, narrator.say, words, panel_haste=panel_haste, cable=cable, daily=daily, releases=releases
        )
        gateway.create()
        try:
            asyncio.run(_until_notified(gateway, narrator))
        except BaseExceptionGroup as errors:
            raise _plain(errors) from None
    return 0


class Narrator:
    """Reports on standard output until all is up, which is its last line there, and on standard error from then on."""

    def __init__(self) -> None:
        self._out = sys.stdout

    def say(self, text: str) -> None:
        """Print one line."""
        print(text, file=self._out, flush=True)

    def say_ready(self, text: str) -> None:
        """Print the line that standard output ends with."""
        self.say(text)
        self._out = sys.stderr


async def _until_notified(gateway: VirtualGateway, narrator: Narrator) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, gateway.power_off)
    loop.add_signal_handler(signal.SIGUSR1, gateway.cut_power)
    async with asyncio.TaskGroup() as group:
        announcing = group.create_task(_announce(gateway, narrator))
        await gateway.run()
        announcing.cancel()


async def _announce(gateway: VirtualGateway, narrator: Narrator) -> None:
    await gateway.ready.wait()
    narrator.say_ready(f"ready {gateway.url} pin {gateway.pin}")


def _usable(port: int, words: Words) -> int:
    """The port itself, or a free one for 0. Raises ``CommandLineError`` if it cannot be had."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandLineError(words.text("demo.port", port=port, reason=str(error.strerror))) from error
        return int(probe.getsockname()[1])


def _plain(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Take the one error out of the task groups it passed through, if it is one of ours and alone."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error if isinstance(error, MapioDisplayError) else errors
