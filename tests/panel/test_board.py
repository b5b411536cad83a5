"""The transports of real boards, against fakes of the libraries they use."""

from errno import ENODEV, ENOENT
from os import strerror
from pathlib import Path

import pytest

from mapio_display.errors import PanelError
from mapio_display.panel.board import BoardTransport
from mapio_display.panel.connect import connect
from mapio_display.panel.gpiod_lines import GpiodLines
from mapio_display.panel.rpi_lines import RpiLines
from mapio_display.panel.spi import SpiBus
from tests.board.lines import FakeChip, gpio_of

# libgpiod


def expander_of(*names: str, has_interrupt: bool = True) -> FakeChip:
    return FakeChip(*names, level=0, has_interrupt=has_interrupt)


def gpiod_lines(*chips: FakeChip | None, busy: str = "P_BUSY") -> GpiodLines:
    """The panel's lines on a machine with these chips; None is one that cannot be opened."""
    return GpiodLines("P_RST", "P_DC", busy, gpio=gpio_of(*chips))


def test_the_lines_are_found_by_name_whatever_the_chips_number() -> None:
    expander = expander_of("BUTTON_UP", "P_BUSY", "P_RST", "P_DC")
    lines = gpiod_lines(expander_of("GPIO0", "GPIO1"), None, expander)
    lines.open()
    assert expander.levels["P_RST"] == 1
    assert expander.levels["P_DC"] == 0
    lines.set_reset(0)
    lines.set_dc(1)
    assert expander.writes == [("P_RST", 0), ("P_DC", 1)]
    expander.levels["P_BUSY"] = 1
    assert lines.busy() == 1


def test_lines_may_be_on_several_chips() -> None:
    lines = gpiod_lines(expander_of("P_RST", "P_DC"), expander_of("P_BUSY"))
    lines.open()
    assert lines.busy() == 0


@pytest.mark.parametrize("busy", ["P_BUSY", "99"])
def test_a_missing_line_is_named_and_the_others_are_given_back(busy: str) -> None:
    expander = expander_of("P_RST", "P_DC")
    with pytest.raises(PanelError, match=f"No GPIO chip of this machine has the panel's line {busy}"):
        gpiod_lines(expander, busy=busy).open()
    assert expander.taken == {}


def test_a_line_in_use_is_named() -> None:
    expander = expander_of("P_RST", "P_DC", "P_BUSY")
    gpiod_lines(expander).open()
    with pytest.raises(PanelError, match="P_RST cannot be taken: Device or resource busy"):
        gpiod_lines(expander).open()


def test_closed_lines_can_be_taken_again() -> None:
    expander = expander_of("P_RST", "P_DC", "P_BUSY")
    lines = gpiod_lines(expander)
    lines.open()
    lines.close()
    assert expander.taken == {}
    with pytest.raises(PanelError, match="P_BUSY is not open"):
        lines.busy()
    lines.open()


def test_an_expander_that_falls_off_its_bus_is_a_panel_error() -> None:
    expander = expander_of("P_RST", "P_DC", "P_BUSY")
    lines = gpiod_lines(expander)
    lines.open()
    expander.taken["P_RST"].unplug()
    with pytest.raises(PanelError, match="P_RST cannot be set: No such device"):
        lines.set_reset(0)


# RPi.GPIO


def test_an_edge_of_busy_ends_the_wait_and_is_taken_out_of_the_buffer() -> None:
    chip = expander_of("P_RST", "P_DC", "P_BUSY")
    lines = gpiod_lines(chip)
    lines.open()
    chip.set("P_BUSY", 1, 1.0)
    chip.set("P_BUSY", 0, 1.1)
    chip.pass_time(1.2)
    busy = chip.taken["P_BUSY"]
    assert busy.wait_edge_events(0)
    assert lines.wait_for_edge(0.25)
    assert not busy.wait_edge_events(0)
    assert lines.wait_for_edge(0.25), "the time is over, and that was waited for"


