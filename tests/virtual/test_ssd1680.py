"""The simulator against the datasheet: byte for byte, and strict where the chip is."""

from collections.abc import Callable

import pytest

from mapio_display.core.frame import Frame
from mapio_display.panel.buffer import pack
from mapio_display.panel.vendor import EpdConfig, load
from mapio_display.virtual.ssd1680 import GATES, ROW, SIZES, Ssd1680, Times, waveform_s
from tests.panel.fakes import HeldTime, Wires, noise, wrong_pixels

WIDTH, HEIGHT = SIZES["epd2in13_V4"]

FULL, PARTIAL = 0xF7, 0xFF
WHITE, BLACK = b"\xff", b"\x00"


class Hand:
    """Somebody who sends bytes to a chip by hand."""

    def __init__(self, *, ping_pong: bool = False, ram_in_sleep: bool = True, seed: int = 0) -> None:
        self.time = HeldTime()
        self.chip = Ssd1680(self.time.now, ping_pong=ping_pong, ram_in_sleep=ram_in_sleep, seed=seed)

    def send(self, command: int, *parameters: int) -> None:
        self.chip.write(0, bytes((command,)))
        if parameters:
            self.chip.write(1, bytes(parameters))

    def wait(self) -> float:
        """Until BUSY falls; gives the seconds."""
        began = self.time.now()
        for _ in range(10_000):
            if not self.chip.busy():
                return self.time.now() - began
            self.time.sleep(0.001)
        raise AssertionError("BUSY never falls")

    def reset(self) -> None:
        self.chip.reset(0)
        self.chip.reset(1)
        self.wait()

    def prepare(self) -> None:
        """What the panel's driver sends before a frame."""
        self.reset()
        self.send(0x01, 0xF9, 0x00, 0x00)
        self.send(0x11, 0b011)
        self.send(0x44, 0, 15)
        self.send(0x45, 0, 0, 249, 0)
        self.send(0x4E, 0)
        self.send(0x4F, 0, 0)
        self.send(0x21, 0x00, 0x80)
        self.send(0x18, 0x80)

    def ram(self, command: int, data: bytes) -> None:
        """Fill a RAM from the window's first place on."""
        self.send(0x4E, 0)
        self.send(0x4F, 0, 0)
        self.send(command)
        self.chip.write(1, data)

    def refresh(self, sequence: int) -> float:
        self.send(0x22, sequence)
        self.send(0x20)
        return self.wait()

    def show(self, frame: Frame) -> None:
        self.ram(0x24, packed(frame))
        self.refresh(FULL)

    @property
    def lines(self) -> list[str]:
        """The glass as it hangs on the chip: 250 lines of 122 digits."""
        frame = self.chip.glass_frame()
        rows = [format(int.from_bytes(frame.bits[32 * y : 32 * y + 32], "big"), "0256b")[:HEIGHT] for y in range(WIDTH)]
        return ["".join(row[HEIGHT - 1 - line] for row in rows) for line in range(HEIGHT)]


def packed(frame: Frame) -> bytes:
    return pack(frame, portrait=True, rotation=0)


@pytest.fixture
def hand() -> Hand:
    hand = Hand()
    hand.prepare()
    return hand


# Framing


def test_parameters_take_effect_with_the_last_one_and_not_before(hand: Hand) -> None:
    hand.send(0x10)
    assert hand.chip.busy() == 0  # a bare 0x10 does not sleep
    hand.send(0x7F)
    assert hand.chip.violations[-1].endswith("0x10 was left with 0 of its parameters")
    hand.send(0x10, 0x01)
    assert hand.chip.busy() == 1


@pytest.mark.parametrize(
    ("send", "what"),
    [
        (lambda hand: hand.send(0x80), "0x80 is not a command"),
        (lambda hand: hand.send(0x22, 0xF7, 0xF7), "0x22 was given a parameter too many"),
        (lambda hand: (hand.send(0x45, 0, 0, 249), hand.send(0x20)), "0x45 was left with 3 of its parameters"),
        (lambda hand: (hand.reset(), hand.chip.write(1, b"\0")), "data before any command"),
        (lambda hand: hand.send(0x01, 0xF9, 0, 0b010), "another order of the gates"),
        (lambda hand: (hand.chip.reset(0), hand.chip.write(0, b"\x12")), "1 bytes in reset"),
    ],
)
def test_what_the_chip_would_not_understand_is_written_down(
    hand: Hand, send: Callable[[Hand], object], what: str
) -> None:
    send(hand)
    assert any(what in violation for violation in hand.chip.violations)


