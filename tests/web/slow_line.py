"""A line between a browser and the gateway that a test can hold up and cut."""

import asyncio
from typing import Self


class SlowLine:
    """A line between browser and gateway that stops after so many bytes until it is let go on."""

    def __init__(self, port: int, stop_at: int) -> None:
        self._port = port
        self._stop_at = stop_at
        self.stands_still = asyncio.Event()
        self.go_on = asyncio.Event()
        self.port = 0
        self._writers: list[asyncio.StreamWriter] = []
        self._halted: list[asyncio.StreamWriter] = []
        self._tasks: list[asyncio.Task[None] | None] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        self.go_on.set()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*(task for task in self._tasks if task))

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

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.append(asyncio.current_task())
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers += [writer, far_writer]
        async with asyncio.TaskGroup() as group:
            group.create_task(self._carry(reader, far_writer, self._stop_at))
            group.create_task(self._carry(far_reader, writer, None))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stop_at: int | None) -> None:
        carried = 0
        try:
            while chunk := await reader.read(65536):
                carried += len(chunk)
                writer.write(chunk)
                await writer.drain()
                if stop_at is not None and carried > stop_at:
                    self._halted.append(writer)
                    self.stands_still.set()
                    await self.go_on.wait()
        except ConnectionError:
            pass
        writer.close()