def test_on_a_chip_without_an_interrupt_busy_is_taken_without_edges() -> None:
    chip = expander_of("P_RST", "P_DC", "P_BUSY", has_interrupt=False)
    lines = gpiod_lines(chip)
    lines.open()
    assert not lines.wait_for_edge(0.25)
    assert lines.busy() == 0


class FakeRpiGpio:
    """RPi.GPIO with its rules: nothing works before ``setmode``, and no line before ``setup``."""

    BCM, IN, OUT, HIGH, LOW = 11, 1, 0, 1, 0

    def __init__(self) -> None:
        self.mode: int | None = None
        self.directions: dict[int, int] = {}
        self.levels: dict[int, int] = {}

    def setmode(self, mode: int) -> None:
        self.mode = mode

    def setwarnings(self, flag: bool) -> None: ...

    def setup(self, channel: int, direction: int, initial: int = -1) -> None:
        if self.mode is None:
            raise RuntimeError("Please set pin numbering mode using GPIO.setmode(GPIO.BOARD) or GPIO.setmode(GPIO.BCM)")
        self.directions[channel] = direction
        self.levels[channel] = max(initial, 0)

    def output(self, channel: int, value: int) -> None:
        if self.directions.get(channel) != self.OUT:
            raise RuntimeError("The GPIO channel has not been set up as an OUTPUT")
        self.levels[channel] = value

    def input(self, channel: int) -> int:
        if channel not in self.directions:
            raise RuntimeError("You must setup() the GPIO channel first")
        return self.levels[channel]

    def cleanup(self, channel: list[int]) -> None:
        for line in channel:
            self.directions.pop(line, None)


def test_the_hat_is_driven_by_bcm_numbers_with_its_supply_on() -> None:
    gpio = FakeRpiGpio()
    lines = RpiLines(17, 25, 24, gpio)
    lines.open()
    assert gpio.mode == gpio.BCM
    assert gpio.levels == {17: 1, 25: 0, 24: 0, 18: 1}
    assert gpio.directions == {17: gpio.OUT, 25: gpio.OUT, 24: gpio.IN, 18: gpio.OUT}
    lines.set_reset(0)
    lines.set_dc(1)
    gpio.levels[24] = 1
    assert (gpio.levels[17], gpio.levels[25], lines.busy()) == (0, 1, 1)


def test_lines_of_the_hat_that_are_not_open_are_a_panel_error() -> None:
    lines = RpiLines(17, 25, 24, FakeRpiGpio())
    with pytest.raises(PanelError, match="24 cannot be read"):
        lines.busy()
    with pytest.raises(PanelError, match="17 cannot be set"):
        lines.set_reset(1)
    lines.open()
    lines.close()
    with pytest.raises(PanelError, match="25 cannot be set"):
        lines.set_dc(1)


# spidev


class FakeSpi:
    """A SPI device; what it was sent, one entry a transfer."""

    def __init__(self, missing: bool = False) -> None:
        self.max_speed_hz = 0
        self.mode = -1
        self.path: str | None = None
        self.transfers: list[bytes] = []
        self._missing = missing

    def open(self, bus: int, device: int) -> None:
        if self._missing:
            raise FileNotFoundError(ENOENT, strerror(ENOENT))
        self.path = f"/dev/spidev{bus}.{device}"

    def writebytes2(self, data: bytes) -> None:
        if self.path is None:
            raise OSError(ENODEV, strerror(ENODEV))
        self.transfers.append(bytes(data))

    def close(self) -> None:
        self.path = None


def test_a_frame_goes_over_the_bus_in_one_call_at_4_mhz() -> None:
    device = FakeSpi()
    bus = SpiBus("/dev/spidev0.0", lambda: device)
    bus.open()
    assert (device.path, device.max_speed_hz, device.mode) == ("/dev/spidev0.0", 4_000_000, 0)
    bus.write(bytes(4000))
    assert device.transfers == [bytes(4000)]


def test_a_missing_bus_is_named() -> None:
    bus = SpiBus("/dev/spidev0.0", lambda: FakeSpi(missing=True))
    with pytest.raises(PanelError, match=r"/dev/spidev0\.0 cannot be opened: No such file"):
        bus.open()


