"""The controller SSD1680 and the glass of Waveshare's 2.13" and 2.9" panels, at the level of bytes.

It keeps to Solomon Systech's datasheet of the SSD1680, whose command numbers are named below, and is as unforgiving as
the chip: what the glass shows follows from the bytes and from nothing else, and what a careful driver would not send is
written down in ``violations``. Time is a clock that is handed in, so a test holds it.

Modelled are reset and deep sleep, both RAMs with their windows and counters, the display update sequence with its two
modes, the length of a waveform that is sent, BUSY, and the supply. Not modelled are what else is in a waveform, shades,
temperature, the OTP memory and all commands that read; the chip's MISO is not even connected on these panels.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

from mapio_display.core.frame import Frame
from mapio_display.frozen import Frozen

SOURCES, GATES = 176, 296
ROW = SOURCES // 8
RAM_BYTES = ROW * GATES

# A glass is portrait, so many sources wide and gates high. Its first column hangs on source 8, its first line on
# gate 0.
FIRST_SOURCE = 8
SIZES = {"epd2in13_V3": (122, 250), "epd2in13_V4": (122, 250), "epd2in9_V2": (128, 296)}

# A waveform that is sent: 12 groups of 4 phases, and the groups' frame rates in steps of 25 Hz.
_GROUPS, _FIRST_GROUP, _FIRST_RATE, _RATE_HZ = 12, 60, 144, 25
_SHORT_S = 1.0  # what is shorter is for partial refreshes

_NEW, _OLD = 0x24, 0x26
_STREAM = -1
_LENGTHS = {
    0x01: 3,  # driver output control
    0x03: 1,  # gate driving voltage
    0x04: 3,  # source driving voltage
    0x0C: 4,  # booster soft start
    0x10: 1,  # deep sleep mode
    0x11: 1,  # data entry mode
    0x12: 0,  # SWRESET
    0x18: 1,  # temperature sensor
    0x1A: 2,  # temperature register
    0x20: 0,  # master activation
    0x21: 2,  # display update control 1
    0x22: 1,  # display update control 2
    _NEW: _STREAM,
    _OLD: _STREAM,
    0x2C: 1,  # VCOM register
    0x32: 153,  # LUT register
    0x37: 10,  # display option
    0x3C: 1,  # border waveform
    0x3F: 1,  # end option
    0x44: 2,  # RAM X window
    0x45: 4,  # RAM Y window
    0x4E: 1,  # RAM X counter
    0x4F: 2,  # RAM Y counter
    0x7F: 0,  # NOP
}


class Times(Frozen):
    """How long BUSY stays high, in seconds: a full update adds up to 1.84 and a partial one to 0.46."""

    reset: float = 0.010
    power_on: float = 0.095
    load: float = 0.0025
    full: float = 1.6
    partial: float = 0.22
    power_off: float = 0.140


@dataclass(slots=True)
class Registers:
    """What a reset sets to its default, by hardware or by 0x12."""

    ping_pong: bool
    lines: int = GATES  # 0x01
    bottom_up: bool = False  # 0x01, TB
    entry: int = 0b011  # 0x11
    sensor: int = 0x48  # 0x18: an external one, which this panel does not have
    ram_options: int = 0x00  # 0x21, first byte
    shifted: bool = False  # 0x21, second byte: 0x80 is outputs S8 to S167
    sequence: int = 0xFF  # 0x22
    border: int = 0xC0  # 0x3C
    x_start: int = 0  # 0x44, in bytes
    x_end: int = ROW - 1
    y_start: int = 0  # 0x45
    y_end: int = GATES - 1
    x: int = 0  # 0x4E, in bytes
    y: int = 0  # 0x4F
    clock: bool = False
    analog: bool = False
    lut: Literal[1, 2] | None = None  # the mode that the loaded waveform is for
    lut_s: float | None = None  # how long it lasts, if it was sent and not loaded from the chip's memory


class Refresh(Frozen):
    """A refresh under way: when the glass is done, what it then shows, and which pixels are being driven till then."""

    ends_at: float
    picture: tuple[int, ...]
    driven: tuple[int, ...]
    partial: bool


def waveform_s(lut: bytes) -> float:
    """How long the waveform in the LUT register lasts, in seconds (datasheet, 6.7): each of its groups repeats."""
    seconds = 0.0
    for group in range(_GROUPS):
        at = _FIRST_GROUP + 7 * group
        a, b, ab_again, c, d, cd_again, again = lut[at : at + 7]
        frames = ((a + b) * (ab_again + 1) + (c + d) * (cd_again + 1)) * (again + 1)
        pair = lut[_FIRST_RATE + group // 2]
        seconds += frames / (_RATE_HZ * ((pair & 0x0F if group % 2 else pair >> 4) + 1))
    return seconds


class Ssd1680:
    """One panel.

    ``clock`` gives seconds. ``size`` are the glass's sources and gates. ``seed`` chooses what RAM and glass hold at
    first. ``ping_pong`` is the panel's default for 0x37: whether 0x26 takes over 0x24 after an update in mode 2.
    ``ram_in_sleep`` says whether RAM outlives deep sleep mode 1, as the datasheet promises. While ``stuck`` is set BUSY
    never falls.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        size: tuple[int, int] = SIZES["epd2in13_V4"],
        seed: int = 0,
        ping_pong: bool = False,
        ram_in_sleep: bool = True,
        times: Times | None = None,
    ) -> None:
        self.violations: list[str] = []
        self.stuck = False
        self.times = times or Times()
        self._clock = clock
        self._width, self._height = size
        self._all = (1 << self._width) - 1
        self._random = Random(seed)  # noqa: S311 - noise that can be repeated
        self._ping_pong = ping_pong
        self._ram_in_sleep = ram_in_sleep
        self._glass = [self._random.getrandbits(self._width) for _ in range(self._height)]
        self._refresh: Refresh | None = None
        self._command: int | None = None
        self._parameters = bytearray()
        self._reset_low = False
        self._on = False
        self.power_on()

    # Supply and glass

    def power_on(self) -> None:
        """Let the supply come: RAM is noise, registers are at their defaults, and the glass is as it was."""
        if not self._on:
            self._on = True
            self._lose_ram()
            self._asleep = False
            self._default()

    def power_off(self) -> None:
        """Cut the supply: the glass stays as it is, or half driven."""
        self._interrupt()
        self._on = False

    def wipe(self) -> None:
        """Make the glass white, as that of a new panel is."""
        self._glass = [self._all] * self._height

    @property
    def changes_at(self) -> float | None:
        """When the refresh under way will be on the glass, on the chip's clock; None when that is never."""
        self._settle()
        return None if self._refresh is None or self.stuck else self._refresh.ends_at

    @property
    def asleep(self) -> bool:
        """Whether the controller is in deep sleep."""
        return self._asleep

    def glass_frame(self, rotation: int = 0) -> Frame:
        """What the owner sees, landscape; ``rotation`` is 180 for a panel that is mounted the other way up."""
        self._settle()
        width, height = self._width, self._height
        lines = "".join(format(line, f"0{width}b") for line in self._glass)
        if rotation == 0:  # the glass's last line is the picture's left edge
            rows = [lines[y::width][::-1] for y in range(width)]
        else:
            rows = [lines[y::width] for y in range(width - 1, -1, -1)]
        stride = (height + 7) // 8
        bits = b"".join(int(row.ljust(8 * stride, "0"), 2).to_bytes(stride) for row in rows)
        return Frame("glass", height, width, bits)

    # Wires

    def busy(self) -> int:
        """Read the BUSY line: 1 while the chip is at work, and all through deep sleep."""
        self._settle()
        at_work = self._asleep or self._reset_low or self._clock() < self._busy_until
        return int(self._on and (self.stuck or at_work))

    def reset(self, level: int) -> None:
        """Set the RES# line; the only thing that ends deep sleep, and that may be done while BUSY is high."""
        self._settle()
        falls, rises = self._reset_low < (not level), self._reset_low > (not level)
        self._reset_low = not level
        if self._on and falls:
            self._interrupt()
        if self._on and rises:
            if self._asleep and not self._ram_kept:
                self._lose_ram()
            self._asleep = False
            self._default()

    def write(self, dc: int, data: bytes) -> None:
        """Take bytes with D/C# at this level: 0 for commands, 1 for parameters and RAM."""
        if not self._on:
            return
        if self.busy():
            why = "in reset" if self._reset_low else "in deep sleep" if self._asleep else "while BUSY"
            self._wrong(f"{len(data)} bytes {why}")
        elif dc and self._command in (_NEW, _OLD):
            self._write_ram(self._rams[self._command], data)
        elif dc:
            for byte in data:
                self._take_parameter(byte)
        else:
            for byte in data:
                self._begin(byte)

    # Commands

    def _begin(self, command: int) -> None:
        if self._command is not None and len(self._parameters) < _LENGTHS.get(self._command, 0):
            self._wrong(f"0x{self._command:02X} was left with {len(self._parameters)} of its parameters")
        self._command, self._parameters = command, bytearray()
        if command not in _LENGTHS:
            self._wrong(f"0x{command:02X} is not a command")
        elif _LENGTHS[command] == 0:
            self._execute(command, b"")

    def _take_parameter(self, byte: int) -> None:
        """Collect; a command takes effect with its last parameter and not before."""
        if self._command is None:
            self._wrong("data before any command")
        elif self._command in _LENGTHS:
            self._parameters.append(byte)
            if len(self._parameters) == _LENGTHS[self._command]:
                self._execute(self._command, bytes(self._parameters))
            elif len(self._parameters) > _LENGTHS[self._command]:
                self._wrong(f"0x{self._command:02X} was given a parameter too many")

    def _execute(self, command: int, p: bytes) -> None:  # noqa: C901 - a flat list of the chip's commands
        r = self._registers
        match command:
            case 0x01:
                r.lines, r.bottom_up = ((p[1] & 1) << 8 | p[0]) + 1, bool(p[2] & 1)
                if p[2] & 0b110:
                    self._wrong("0x01: another order of the gates than this glass has")
            case 0x10:
                self._asleep = p[0] & 0b11 != 0
                self._ram_kept = p[0] & 0b11 == 0b01 and self._ram_in_sleep
            case 0x11:
                r.entry = p[0] & 0b111
            case 0x12:
                self._default()
            case 0x18:
                r.sensor = p[0]
            case 0x20:
                self._activate()
            case 0x21:
                r.ram_options, r.shifted = p[0], bool(p[1] & 0x80)
            case 0x22:
                r.sequence = p[0]
            case 0x32:
                r.lut_s = waveform_s(p)
                r.lut = 2 if r.lut_s < _SHORT_S else 1
            case 0x37:
                r.ping_pong = bool(p[5] & 0x40)
            case 0x3C:
                r.border = p[0]
            case 0x44:
                r.x_start, r.x_end = p[0] & 0x3F, p[1] & 0x3F
            case 0x45:
                r.y_start, r.y_end = (p[1] & 1) << 8 | p[0], (p[3] & 1) << 8 | p[2]
            case 0x4E:
                r.x = p[0] & 0x3F
            case 0x4F:
                r.y = (p[1] & 1) << 8 | p[0]

    def _write_ram(self, ram: bytearray, data: bytes) -> None:
        """0x24 and 0x26: each byte goes to the counters' place, and they advance as 0x11 says, within the window."""
        r = self._registers
        lost = 0
        for byte in data:
            if r.x < ROW and r.y < GATES:
                ram[r.y * ROW + r.x] = byte
            else:
                lost += 1
            if r.entry & 0b100:
                if self._advance_y():
                    self._advance_x()
            elif self._advance_x():
                self._advance_y()
        if lost:
            self._wrong(f"{lost} bytes beyond the RAM")

    def _advance_x(self) -> bool:
        r = self._registers
        at_end = r.x == r.x_end
        r.x = r.x_start if at_end else (r.x + (1 if r.entry & 0b001 else -1)) & 0x3F
        return at_end

    def _advance_y(self) -> bool:
        r = self._registers
        at_end = r.y == r.y_end
        r.y = r.y_start if at_end else (r.y + (1 if r.entry & 0b010 else -1)) & 0x1FF
        return at_end

    # The display update sequence

    def _activate(self) -> None:
        """0x20: do what the bits of 0x22 say, from the highest to the lowest."""
        r, now = self._registers, self._clock()
        mode: Literal[1, 2] = 2 if r.sequence & 0x08 else 1
        at = now
        if r.sequence & 0x80:
            r.clock = True
        if r.sequence & 0x40 and not r.analog:
            r.analog = True
            at += self.times.power_on
        if r.sequence & 0x20:
            at += self.times.load
            if r.sensor != 0x80:
                self._wrong("the temperature is loaded from an external sensor, and there is none")
        if r.sequence & 0x10:
            at += self.times.load
            r.lut, r.lut_s = mode, None
        if r.sequence & 0x04:
            at = self._drive(mode, at)
        if r.sequence & 0x02 and r.analog:
            r.analog = False
            at += self.times.power_off
        if r.sequence & 0x01:
            r.clock = False
        self._busy_until = at

    def _drive(self, mode: Literal[1, 2], at: float) -> float:
        """Begin to drive the glass; returns when that ends."""
        r = self._registers
        if not (r.clock and r.analog):
            self._wrong("a refresh without clock or voltage")
            return at
        if r.lut != mode:
            self._wrong(f"a refresh in mode {mode} without its waveform")
            return at
        new, old = self._picture(_NEW), self._picture(_OLD)
        reached = [self._all if line < r.lines else 0 for line in range(self._height)]
        driven = [(a ^ b) & mask for a, b, mask in zip(new, old, reached, strict=True)] if mode == 2 else reached
        picture = [shown & ~mask | pixels & mask for shown, pixels, mask in zip(self._glass, new, driven, strict=True)]
        lasts = self.times.partial if mode == 2 else self.times.full
        ends_at = at + (lasts if r.lut_s is None else r.lut_s)
        self._refresh = Refresh(ends_at, tuple(picture), tuple(driven), partial=mode == 2)
        return ends_at

    def _picture(self, command: int) -> list[int]:
        """The glass's part of one RAM, as 0x21 lets it through and 0x01 orders the lines."""
        r = self._registers
        option = r.ram_options >> 4 if command == _OLD else r.ram_options & 0x0F
        if option not in (0b0000, 0b0100, 0b1000):
            self._wrong(f"0x21: {option:04b} is not an option for a RAM")
        ram = self._rams[command]
        right = SOURCES - self._width - (0 if r.shifted else FIRST_SOURCE)
        picture = []
        for line in range(self._height):
            y = r.lines - 1 - line if r.bottom_up else line
            row = int.from_bytes(ram[y * ROW : (y + 1) * ROW], "big") if 0 <= y < GATES else 0
            if option & 0b1000:  # inverted
                row = ~row
            elif option & 0b0100:  # taken for 0
                row = 0
            picture.append(row >> right & self._all)
        return picture

    def _settle(self) -> None:
        """Let happen what has become due."""
        done = self._refresh
        if done is None or self.stuck or self._clock() < done.ends_at:
            return
        self._refresh = None
        self._glass = list(done.picture)
        if done.partial and self._registers.ping_pong:
            self._rams[_OLD][:] = self._rams[_NEW]

    def _interrupt(self) -> None:
        """Break off a refresh: the pixels that were being driven stay anyhow."""
        self._settle()
        if self._refresh is not None:
            driven, self._refresh = self._refresh.driven, None
            self._glass = [
                line & ~mask | self._random.getrandbits(self._width) & mask
                for line, mask in zip(self._glass, driven, strict=True)
            ]

    def _default(self) -> None:
        self._registers = Registers(ping_pong=self._ping_pong)
        self._command, self._parameters = None, bytearray()
        self._ram_kept = True
        self._busy_until = self._clock() + self.times.reset

    def _lose_ram(self) -> None:
        self._rams = {ram: bytearray(self._random.randbytes(RAM_BYTES)) for ram in (_NEW, _OLD)}

    def _wrong(self, what: str) -> None:
        self.violations.append(f"{self._clock():.3f} {what}")
