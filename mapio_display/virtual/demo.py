"""What ``make demo`` runs: a virtual gateway, until SIGTERM or Ctrl-C."""

import asyncio
import signal
import socket
from pathlib import Path

from mapio_display.errors import CommandLineError
from mapio_display.virtual.gateway import VirtualGateway


def run_demo(directory: Path, port: int) -> int:
    """Run the gateway in ``directory`` with its web server on ``port``, and give the exit status."""
    _check_port(port)
    gateway = VirtualGateway(directory, port, _say)
    gateway.create()
    asyncio.run(_until_told(gateway))
    return 0


async def _until_told(gateway: VirtualGateway) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, gateway.power_off)
    async with asyncio.TaskGroup() as group:
        announcing = group.create_task(_announce(gateway))
        await gateway.run()
        announcing.cancel()


async def _announce(gateway: VirtualGateway) -> None:
    await gateway.ready.wait()
    _say(f"ready {gateway.url} pin {gateway.pin}")


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandLineError(f"port {port}: {error.strerror}; choose another one with --port") from error


def _say(text: str) -> None:
    print(text, flush=True)