def test_bytes_while_busy_are_lost_and_written_down(hand: Hand) -> None:
    hand.ram(0x24, WHITE * 4000)
    hand.send(0x22, FULL)
    hand.send(0x20)
    hand.send(0x24)
    hand.chip.write(1, BLACK * 4000)
    assert [violation.split(" ", 1)[1] for violation in hand.chip.violations] == [
        "1 bytes while BUSY",
        "4000 bytes while BUSY",
    ]
    hand.wait()
    assert set("".join(hand.lines)) == {"1"}


# Reset, sleep and supply


def test_a_reset_sets_defaults_and_keeps_the_ram(hand: Hand) -> None:
    hand.ram(0x24, packed(noise(1)))
    hand.reset()
    hand.send(0x18, 0x80)
    hand.send(0x21, 0x00, 0x80)
    hand.refresh(FULL)
    assert wrong_pixels(hand.chip.glass_frame(), noise(1)) == 0


def test_a_software_reset_sets_defaults_and_keeps_the_ram(hand: Hand) -> None:
    hand.ram(0x24, packed(noise(1)))
    hand.send(0x12)
    assert hand.wait() == pytest.approx(0.010, abs=0.002)
    hand.send(0x21, 0x00, 0x80)
    hand.refresh(FULL)
    assert wrong_pixels(hand.chip.glass_frame(), noise(1)) == 0
    assert "external sensor" in hand.chip.violations[0]  # 0x18 is at its default again


def test_in_deep_sleep_busy_is_high_and_only_a_reset_wakes(hand: Hand) -> None:
    hand.send(0x10, 0x01)
    hand.time.sleep(1000)
    assert hand.chip.busy() == 1
    hand.send(0x12)
    assert hand.chip.violations[0].endswith("1 bytes in deep sleep")
    assert hand.chip.busy() == 1
    hand.reset()
    assert hand.chip.busy() == 0


@pytest.mark.parametrize(
    ("mode", "ram_in_sleep", "kept"), [(0x01, True, True), (0x01, False, False), (0x03, True, False)]
)
def test_ram_outlives_sleep_mode_1_unless_the_panel_is_of_the_forgetful_kind(
    mode: int, ram_in_sleep: bool, kept: bool
) -> None:
    hand = Hand(ram_in_sleep=ram_in_sleep)
    hand.prepare()
    hand.ram(0x24, packed(noise(1)))
    hand.send(0x10, mode)
    hand.prepare()
    hand.refresh(FULL)
    assert (wrong_pixels(hand.chip.glass_frame(), noise(1)) == 0) is kept


def test_at_power_up_the_ram_is_noise_that_the_seed_repeats() -> None:
    def glass(seed: int) -> bytes:
        hand = Hand(seed=seed)
        hand.prepare()
        hand.refresh(FULL)
        return hand.chip.glass_frame().bits

    assert glass(1) == glass(1) != glass(2)


def test_the_glass_outlives_the_power_and_the_ram_does_not(hand: Hand) -> None:
    hand.show(noise(1))
    hand.chip.power_off()
    hand.send(0x12)
    assert hand.chip.busy() == 0
    hand.chip.power_on()
    assert wrong_pixels(hand.chip.glass_frame(), noise(1)) == 0
    hand.prepare()
    hand.refresh(FULL)
    assert wrong_pixels(hand.chip.glass_frame(), noise(1)) > 10_000


@pytest.mark.parametrize("breaks_off", ["reset", "power"])
def test_a_refresh_that_is_broken_off_leaves_its_pixels_undefined(hand: Hand, breaks_off: str) -> None:
    hand.show(noise(1))
    hand.ram(0x24, WHITE * 4000)
    hand.send(0x22, FULL)
    hand.send(0x20)
    hand.time.sleep(0.5)
    if breaks_off == "reset":
        hand.reset()
    else:
        hand.chip.power_off()
    hand.time.sleep(10)
    glass = hand.chip.glass_frame()
    assert wrong_pixels(glass, noise(1)) > 10_000
    assert "0" in "".join(hand.lines)
    assert hand.chip.violations == []


