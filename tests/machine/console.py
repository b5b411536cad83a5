"""The machine's serial console, where a root shell waits."""

import contextlib
import itertools
import re
import socket
import threading
import time
from pathlib import Path

PROMPT = re.compile(rb"root@mapio:[^\n]*# ?$")
WIDTH = 4096


class Late(Exception):
    """Something that was waited for did not come about."""


class Console:
    """The console's output since the machine was made is in ``log``; commands are typed as a person does."""

    def __init__(self, log: Path) -> None:
        self._file = log.open("ab")
        self._said = bytearray()
        self._more = threading.Condition(threading.RLock())
        self._peer: socket.socket | None = None
        self._numbers = itertools.count(1)

    def listen(self, peer: socket.socket) -> None:
        """Keep the output until the machine hangs up."""
        self._peer = peer
        with peer, contextlib.suppress(OSError):  # the machine is gone
            while content := peer.recv(65536):
                with self._more:
                    self._file.write(content)
                    self._file.flush()
                    self._said += content
                    self._more.notify_all()
        self._peer = None
        with self._more:
            self._more.notify_all()

    def close(self) -> None:
        """Close the log."""
        self._file.close()

    @property
    def here(self) -> int:
        """A mark: output from now on comes after it."""
        with self._more:
            return len(self._said)

    def said(self, since: int) -> bytes:
        """All output after a mark."""
        with self._more:
            return bytes(self._said[since:])

    def type(self, line: str) -> None:
        """Type a line."""
        if self._peer is None:
            raise Late("The machine is not on")
        self._peer.sendall(line.encode() + b"\r")

    def expect(self, pattern: str | re.Pattern[bytes], since: int, within_s: float) -> re.Match[bytes]:
        """Wait for this output after a mark; raises ``Late``."""
        wanted = re.compile(pattern.encode()) if isinstance(pattern, str) else pattern
        ends_at = time.monotonic() + within_s
        with self._more:
            while not (found := wanted.search(self._said, since)):
                if not self._more.wait(ends_at - time.monotonic()) and time.monotonic() >= ends_at:
                    said = self.said(since)[-2000:].decode(errors="replace")
                    raise Late(f"In {within_s:.0f} s the console did not say {wanted.pattern!r}, but:\n{said}")
            return found

    def log_in(self, since: int, within_s: float) -> None:
        """Wait for the shell, and have it print the output of commands alone."""
        self.expect(PROMPT, since, within_s)
        here = self.here
        self.type(
            "stty -echo cols 4096; PS1= PS2= TERM=dumb; bind 'set enable-bracketed-paste off'; echo ready-$((6*7))"
        )
        self.expect("ready-42\r?\n", here, within_s)

    def sh(self, command: str, within_s: float = 60) -> str:
        """Run a command; gives what it printed, and raises ``Late`` if it failed."""
        here, mark = self.here, f"end-{next(self._numbers)}"
        self.type(f"{command}; echo {mark}-$?")
        found = self.expect(rf"{mark}-(\d+)\r?\n", here, within_s)
        said = self.said(here)[: found.start() - here].decode(errors="replace").replace("\r", "")
        if int(found[1]):
            raise Late(f"{command!r} ended with {int(found[1])}: {said}")
        return said.strip()