def test_a_bus_that_is_gone_is_a_panel_error() -> None:
    device = FakeSpi()
    bus = SpiBus("/dev/spidev0.0", lambda: device)
    with pytest.raises(PanelError, match="is closed"):
        bus.write(b"\0")
    bus.open()
    device.close()
    with pytest.raises(PanelError, match="does not take bytes: No such device"):
        bus.write(b"\0")


def test_the_real_spidev_says_in_plain_words_that_there_is_no_bus() -> None:
    with pytest.raises(PanelError, match=r"/dev/spidev9\.9 cannot be opened: No such file"):
        SpiBus("/dev/spidev9.9").open()


def test_a_bus_is_opened_by_the_numbers_in_its_path_or_in_what_that_is_a_link_to(tmp_path: Path) -> None:
    device = FakeSpi()
    SpiBus("/dev/spidev10.1", lambda: device).open()
    assert device.path == "/dev/spidev10.1"
    (tmp_path / "panel").symlink_to("/dev/spidev2.3")
    SpiBus(str(tmp_path / "panel"), lambda: device).open()
    assert device.path == "/dev/spidev2.3"
    with pytest.raises(PanelError, match=r"must be a file /dev/spidevBUS\.DEVICE, or a link to one"):
        SpiBus(str(tmp_path / "spidev0.0"), lambda: device).open()


# Both together


def board(missing_bus: bool = False) -> tuple[BoardTransport, FakeChip, FakeSpi]:
    expander, device = expander_of("P_RST", "P_DC", "P_BUSY"), FakeSpi(missing_bus)
    return BoardTransport(gpiod_lines(expander), SpiBus("/dev/spidev0.0", lambda: device)), expander, device


def test_data_command_is_set_only_when_it_changes() -> None:
    transport, expander, device = board()
    transport.open()
    for dc, data in ((0, b"\x01"), (1, b"\xf9"), (1, b"\0"), (1, b"\0"), (0, b"\x11"), (1, b"\x03")):
        transport.write(dc, data)
    assert expander.writes == [("P_DC", 1), ("P_DC", 0), ("P_DC", 1)]
    assert b"".join(device.transfers) == b"\x01\xf9\0\0\x11\x03"


def test_the_level_of_data_command_is_not_believed_after_a_failure() -> None:
    transport, expander, _ = board()
    transport.open()
    expander.taken["P_DC"].broken = True
    with pytest.raises(PanelError):
        transport.write(1, b"\0")
    expander.taken["P_DC"].broken = False
    transport.write(0, b"\x10")
    assert expander.writes == [("P_DC", 0)]


def test_lines_are_given_back_when_the_bus_cannot_be_opened() -> None:
    transport, expander, _ = board(missing_bus=True)
    with pytest.raises(PanelError):
        transport.open()
    assert expander.taken == {}


def test_opening_and_closing_twice_changes_nothing() -> None:
    transport, expander, device = board()
    for _ in range(2):
        transport.open()
    assert sorted(expander.taken) == ["P_BUSY", "P_DC", "P_RST"]
    for _ in range(2):
        transport.close()
    assert expander.taken == {}
    assert device.path is None


@pytest.mark.parametrize(
    ("gpio", "lines", "why"),
    [
        ("RPi.GPIO", ("17", "25", "24"), "only be run on a Raspberry Pi"),
        ("RPi.GPIO", ("P_RST", "P_DC", "P_BUSY"), "RPi.GPIO"),
        ("gpiod", ("NO_SUCH_LINE", "P_DC", "P_BUSY"), "No GPIO chip of this machine has the panel's line NO_SUCH_LINE"),
    ],
)
def test_on_a_machine_without_the_board_only_opening_fails(
    gpio: str, lines: tuple[str, str, str], why: str, tmp_path: Path
) -> None:
    reset, dc, busy = lines
    transport = connect(gpio, "/dev/spidev9.9", reset=reset, dc=dc, busy=busy, trace=tmp_path / "trace")  # type: ignore[arg-type]
    with pytest.raises(PanelError, match=why):
        transport.open()
    transport.close()