# RAM


def test_the_window_is_filled_row_by_row_and_wraps(hand: Hand) -> None:
    hand.ram(0x24, BLACK * 4000)
    hand.send(0x44, 2, 3)
    hand.send(0x45, 10, 0, 11, 0)
    hand.send(0x4E, 2)
    hand.send(0x4F, 10, 0)
    hand.send(0x24)
    hand.chip.write(1, bytes((0xF0, 0x0F, 0xAA, 0x55, 0xFF)))  # the fifth comes around to the first place
    hand.refresh(FULL)
    assert hand.lines[10][16:32] == "1111111100001111"
    assert hand.lines[11][16:32] == "1010101001010101"
    assert "1" not in "".join(hand.lines[:10] + hand.lines[12:])


@pytest.mark.parametrize(
    ("entry", "start", "places"),
    [
        (0b011, (2, 10), [(2, 10), (3, 10), (2, 11), (3, 11)]),
        (0b010, (3, 10), [(3, 10), (2, 10), (3, 11), (2, 11)]),
        (0b001, (2, 11), [(2, 11), (3, 11), (2, 10), (3, 10)]),
        (0b000, (3, 11), [(3, 11), (2, 11), (3, 10), (2, 10)]),
        (0b111, (2, 10), [(2, 10), (2, 11), (3, 10), (3, 11)]),
        (0b100, (3, 11), [(3, 11), (3, 10), (2, 11), (2, 10)]),
    ],
)
def test_data_entry_mode_says_where_the_counters_go(
    hand: Hand, entry: int, start: tuple[int, int], places: list[tuple[int, int]]
) -> None:
    hand.ram(0x24, BLACK * 4000)
    (x, y), ends = start, places[-1]
    hand.send(0x11, entry)
    hand.send(0x44, x, ends[0])
    hand.send(0x45, y, 0, ends[1], 0)
    hand.send(0x4E, x)
    hand.send(0x4F, y, 0)
    hand.send(0x24)
    hand.chip.write(1, bytes((1, 2, 3, 4)))
    hand.refresh(FULL)
    written = [int(hand.lines[y][8 * x : 8 * x + 8], 2) for x, y in places]
    assert written == [1, 2, 3, 4]


def test_the_ram_is_wider_and_longer_than_the_glass(hand: Hand) -> None:
    hand.reset()
    hand.send(0x24)
    hand.chip.write(1, bytes(ROW * GATES))
    assert hand.chip.violations == []
    hand.send(0x45, 0, 0, 0x2C, 0x01)  # nine bits: line 300 is beyond the last
    hand.chip.write(0, b"\x4f")
    hand.chip.write(1, bytes((0x2C, 0x01)))
    hand.send(0x24)
    hand.chip.write(1, b"\0")
    assert hand.chip.violations[0].endswith("1 bytes beyond the RAM")


# Display update


@pytest.mark.parametrize(("sequence", "seconds"), [(FULL, 1.84), (PARTIAL, 0.46), (0xC0, 0.095), (0x20, 0.0025)])
def test_busy_lasts_as_long_as_what_is_done(hand: Hand, sequence: int, seconds: float) -> None:
    assert hand.refresh(sequence) == pytest.approx(seconds, abs=0.002)


def test_the_sequence_is_done_bit_by_bit(hand: Hand) -> None:
    hand.ram(0x24, packed(noise(1)))
    assert hand.refresh(0xC0) == pytest.approx(0.095, abs=0.001)  # clock and voltage on
    hand.refresh(0x30)  # temperature and waveform
    assert hand.refresh(0x04) == pytest.approx(1.6, abs=0.001)  # the glass alone
    assert wrong_pixels(hand.chip.glass_frame(), noise(1)) == 0
    assert hand.refresh(0x03) == pytest.approx(0.140, abs=0.001)  # both off again
    assert hand.chip.violations == []


@pytest.mark.parametrize(
    ("sequence", "what"),
    [(0x34, "without clock or voltage"), (0xC7, "mode 1 without its waveform"), (0xCF, "mode 2 without its waveform")],
)
def test_a_refresh_that_is_not_fully_set_up_shows_nothing(hand: Hand, sequence: int, what: str) -> None:
    before = hand.chip.glass_frame()
    hand.refresh(sequence)
    assert what in hand.chip.violations[0]
    assert hand.chip.glass_frame() == before


