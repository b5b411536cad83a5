"""Bytes from a connection to the disk, by the thread that waits for both: the kernel's window is the only buffer."""

import select
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from mapio_display.errors import MapioDisplayError
from mapio_display.transfer.part import Part

BUFFER_BYTES = 512 * 1024  # what is worth waking for; a network brings it in portions of a few kilobytes
LOOK_S = 0.25  # what has come by then is taken, however little: a slow sender is no silent one


class SenderLost(MapioDisplayError):
    """The source of a bundle went away, was silent for too long, or was interrupted."""


class SocketStream:
    """``first``, which has been read already, and then what comes from ``connection``: ``left`` bytes in all.

    The connection must not block, and is the stream's own (a duplicate of the event loop's); None is one that has
    ended. ``stall_s``: after how many seconds without a byte the sender counts as lost.
    """

    def __init__(
        self,
        connection: socket.socket | None,
        first: Sequence[bytes],
        left: int,
        stall_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.left = left
        self._connection = connection
        self._first = first
        self._stall_s = stall_s
        self._clock = clock
        self._mark = 1
        self._waits_since: float | None = None
        self._interrupted = False

    def silent_s(self) -> float:
        """For how many seconds it has been waiting for the sender; 0 while the sender waits for the disk."""
        since = self._waits_since
        return 0.0 if since is None else self._clock() - since

    def interrupt(self) -> None:
        """Count the sender as lost, within ``LOOK_S``; from another thread than that of ``pour``."""
        self._interrupted = True

    def pour(self, part: Part) -> None:
        """Write it all. Blocks; raises ``SenderLost``, and what ``part.write`` raises."""
        for piece in self._first:
            part.write(piece)
            self.left -= len(piece)
        self._first = ()
        buffer = memoryview(bytearray(min(BUFFER_BYTES, self.left)))
        while self.left:
            if self._connection is None:
                raise SenderLost("the connection has ended")
            got = self._receive(self._connection, buffer[: self.left])
            part.write(buffer[:got])
            self.left -= got

    def close(self) -> None:
        """Leave the connection to whom it was taken from; in the thread of ``pour``."""
        if self._connection is not None:
            self._set_mark(self._connection, 1)
            self._connection.close()

    def _receive(self, connection: socket.socket, buffer: memoryview) -> int:
        """Wait for bytes, until the buffer can be filled or a moment has passed, and give how many there are."""
        self._set_mark(connection, len(buffer))
        self._waits_since = self._clock()
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        try:
            while True:
                poll.poll(1000 * min(LOOK_S, self._stall_s))
                if self._interrupted:
                    raise SenderLost("interrupted")
                try:
                    if got := connection.recv_into(buffer):
                        return got
                    raise SenderLost("the connection has ended")
                except BlockingIOError:
                    if self.silent_s() >= self._stall_s:
                        raise SenderLost("nothing has come for too long") from None
        except OSError as error:
            raise SenderLost(str(error)) from error
        finally:
            self._waits_since = None

    def _set_mark(self, connection: socket.socket, mark: int) -> None:
        """Have the kernel gather so many bytes before it wakes the poll (SO_RCVLOWAT of socket(7))."""
        if mark != self._mark:
            self._mark = mark
            with suppress(OSError):  # the connection has ended
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, mark)
