"""Measures and prints one figure a line: median, 95th percentile, the highest, and how often it was measured."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.downloading import downloads
from tests.bench.drawing import drawing
from tests.bench.figures import tell, title
from tests.bench.front import button_to_byte, wake_ups
from tests.bench.hostile import hostile
from tests.bench.resting import change_to_edge, idle
from tests.bench.slow_disk import slow_disk
from tests.bench.starting import first_frame
from tests.bench.stopping import shutdown
from tests.bench.uploading import uploads
from tests.gateway.conftest import Gateway, free_port, start, stop


def main() -> None:
    """Measure all of it, in a temporary folder."""
    title()
    with tempfile.TemporaryDirectory(prefix="mapio-bench-") as name:
        directory = Path(name)
        drawing()
        first_frame(directory)
        button_to_byte(directory)
        with demo(directory / "demo") as gateway:
            idle(gateway)
            wake_ups(gateway)
            change_to_edge(gateway)
            uploads(gateway, directory / "nginx")
            hostile(gateway)
            shutdown(gateway)
        downloads(directory / "download")
        slow_disk(directory / "slow")
        second_start(directory / "demo")


@contextmanager
def demo(directory: Path) -> Iterator[Gateway]:
    """A running virtual gateway."""
    began = time.monotonic()
    gateway = start(directory, free_port())
    tell("demo, first start to ready", [time.monotonic() - began], "s")
    try:
        yield gateway
    finally:
        stop(gateway)


def second_start(directory: Path) -> None:
    """Start the demo again, in the folder of the last time."""
    began = time.monotonic()
    gateway = start(directory, free_port())
    tell("demo, second start to ready", [time.monotonic() - began], "s")
    stop(gateway)


if __name__ == "__main__":
    main()