def test_the_glass_changes_when_it_has_been_driven_and_not_before(hand: Hand) -> None:
    before = hand.chip.glass_frame()
    hand.ram(0x24, packed(noise(1)))
    hand.send(0x22, FULL)
    hand.send(0x20)
    ends_at = hand.chip.changes_at
    assert ends_at is not None
    hand.time.sleep(ends_at - hand.time.now() - 0.001)
    assert hand.chip.glass_frame() == before
    hand.time.sleep(0.002)
    assert wrong_pixels(hand.chip.glass_frame(), noise(1)) == 0
    assert hand.chip.busy() == 1  # the voltage is still being taken away
    assert hand.chip.changes_at is None


def test_mode_1_drives_every_pixel(hand: Hand) -> None:
    hand.ram(0x26, packed(noise(1)))  # as on the new one: nothing differs
    hand.show(noise(1))
    assert wrong_pixels(hand.chip.glass_frame(), noise(1)) == 0


def test_mode_2_drives_only_where_the_rams_differ(hand: Hand) -> None:
    hand.show(noise(1))
    hand.ram(0x26, packed(noise(2)))
    hand.ram(0x24, packed(noise(2)))
    hand.refresh(PARTIAL)
    assert wrong_pixels(hand.chip.glass_frame(), noise(1)) == 0


@pytest.mark.parametrize("ping_pong", [False, True])
def test_a_partial_refresh_against_a_stale_ram_leaves_ghosts_unless_it_follows_by_itself(ping_pong: bool) -> None:
    hand = Hand(ping_pong=ping_pong)
    hand.prepare()
    hand.ram(0x26, packed(noise(1)))
    hand.show(noise(1))
    for seed in (2, 3):
        hand.ram(0x24, packed(noise(seed)))  # and 0x26 is left to itself
        hand.refresh(PARTIAL)
    ghosts = wrong_pixels(hand.chip.glass_frame(), noise(3))
    assert ghosts == 0 if ping_pong else ghosts > 1000
    assert hand.chip.violations == []


def test_ping_pong_can_be_chosen(hand: Hand) -> None:
    hand.ram(0x26, packed(noise(1)))
    hand.show(noise(1))
    hand.send(0x37, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0)
    for seed in (2, 3):
        hand.ram(0x24, packed(noise(seed)))
        hand.refresh(PARTIAL)
    assert wrong_pixels(hand.chip.glass_frame(), noise(3)) == 0


def test_ping_pong_is_of_mode_2_only() -> None:
    hand = Hand(ping_pong=True)
    hand.prepare()
    hand.ram(0x26, packed(noise(2)))
    hand.show(noise(1))
    hand.ram(0x24, packed(noise(2)))
    hand.refresh(PARTIAL)  # finds no difference, because 0x26 is as it was
    assert wrong_pixels(hand.chip.glass_frame(), noise(1)) == 0


