"""A line between a browser and the gateway that a test can hold up, cut, and take down."""

import asyncio
from typing import Self

from mapio_display.web.http.server import close


class SlowLine:
    """A line between browser and gateway; each connection stands still after ``stop_at`` bytes until ``go_on`` is set.

    Of the connections that carry a PATCH, the first ``mute`` bring no answer back.
    """

    def __init__(self, port: int, stop_at: int | None = None, *, mute: int = 0) -> None:
        self._port = port
        self._stop_at = stop_at
        self._mute = mute
        self.stands_still = asyncio.Event()
        self.go_on = asyncio.Event()
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._halted: list[asyncio.StreamWriter] = []
        self._tasks: list[asyncio.Task[None] | None] = []

    async def __aenter__(self) -> Self:
        await self.up()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.down()
        await asyncio.sleep(0)  # until what has just connected has its task
        await asyncio.gather(*(task for task in self._tasks if task), return_exceptions=True)

    async def up(self) -> None:
        """Take connections, at the same port as before."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """Take no more connections, and end those that there are without a word."""
        if self._server is not None:
            server, self._server = self._server, None
            await close(server)
        self.cut()

    def cut(self) -> None:
        """End every connection without a word; those that come after it are let through whole."""
        self.go_on.set()
        for writer in self._writers:
            writer.transport.abort()

    def hang_up(self) -> None:
        """End the connections that stand still: who sent over them has gone."""
        self.go_on.set()
        for writer in self._halted:
            writer.transport.abort()

    def changed(self, answer: bytes) -> bytes:
        """What the browser gets of an answer."""
        return answer

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.append(asyncio.current_task())
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers += [writer, far_writer]
        if self._server is None:  # it went down meanwhile
            self.cut()
        answers = asyncio.Event()
        answers.set()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._carry(reader, far_writer, self._stop_at, answers))
            group.create_task(self._bring(far_reader, writer, answers))

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stop_at: int | None, answers: asyncio.Event
    ) -> None:
        carried = 0
        try:
            while chunk := await reader.read(65536):
                carried += len(chunk)
                if self._mute and chunk.startswith(b"PATCH"):
                    self._mute -= 1
                    answers.clear()
                writer.write(chunk)
                await writer.drain()
                if stop_at is not None and carried > stop_at:
                    self._halted.append(writer)
                    self.stands_still.set()
                    await self.go_on.wait()
        except ConnectionError:
            pass
        writer.close()

    async def _bring(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: asyncio.Event) -> None:
        try:
            while chunk := await reader.read(65536):
                if answers.is_set():
                    writer.write(self.changed(chunk))
                    await writer.drain()
        except ConnectionError:
            pass
        if answers.is_set():
            writer.close()
