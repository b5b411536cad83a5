"""The gateway in QEMU to play with: ``make demo MACHINE=1``."""

import argparse
import re
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tests.machine.console import Late
from tests.machine.gateway import Gateway
from tests.machine.image.make import NEXT, delivered
from tests.machine.image.parts import CACHE

HELP = """Type a line and Enter:
  up, down, mid [SECONDS]   press a button
  sh COMMAND                run a command on the gateway's console
  cut                       take the power away; what was not flushed to the disk may be lost
  on                        give the power back
Ctrl-C ends it."""
SECONDS = re.compile(r"(\d+(\.\d+)?)?")


def main() -> int:
    """Run until Ctrl-C or SIGTERM; give 0."""
    parser = argparse.ArgumentParser(prog="tests.machine.demo", description="The gateway in QEMU, to play with.")
    parser.add_argument("--port", type=int, default=8080, help="of 127.0.0.1, where the web server is reached")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    folder = CACHE / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    print("The gateway starts. That takes a minute, and the first time some ten more.", flush=True)
    with until_it_ends(), Gateway(delivered(), folder, port=options.port) as gateway:
        print(f"The panel's glass is {folder / 'glass.png'}, the console {folder / 'serial.log'}.", flush=True)
        gateway.boot()
        print(f"Ready: http://127.0.0.1:{options.port}/ with the PIN {gateway.pin}.")
        print(f"A bundle to send: {gateway.delivered.bundles[NEXT]}.")
        print(HELP, flush=True)
        for line in sys.stdin:
            try:
                obey(gateway, line)
            except Late as error:
                print(error, flush=True)
        threading.Event().wait()  # for a signal
    return 0


def obey(gateway: Gateway, line: str) -> None:
    """Do what was typed."""
    word, _, rest = line.strip().partition(" ")
    match word:
        case "up" | "down" | "mid" if gateway.on and SECONDS.fullmatch(rest):
            gateway.press(f"BUTTON_{word.upper()}", float(rest or 0.3))
        case "sh" if gateway.on:
            print(gateway.console.sh(rest), flush=True)
        case "cut" if gateway.on:
            gateway.cut("demo")
        case "on" if not gateway.on:
            gateway.boot()
            print("Ready.", flush=True)
        case _:
            print(HELP, flush=True)


class Ended(Exception):
    """A signal asks for the end."""


def end(number: int, frame: FrameType | None) -> None:
    """Ask for the end."""
    raise Ended


@contextmanager
def until_it_ends() -> Iterator[None]:
    """Take the end for no error."""
    try:
        yield
    except Ended:
        print("The gateway is off.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
