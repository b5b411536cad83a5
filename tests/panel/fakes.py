"""Time that a test holds, the wires of a simulated chip, and frames to show."""

import json
from pathlib import Path
from random import Random

from mapio_display.core.frame import Frame
from mapio_display.panel.waveshare import Driver
from mapio_display.virtual.ssd1680 import SIZES, Ssd1680

WIDTH, HEIGHT = 250, 122


class HeldTime:
    """A clock that only a sleep moves on."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class Wires:
    """A transport that ends at a chip in the same process."""

    def __init__(self, chip: Ssd1680) -> None:
        self._chip = chip
        self.is_open = False

    def open(self) -> None:
        if not self.is_open:
            self.is_open = True
            self._chip.reset(1)

    def close(self) -> None:
        self.is_open = False

    def reset(self, level: int) -> None:
        assert self.is_open
        self._chip.reset(level)

    def write(self, dc: int, data: bytes) -> None:
        assert self.is_open
        self._chip.write(dc, data)

    def busy(self) -> int:
        assert self.is_open
        return self._chip.busy()

    def wait_for_edge(self, seconds: float) -> bool:
        return False


class Bench:
    """A driver, the wires and a chip, on one held clock."""

    def __init__(
        self,
        *,
        seed: int = 0,
        ping_pong: bool = False,
        ram_in_sleep: bool = True,
        rotation: int = 0,
        model: str = "epd2in13_V4",
    ) -> None:
        self.time = HeldTime()
        self.rotation = rotation
        self.model = model
        self.chip = Ssd1680(self.time.now, size=SIZES[model], seed=seed, ping_pong=ping_pong, ram_in_sleep=ram_in_sleep)
        self.wires = Wires(self.chip)
        self.driver = self.start_driver()

    def start_driver(self) -> Driver:
        """A new driver on the same wires, as after a restart of the daemon."""
        return Driver(self.model, self.wires, rotation=self.rotation, monotonic=self.time.now, sleep=self.time.sleep)

    def assert_shows(self, frame: Frame) -> None:
        assert self.chip.violations == []
        assert self.chip.asleep
        assert wrong_pixels(self.chip.glass_frame(self.rotation), frame) == 0


def noise(seed: int, view: str = "noise") -> Frame:
    """A frame of which every pixel may be either."""
    return picture(Random(seed).getrandbits(WIDTH * HEIGHT), view)


def picture(pixels: int, view: str = "picture") -> Frame:
    """A frame from one big number, a bit a pixel."""
    mask = (1 << WIDTH) - 1
    rows = ((pixels >> WIDTH * (HEIGHT - 1 - y) & mask) << 6 for y in range(HEIGHT))
    return Frame(view, WIDTH, HEIGHT, b"".join(row.to_bytes(32, "big") for row in rows))


def wrong_pixels(shown: Frame, wanted: Frame) -> int:
    """In how many pixels two frames differ."""
    return (int.from_bytes(shown.bits, "big") ^ int.from_bytes(wanted.bits, "big")).bit_count()


def trace_of(path: Path) -> list[dict[str, object]]:
    """The lines of a trace."""
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]
