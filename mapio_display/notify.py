"""Reports the daemon's state to systemd (sd_notify(3)): a datagram to the socket named by ``NOTIFY_SOCKET``."""

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from contextlib import suppress

from mapio_display.core.facts.daemon import Lifecycle
from mapio_display.core.protocols import SnapshotPort
from mapio_display.core.text import printable
from mapio_display.words.catalogue import Words
from mapio_display.words.console import in_a_line

_log = logging.getLogger(__name__)


class SystemdNotifier:
    """Sends to ``address``; without one (not started by systemd) it keeps quiet."""

    def __init__(self, address: str | None) -> None:
        self._address = address
        self._unsent: dict[str, str] = {}

    @classmethod
    def from_environment(cls) -> "SystemdNotifier":
        """Make the notifier for the socket that systemd named."""
        return cls(os.environ.get("NOTIFY_SOCKET"))

    def send(self, *assignments: str) -> None:
        """Send assignments such as ``READY=1`` or ``STATUS=…``, as one message.

        A systemd that is too busy to take it is not waited for; it gets the newest of all with the next one.
        """
        if not self._address:
            return
        # Each is a line; a text of RAUC's in one, which may have several, must not become another.
        self._unsent |= {assignment.partition("=")[0]: printable(assignment) for assignment in assignments}
        # A leading @ stands for the abstract namespace's NUL byte.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.setblocking(False)
            try:
                out.sendto("\n".join(self._unsent.values()).encode(), address)
            except BlockingIOError:
                return
            except OSError:
                pass  # systemd is on its way down or restarting; it will judge by the process
            self._unsent.clear()


def watchdog_interval() -> float | None:
    """Half of the time after which systemd's watchdog would bite, in seconds (sd_watchdog_enabled(3))."""
    if os.environ.get("WATCHDOG_PID") not in (None, str(os.getpid())):
        return None
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 2e6 if microseconds.isdigit() and int(microseconds) else None


async def notify(
    state: SnapshotPort, notifier: SystemdNotifier, stuck: Callable[[], str | None], longest_start: float, words: Words
) -> None:
    """Report readiness, status, and life while all loops make progress. Without the last systemd starts us again."""
    notifier.send(f"EXTEND_TIMEOUT_USEC={longest_start * 1e6:.0f}")
    beat = watchdog_interval()
    ready = stopping = said = False
    line = ""
    while True:
        snapshot = state.snapshot
        daemon = snapshot.daemon
        news = []
        if (name := stuck()) is None:
            news += ["WATCHDOG=1"] if beat else []
        elif not said:
            said = True
            _log.error("The loop %r makes no progress; systemd's watchdog will end this", name)
        if daemon.ready and not ready:
            ready = True
            news.append("READY=1")
        if daemon.lifecycle is Lifecycle.STOPPING and not stopping:
            stopping = True
            news.append("STOPPING=1")
        if (said_now := in_a_line(snapshot, words)) != line:
            line = said_now
            news.append(f"STATUS={line}")
        if news:
            notifier.send(*news)
        with suppress(TimeoutError):
            async with asyncio.timeout(beat):
                await state.after(snapshot)
