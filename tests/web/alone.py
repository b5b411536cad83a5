"""The web server in a process of its own, so that its memory is nobody else's: ``python -m tests.web.alone FOLDER``.

It prints its port, and ends with its standard input.
"""

import asyncio
import sys
from pathlib import Path

from tests.web.gateway import serving


async def main(folder: Path) -> None:
    """Serve until the standard input ends."""
    async with serving(folder, calm_s=0.5) as gateway:
        print(gateway.port, gateway.pin, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
