"""From the start of the daemon's process to the panel's first picture."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mapio_display.virtual.chip import VirtualPanel
from tests.bench.figures import tell
from tests.bench.trace import REST_S, is_picture, resets, traced
from tests.gateway.conftest import free_port


def first_frame(directory: Path) -> None:
    """From the start of a daemon's process to the panel's reset edge, and to the first frame's data."""
    folder = directory / "first"
    folder.mkdir()
    (folder / "os-release").write_text("MAPIO_OS_VERSION=2.1\n")
    trace = folder / "trace.jsonl"
    configuration = folder / "config.toml"
    edges, datas = [], []
    with panel(folder / "chip.sock", folder / "glass.png"):
        for turn in range(12):
            boot_id = folder / "boot_id"
            boot_id.write_text(f"boot-{turn}\n")
            trace.unlink(missing_ok=True)
            configuration.write_text(
                f'board = "simulated"\n[paths]\ndata_dir = "{folder}/data"\nruntime_dir = "{folder}/run"\n'
                f'os_release = "{folder}/os-release"\nboot_id = "{boot_id}"\n'
                f'[panel]\nspi = "{folder}/chip.sock"\ntrace = "{trace}"\n'
                f'[web]\nhost = "127.0.0.1"\nport = {free_port()}\n'
            )
            command = [sys.executable, "-m", "mapio_display", "run", "--config", str(configuration)]
            began = time.monotonic()
            environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder}/no-bus"}
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment)
            time.sleep(REST_S)
            process.kill()
            process.wait()
            if turn >= 2:  # the first ones fill the caches
                rows = traced(trace)
                edges.append(1000 * (next(row["t"] for row in rows if resets(row)) - began))
                datas.append(1000 * (next(row["t"] for row in rows if is_picture(row)) - began))
    tell("process start to the reset edge", edges, "ms")
    tell("process start to the first frame's data", datas, "ms")


@contextmanager
def panel(path: Path, glass: Path) -> Iterator[None]:
    """The simulated panel, in a thread of its own."""
    loop = asyncio.new_event_loop()
    virtual = VirtualPanel(path, glass)
    virtual.listen()
    running = asyncio.run_coroutine_threadsafe(virtual.run(), loop)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield
    running.cancel()
    loop.call_soon_threadsafe(loop.call_later, 0.1, loop.stop)
    thread.join()
    loop.close()
