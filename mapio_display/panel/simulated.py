"""A panel behind a Unix socket, instead of one on a board.

The stream from here to there is a sequence of messages, each begun by one byte that says what it is:

    R level              set the reset line
    W dc length bytes    send bytes with the data/command line at this level; the length has 4 bytes, highest first
    B                    read BUSY; the only message that is answered, with one byte

Levels are one byte, 0 or 1. What plays the panel reads the messages in order and answers ``B`` when all before it
has taken effect. The end of the stream releases the lines as they are.
"""

import socket
from os import PathLike, fspath

from mapio_display.errors import PanelError

RESET, WRITE, BUSY = b"R", b"W", b"B"
LENGTH_BYTES = 4
ANSWER_S = 2.0  # a Unix socket answers in microseconds; this only keeps a stopped peer from holding up the daemon


class SimulatedTransport:
    """The client's side of the socket."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self._path = fspath(path)
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Connect; raises ``PanelError`` when nothing listens."""
        if self._socket is not None:
            return
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        peer.settimeout(ANSWER_S)
        try:
            peer.connect(self._path)
        except OSError as error:
            peer.close()
            raise PanelError(f"The simulated panel {self._path} does not answer: {error}") from error
        self._socket = peer
        self.reset(1)

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def reset(self, level: int) -> None:
        """Set the reset line."""
        self._send(RESET + bytes((level,)))

    def write(self, dc: int, data: bytes) -> None:
        """Send bytes."""
        self._send(WRITE + bytes((dc,)) + len(data).to_bytes(LENGTH_BYTES, "big") + data)

    def busy(self) -> int:
        """Read BUSY: a round trip."""
        self._send(BUSY)
        try:
            answer = self._connected().recv(1)
        except OSError as error:
            raise self._lost(error) from error
        if not answer:
            raise self._lost("it hung up")
        return answer[0]

    def wait_for_edge(self, seconds: float) -> bool:
        """The simulated panel reports no edges."""
        return False

    def _send(self, message: bytes) -> None:
        try:
            self._connected().sendall(message)
        except OSError as error:
            raise self._lost(error) from error

    def _connected(self) -> socket.socket:
        if self._socket is None:
            raise self._lost("it is not open")
        return self._socket

    def _lost(self, why: object) -> PanelError:
        return PanelError(f"The simulated panel {self._path} is gone: {why}")
