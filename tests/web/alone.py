"""The web server in a process of its own, so that its memory is nobody else's: ``python -m tests.web.alone FOLDER``.

It prints its port and PIN, and for each line of its standard input how many of Python's blocks are in use. It ends with
that.
"""

import asyncio
import gc
import sys
from pathlib import Path

from mapio_display.web.limits import Limits
from tests.web.gateway import serving


async def main(folder: Path) -> None:
    """Serve until the standard input ends."""
    async with serving(folder, calm_s=0.5, limits=Limits(body_s=3.0)) as gateway:
        print(gateway.port, gateway.pin, flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            gc.collect()
            print(sys.getallocatedblocks(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
