"""What hangs on the board, outside of the machine: the panel, buttons, charger and LEDs.

The machine's kernel has the near ends (``image/kernel/mapio_board.c`` has the messages) and waits for each answer. The
panel is the project's simulated controller. As the real one it keeps its glass through a restart and a power cut.
"""

import contextlib
import shutil
import socket
import struct
import threading
import time
from collections import defaultdict
from copy import deepcopy
from pathlib import Path

from PIL import Image

from mapio_display.virtual.ssd1680 import Ssd1680

EXPANDER, SOC = 0, 1
INPUTS = {
    "BUTTON_DOWN": (EXPANDER, 0),
    "BUTTON_UP": (EXPANDER, 1),
    "BUTTON_MID": (SOC, 18),
    "CHG_CHG_N": (EXPANDER, 8),
    "CHG_ACOK_N": (EXPANDER, 9),
    "CHG_BOOST_N": (EXPANDER, 10),
}
BUSY, RESET, DATA = (EXPANDER, 12), (EXPANDER, 13), (EXPANDER, 14)
LEDS = {(SOC, 20 + 3 * led + colour): f"LED{led + 1}_{'RGB'[colour]}" for led in range(3) for colour in range(3)}
ROTATION = 180  # the panel is mounted upside down
LOOK_S, REST_S = 0.005, 0.05
# So many times as fast as a real one: the daemon gives a panel five seconds, and a loaded host takes some of them.
HASTE = 10.0
_HEAD = struct.Struct("<cBBBI")


class Board:
    """One board; ``folder`` receives a picture of the glass whenever that has changed, and glass.png is the last.

    ``haste`` is how many times as fast as a real one the panel is.
    """

    def __init__(self, folder: Path, *, haste: float = HASTE) -> None:
        self.chip = Ssd1680(lambda: haste * time.monotonic())
        self.chip.wipe()
        self.absent = False  # no panel is plugged in: nothing hears what is sent, and BUSY stays low
        self.levels = dict.fromkeys(INPUTS, 1) | {"CHG_ACOK_N": 0}  # mains is there, no button is pressed
        self.changes: dict[str, list[tuple[float, int]]] = defaultdict(list)
        self._folder = folder
        self._lock = threading.RLock()
        self._peer: socket.socket | None = None
        self._dc = 0
        self._busy: int | None = None
        self._shown: bytes | None = None
        self._pictures = 0
        self._touched = True
        self._left: Ssd1680 | None = None

    def serve(self, peer: socket.socket) -> None:
        """Answer the machine until it hangs up; returns then."""
        with self._lock:
            self._peer, self._busy = peer, None
        gone = threading.Event()
        looking = threading.Thread(target=self._watch, args=(gone,), daemon=True)
        looking.start()
        with peer:
            with contextlib.suppress(OSError), peer.makefile("rb") as stream:  # the machine is gone
                while len(head := stream.read(_HEAD.size)) == _HEAD.size:
                    kind, chip, line, value, length = _HEAD.unpack(head)
                    self._take(kind, (chip, line), value, stream.read(length))
            gone.set()
            looking.join()
            with self._lock:
                self._peer = None

    def set_line(self, name: str, level: int) -> None:
        """Pull an input to this level."""
        with self._lock:
            self.levels[name] = level
            self._send(b"I", INPUTS[name], level)

    def blinks(self, led: str, within_s: float) -> int:
        """How often an LED went on and off in the last seconds."""
        with self._lock:
            return sum(at > time.monotonic() - within_s for at, _ in self.changes[led])

    def lit(self, led: str) -> bool:
        """Whether an LED is on now."""
        with self._lock:
            return bool(self.changes[led]) and self.changes[led][-1][1] == 1

    def without_power(self) -> Ssd1680:
        """The panel as it is left when the power goes now."""
        with self._lock:
            if self._left is not None:
                return self._left
            left = deepcopy(self.chip)
            if self.chip.changes_at is None:
                self._left = left  # nothing happens until the next message
            left.power_off()
            return left

    def glass(self) -> Image.Image:
        """What the owner sees."""
        with self._lock:
            frame = self.chip.glass_frame(ROTATION)
        return Image.frombytes("1", (frame.width, frame.height), frame.bits)

    def power(self, *, on: bool) -> None:
        """Switch the supply of panel and LEDs."""
        with self._lock:
            self.changes.clear()
            if on:
                self.chip.power_on()
            else:
                self.chip.power_off()
            self._keep_picture()

    def _take(self, kind: bytes, line: tuple[int, int], value: int, content: bytes) -> None:
        with self._lock:
            self._left = None
            if kind == b"H":
                self._busy = None
                self.changes.clear()
                for name, level in self.levels.items():
                    self._send(b"I", INPUTS[name], level)
            elif self.absent and (kind == b"S" or line in {RESET, DATA}):
                pass
            elif kind == b"S":
                self.chip.write(self._dc, content)
                self._touched = True
            elif line == RESET:
                self.chip.reset(value)
                self._touched = True
            elif line == DATA:
                self._dc = value
            elif line in LEDS and self.lit(LEDS[line]) != bool(value):
                self.changes[LEDS[line]].append((time.monotonic(), value))
            self._tell_busy()
            if kind != b"H":
                self._send(b"K", (0, 0), 0)

    def _watch(self, gone: threading.Event) -> None:
        """Have BUSY fall when it is time, and keep a picture of each refresh."""
        while not gone.wait(LOOK_S if self._touched else REST_S):
            with self._lock:
                self._tell_busy()
                if self._touched and self.chip.changes_at is None:
                    self._touched = bool(self._busy) and not self.chip.asleep
                    self._keep_picture()

    def _tell_busy(self) -> None:
        busy = 0 if self.absent else self.chip.busy()
        if busy != self._busy:
            self._busy = busy
            self._send(b"I", BUSY, busy)

    def _send(self, kind: bytes, line: tuple[int, int], value: int) -> None:
        if self._peer is not None:
            with contextlib.suppress(OSError):  # the machine is gone
                self._peer.sendall(kind + bytes((*line, value)))

    def _keep_picture(self) -> None:
        frame = self.chip.glass_frame(ROTATION)
        if frame.bits != self._shown:
            self._shown = frame.bits
            self._pictures += 1
            picture = Image.frombytes("1", (frame.width, frame.height), frame.bits)
            numbered = self._folder / f"glass-{self._pictures:03}.png"
            picture.save(numbered)
            now = self._folder / "glass.png.new"
            shutil.copy(numbered, now)
            now.replace(self._folder / "glass.png")
