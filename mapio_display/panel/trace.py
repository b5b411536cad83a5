"""A record of all that passes between the daemon and the panel, as a logic analyser would see it.

One JSON object a line; ``t`` is in seconds of CLOCK_MONOTONIC, taken before the call it belongs to, but for ``busy``:

    {"t": 12.345678, "op": "reset", "level": 0}
    {"t": 12.345678, "op": "command", "byte": 18}
    {"t": 12.345678, "op": "data", "hex": "f90000"}
    {"t": 12.345678, "op": "busy", "level": 1}

BUSY is read every few milliseconds, so it is written when it has changed and at the end of every wait.
"""

import time
from collections.abc import Callable
from os import PathLike
from typing import TextIO

from mapio_display.errors import PanelError
from mapio_display.panel.transport import Transport


class TracedTransport:
    """A transport that writes down what goes through it; each line is on its way to the disk before the next."""

    def __init__(
        self, transport: Transport, path: str | PathLike[str], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._transport = transport
        self._path = path
        self._monotonic = monotonic
        self._file: TextIO | None = None
        self._busy: int | None = None
        self._waiting: float | None = None

    def open(self) -> None:
        """Open the trace and then what is traced; this is no event on the wires."""
        if self._file is None:
            try:
                self._file = open(self._path, "a", buffering=1, encoding="ascii")  # noqa: PTH123, SIM115 - see close
            except OSError as error:
                raise PanelError(f"The trace {self._path} cannot be written: {error.strerror}") from error
        self._transport.open()

    def close(self) -> None:
        """Close what is traced, and the trace."""
        self._end_wait()
        self._busy = None
        self._transport.close()
        if self._file is not None:
            self._file.close()
            self._file = None

    def reset(self, level: int) -> None:
        """Trace and pass on an edge of the reset line."""
        self._end_wait()
        self._line(self._monotonic(), f'"op": "reset", "level": {level}')
        self._transport.reset(level)

    def write(self, dc: int, data: bytes) -> None:
        """Trace and pass on bytes: one line for each command, one for the data sent in one piece."""
        self._end_wait()
        at = self._monotonic()
        if dc:
            self._line(at, f'"op": "data", "hex": "{data.hex()}"')
        else:
            for byte in data:
                self._line(at, f'"op": "command", "byte": {byte}')
        self._transport.write(dc, data)

    def busy(self) -> int:
        """Pass on the level of BUSY; one as before is kept back until the next event, in case it ended a wait."""
        level = self._transport.busy()
        at = self._monotonic()
        if level != self._busy:
            self._busy, self._waiting = level, None
            self._line(at, f'"op": "busy", "level": {level}')
        else:
            self._waiting = at
        return level

    def wait_for_edge(self, seconds: float) -> bool:
        """Pass on; an edge is recorded when the line is read."""
        return self._transport.wait_for_edge(seconds)

    def _end_wait(self) -> None:
        if self._waiting is not None:
            at, self._waiting = self._waiting, None
            self._line(at, f'"op": "busy", "level": {self._busy}')

    def _line(self, at: float, fields: str) -> None:
        if self._file is not None:
            self._file.write(f'{{"t": {at:.6f}, {fields}}}\n')
