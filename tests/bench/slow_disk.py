"""A bundle onto a disk of 20 MB/s that stands still for two seconds now and then: who waits is the sender."""

import asyncio
import os
import sys
import time
from pathlib import Path

from mapio_display.transfer.part import Part
from mapio_display.transfer.store import BundleStore
from tests.bench.figures import MB, memory_mb, reset_peak, tell
from tests.web.gateway import Gateway, serving

DISK = 20 * MB  # bytes a second
STALL_S = 2.0
STALL_EVERY = 40 * MB
SIZE = 100 * MB

# Not the measured process.
SENDER = """
import http.client, sys
port, path, size, cookie = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
connection = http.client.HTTPConnection("127.0.0.1", port)
headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream",
           "Content-Length": str(size), "Cookie": cookie}
connection.request("PATCH", path, (bytes(1000000) for _ in range(size // 1000000)), headers)
print(connection.getresponse().status)
"""


class SlowStore(BundleStore):
    """The real store on such a disk."""

    def open(self, upload_id: str, offset: int | None) -> Part:
        part = super().open(upload_id, offset)
        write, stalled = part.write, 0

        def slowly(content: bytes | memoryview) -> None:
            nonlocal stalled
            time.sleep(len(content) / DISK)
            if part.offset // STALL_EVERY > stalled:
                stalled += 1
                time.sleep(STALL_S)
            write(content)

        part.write = slowly  # type: ignore[method-assign]
        return part


def slow_disk(directory: Path) -> None:
    """Send a bundle, and ask for the status meanwhile."""
    asyncio.run(_slow_disk(directory))


async def _slow_disk(directory: Path) -> None:
    async with serving(directory, store=SlowStore(directory / "uploads")) as gateway:
        headers = {**await gateway.sign_in(), "Tus-Resumable": "1.0.0"}
        begun = await gateway.ask("POST", "/api/uploads", headers={**headers, "Upload-Length": str(SIZE)})
        await _status_s(gateway)
        memory, pid, began, latencies = memory_mb(os.getpid(), "VmRSS"), os.getpid(), time.monotonic(), []
        reset_peak(pid)
        words = (str(gateway.port), begun.headers["location"], str(SIZE), headers["Cookie"])
        sender = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SENDER, *words, stdout=asyncio.subprocess.PIPE
        )
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(sender.communicate())
            while not sending.done():
                latencies.append(1000 * await _status_s(gateway))
                await asyncio.sleep(0.1)
        assert sending.result()[0].strip() == b"204", "the transfer was cut off"
        tell("slow disk: until it is answered", [time.monotonic() - began], "s")
        tell("slow disk: growth of memory at its peak", [memory_mb(pid, "VmHWM") - memory], "MB")
        tell("slow disk: GET /api/status meanwhile", latencies, "ms")


async def _status_s(gateway: Gateway) -> float:
    began = time.monotonic()
    assert (await gateway.ask("GET", "/api/status")).status == 200
    return time.monotonic() - began