@pytest.mark.parametrize(("option", "digits"), [(0x00, "10"), (0x08, "01"), (0x04, "00")])
def test_a_ram_can_be_inverted_or_bypassed(hand: Hand, option: int, digits: str) -> None:
    hand.ram(0x24, b"\xaa" * 4000)
    hand.send(0x21, option, 0x80)
    hand.refresh(FULL)
    assert set(hand.lines) == {digits * (WIDTH // 2)}


def test_each_ram_has_its_own_option(hand: Hand) -> None:
    hand.show(noise(1))
    hand.ram(0x26, BLACK * 4000)
    hand.ram(0x24, WHITE * 4000)
    hand.send(0x21, 0x80, 0x80)  # the old one inverted is as the new one
    hand.refresh(PARTIAL)
    assert wrong_pixels(hand.chip.glass_frame(), noise(1)) == 0


def test_without_the_source_offset_the_picture_is_a_byte_beside_its_place(hand: Hand) -> None:
    hand.ram(0x24, (b"\xf0" + BLACK * 15) * 250)
    hand.refresh(FULL)
    assert hand.lines[0].startswith("11110000")
    hand.send(0x21, 0x00, 0x00)
    hand.refresh(FULL)
    assert "1" not in hand.lines[0]


def test_lines_beyond_the_gates_in_use_are_not_driven(hand: Hand) -> None:
    hand.ram(0x24, WHITE * 4000)
    hand.refresh(FULL)
    hand.ram(0x24, BLACK * 4000)
    hand.send(0x01, 99, 0, 0)
    hand.refresh(FULL)
    assert set("".join(hand.lines[:100])) == {"0"}
    assert set("".join(hand.lines[100:])) == {"1"}


def test_the_gates_can_be_scanned_from_the_other_end(hand: Hand) -> None:
    hand.ram(0x24, WHITE * 16 + BLACK * (4000 - 16))
    hand.send(0x01, 249, 0, 1)
    hand.refresh(FULL)
    assert "0" not in hand.lines[-1]
    assert "1" not in hand.lines[0]


def test_a_chip_that_hangs_stays_busy_and_shows_nothing(hand: Hand) -> None:
    before = hand.chip.glass_frame()
    hand.ram(0x24, packed(noise(1)))
    hand.chip.stuck = True
    hand.time.sleep(1000)
    assert hand.chip.busy() == 1
    hand.send(0x20)
    assert hand.chip.glass_frame() == before
    assert hand.chip.changes_at is None


def test_the_owner_sees_the_last_line_on_the_left_or_on_the_right(hand: Hand) -> None:
    hand.ram(0x24, BLACK * (4000 - 16) + WHITE * 16)
    hand.refresh(FULL)
    upright, turned = hand.chip.glass_frame(), hand.chip.glass_frame(180)
    assert (upright.width, upright.height) == (250, 122)
    assert all(upright.bits[32 * y] == 0x80 and upright.bits[32 * y + 31] == 0 for y in range(122))
    assert all(turned.bits[32 * y] == 0 and turned.bits[32 * y + 31] == 0x40 for y in range(122))


def test_busy_times_can_be_chosen() -> None:
    time = HeldTime()
    chip = Ssd1680(time.now, times=Times(reset=5.0))
    chip.reset(0)
    chip.reset(1)
    time.sleep(4.9)
    assert chip.busy() == 1
    time.sleep(0.2)
    assert chip.busy() == 0


# The vendor's own partial refresh


def test_the_vendors_partial_refresh_leaves_ghosts() -> None:
    """It never writes 0x26, and its reset takes the source offset and the sensor back to their defaults."""
    time = HeldTime()
    chip = Ssd1680(time.now)
    epd = load("epd2in13_V4", EpdConfig(Wires(chip), 5.0, time.now, time.sleep))
    epd.init()
    epd.displayPartBaseImage(packed(noise(1)))
    assert wrong_pixels(chip.glass_frame(), noise(1)) == 0
    assert chip.violations == []
    for seed in (2, 3):
        time.sleep(0.02)  # it does not wait for its own reset
        epd.displayPartial(packed(noise(seed)))
    assert wrong_pixels(chip.glass_frame(), noise(3)) > 1000
    assert chip.violations != []


# Waveforms that are sent


@pytest.mark.parametrize(
    ("model", "name", "seconds"),
    [
        ("epd2in13_V3", "lut_full_update", 1.61),
        ("epd2in13_V3", "lut_partial_update", 0.29),
        ("epd2in9_V2", "WS_20_30", 1.78),
        ("epd2in9_V2", "WF_PARTIAL_2IN9", 0.29),
    ],
)
def test_a_waveform_lasts_as_long_as_its_groups_say(model: str, name: str, seconds: float) -> None:
    time = HeldTime()
    epd = load(model, EpdConfig(Wires(Ssd1680(time.now)), 5.0, time.now, time.sleep))
    assert waveform_s(bytes(getattr(epd, name)[:153])) == pytest.approx(seconds, abs=0.01)


def test_a_partial_refresh_with_the_waveform_of_a_full_one_is_a_violation() -> None:
    time = HeldTime()
    chip = Ssd1680(time.now)
    epd = load("epd2in13_V3", EpdConfig(Wires(chip), 5.0, time.now, time.sleep))
    epd.init()
    epd.send_command(0x22)
    epd.send_data(0xCF)
    epd.send_command(0x20)
    assert any("without its waveform" in violation for violation in chip.violations)
