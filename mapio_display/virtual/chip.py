"""The simulated panel behind a Unix socket, with real times, and its glass as a PNG file.

It lives in another process than the daemon, as the chip does: a daemon that is killed in mid-refresh leaves a refresh
that goes on to its end. The protocol on the socket is described in ``panel/simulated.py``.
"""

import asyncio
import socket
import time
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from pathlib import Path

from PIL import Image

from mapio_display.panel.simulated import BUSY, LENGTH_BYTES, RESET, WRITE
from mapio_display.virtual.ssd1680 import Ssd1680


class VirtualPanel:
    """One panel. ``rotation`` is 180 when it is mounted the other way up; the PNG is always as the owner sees it.

    ``haste`` is how many times as fast as a real one it is.
    """

    def __init__(
        self, path: Path, glass: Path, *, rotation: int = 0, chip: Ssd1680 | None = None, haste: float = 1.0
    ) -> None:
        self._path = path
        self._glass = glass
        self._rotation = rotation
        self._shown: bytes | None = None
        self._refreshing = asyncio.Event()
        self._quiet = asyncio.Event()
        self._listener: socket.socket | None = None
        self._haste = haste
        if chip is None:
            chip = Ssd1680(self._clock)
            chip.wipe()
        self.chip = chip

    def _clock(self) -> float:
        return self._haste * time.monotonic()

    def listen(self) -> None:
        """Open the socket, replacing a dead one of this name, and write the glass for the first time."""
        if self._listener is not None:
            return
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.setblocking(False)
        self._listener.bind(str(self._path))
        self._listener.listen()
        self._write_glass()

    async def run(self) -> None:
        """Serve until cancelled. One client has the lines at a time; the next one waits for it to hang up."""
        self.listen()
        assert self._listener is not None
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._watch_glass())
                while True:
                    connection, _ = await asyncio.get_running_loop().sock_accept(self._listener)
                    reader, writer = await asyncio.open_connection(sock=connection)
                    try:
                        await self._serve(reader, writer)
                    except (IncompleteReadError, ConnectionError):
                        continue  # the client hung up, or was killed in the middle of a message
                    finally:
                        writer.close()
        finally:
            self._listener.close()
            self._listener = None
            self._path.unlink(missing_ok=True)

    async def quiet(self) -> None:
        """Wait until no refresh is under way and the PNG shows what the last one brought."""
        await self._quiet.wait()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        while True:
            message = await reader.readexactly(1)
            if message == RESET:
                self.chip.reset((await reader.readexactly(1))[0])
                self._write_glass()  # a refresh that is broken off leaves its mark
            elif message == WRITE:
                dc = (await reader.readexactly(1))[0]
                length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
                self.chip.write(dc, await reader.readexactly(length))
            elif message == BUSY:
                writer.write(bytes((self.chip.busy(),)))
                await writer.drain()
            else:
                raise ValueError(f"{message!r} begins no message of the panel's protocol")
            if self.chip.changes_at is not None:
                self._quiet.clear()
                self._refreshing.set()

    async def _watch_glass(self) -> None:
        while True:
            ends_at = self.chip.changes_at
            self._write_glass()
            if ends_at is None:
                self._refreshing.clear()
                self._quiet.set()
                await self._refreshing.wait()
            else:
                await asyncio.sleep(max(0.0, ends_at - self._clock()) / self._haste)

    def _write_glass(self) -> None:
        frame = self.chip.glass_frame(self._rotation)
        if frame.bits != self._shown:
            self._shown = frame.bits
            part = self._glass.with_suffix(".part")
            Image.frombytes("1", (frame.width, frame.height), frame.bits).save(part, "PNG")
            part.replace(self._glass)
