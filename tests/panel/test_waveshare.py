"""The driver, with Waveshare's own inside, over a simulated chip that takes it at its bytes."""

import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapio_display.core.frame import Frame
from mapio_display.errors import PanelError
from mapio_display.panel.models import MODELS
from mapio_display.panel.vendor import EpdConfig, load
from mapio_display.panel.waveshare import Driver
from mapio_display.virtual.ssd1680 import SIZES, Ssd1680
from tests.panel.fakes import HEIGHT, WIDTH, Bench, HeldTime, Wires, noise, picture, wrong_pixels

CHIPS = [
    pytest.param({"ping_pong": ping_pong, "ram_in_sleep": kept, "seed": seed}, id=f"{ping_pong=} {kept=} {seed=}")
    for ping_pong in (False, True)
    for kept in (False, True)
    for seed in (0, 1, 2)
]


@pytest.mark.parametrize("rotation", [0, 180])
@pytest.mark.parametrize("options", CHIPS)
def test_every_pixel_is_right_after_every_refresh(options: dict[str, int], rotation: int) -> None:
    bench = Bench(rotation=rotation, **options)  # type: ignore[arg-type]
    frames = [noise(seed) for seed in range(7)]
    bench.driver.full(frames[0])
    bench.assert_shows(frames[0])
    for old, new in pairwise(frames[:4]):
        bench.driver.partial(old, new)
        bench.assert_shows(new)
    bench.driver.full(frames[4])
    bench.assert_shows(frames[4])
    for old, new in pairwise(frames[4:]):
        bench.driver.partial(old, new)
        bench.assert_shows(new)


# What the daemon or the mains may do next: a refresh of either kind, a new start of the daemon, a power cut.
STEPS = st.sampled_from(["full", "partial", "partial", "restart", "power cut"])
PICTURES = st.one_of(
    st.integers(0, 2**24).map(noise),
    st.sampled_from([0, 1, (1 << WIDTH * HEIGHT) - 1, 1 << (WIDTH * HEIGHT - 1)]).map(picture),
)


@settings(max_examples=40, deadline=None)
@given(
    st.booleans(),
    st.booleans(),
    st.integers(0, 99),
    st.sampled_from([0, 180]),
    st.lists(st.tuples(STEPS, PICTURES), max_size=8),
)
def test_no_sequence_of_frames_leaves_a_wrong_pixel(
    ping_pong: bool, ram_in_sleep: bool, seed: int, rotation: int, steps: list[tuple[str, Frame]]
) -> None:
    bench = Bench(ping_pong=ping_pong, ram_in_sleep=ram_in_sleep, seed=seed, rotation=rotation)
    shown = noise(0)
    bench.driver.full(shown)
    for step, frame in steps:
        match step:
            case "full":
                bench.driver.full(frame)
                bench.assert_shows(shown := frame)
            case "partial":
                bench.driver.partial(shown, frame)
                bench.assert_shows(shown := frame)
            case "restart":
                bench.driver.close()
                bench.driver = bench.start_driver()
            case _:
                bench.chip.power_off()
                bench.chip.power_on()
        assert wrong_pixels(bench.chip.glass_frame(rotation), shown) == 0


def test_a_frame_drawn_while_the_panel_wakes_is_shown_without_another_reset() -> None:
    bench = Bench()
    bench.driver.wake()
    woken = bench.time.now()
    bench.driver.full(noise(1))
    bench.assert_shows(noise(1))
    assert bench.time.now() - woken < 1.9


def test_the_vendors_two_seconds_after_sleep_are_not_waited_for() -> None:
    bench = Bench()
    began = bench.time.now()
    bench.driver.partial(noise(1), noise(2))
    assert bench.time.now() - began < 0.6


def test_the_reset_edge_comes_at_once_and_before_anything_else_on_the_lines() -> None:
    bench = Bench()
    edges: list[tuple[float, int]] = []

    class Watched(Wires):
        def reset(self, level: int) -> None:
            edges.append((bench.time.now(), level))
            super().reset(level)

    bench.wires = Watched(bench.chip)
    driver = bench.start_driver()
    for _ in range(2):
        began = bench.time.now()
        driver.full(noise(1))
        assert edges == [(began, 0), (pytest.approx(began + 0.002), 1)]
        edges.clear()


@pytest.mark.parametrize("call", ["wake", "full", "partial"])
def test_a_panel_that_stays_busy_is_an_error_after_the_deadline(call: str) -> None:
    bench = Bench()
    bench.chip.stuck = True
    began = bench.time.now()
    with pytest.raises(PanelError, match="busy for 5 s"):
        run(bench.driver, call)
    assert bench.time.now() - began < bench.driver.call_s
    assert not bench.wires.is_open
    assert bench.chip.violations == []


def test_a_panel_that_is_connected_again_answers_the_next_call() -> None:
    bench = Bench()
    bench.chip.stuck = True
    with pytest.raises(PanelError):
        bench.driver.full(noise(1))
    bench.chip.stuck = False
    bench.time.sleep(60)
    bench.driver.full(noise(1))
    bench.assert_shows(noise(1))


def test_a_byte_lost_on_the_way_to_one_ram_does_not_move_the_picture_in_the_other() -> None:
    bench = Bench()

    class Losing(Wires):
        frames = 0

        def write(self, dc: int, data: bytes) -> None:
            self.frames += len(data) == 4000
            super().write(dc, data[:-1] if len(data) == 4000 and self.frames == 1 else data)

    bench.wires = Losing(bench.chip)
    bench.start_driver().full(noise(1))
    bench.assert_shows(noise(1))


@pytest.mark.parametrize("call", ["full", "partial"])
def test_a_refresh_that_hangs_is_broken_off_and_the_panel_put_to_sleep(call: str) -> None:
    bench = Bench()
    bench.driver.full(noise(1))

    class Hanging(Wires):
        hangs = True

        def write(self, dc: int, data: bytes) -> None:
            super().write(dc, data)
            bench.chip.stuck = self.hangs and (dc, data) == (0, b"\x20")

        def reset(self, level: int) -> None:
            self.hangs = bench.chip.stuck = False
            super().reset(level)

    hanging = Hanging(bench.chip)
    bench.wires = hanging
    bench.driver = bench.start_driver()
    hanging.open()
    bench.driver.wake()
    hanging.hangs = True
    with pytest.raises(PanelError, match="busy"):
        run(bench.driver, call)
    assert bench.chip.asleep
    assert bench.chip.violations == []
    bench.driver.full(noise(2))
    bench.assert_shows(noise(2))


def run(driver: Driver, call: str) -> None:
    match call:
        case "wake":
            driver.wake()
        case "full":
            driver.full(noise(2))
        case _:
            driver.partial(noise(1), noise(2))


def test_a_bus_that_fails_in_the_middle_of_a_frame_leaves_the_controller_asleep() -> None:
    bench = Bench()

    class Failing(Wires):
        def write(self, dc: int, data: bytes) -> None:
            if len(data) > 1000:
                raise PanelError("The bus is gone")
            super().write(dc, data)

    bench.wires = Failing(bench.chip)
    bench.driver = bench.start_driver()
    with pytest.raises(PanelError, match="The bus is gone"):
        bench.driver.full(noise(1))
    assert bench.chip.asleep
    assert not bench.wires.is_open


def test_a_panel_woken_for_nothing_is_put_to_sleep_when_it_is_given_back() -> None:
    bench = Bench()
    bench.driver.wake()
    assert bench.chip.busy() == 0
    bench.driver.close()
    assert bench.chip.asleep
    assert not bench.wires.is_open
    assert bench.chip.violations == []


def test_after_a_kill_in_mid_refresh_a_full_refresh_makes_the_glass_right() -> None:
    bench = Bench()
    bench.driver.full(noise(1))

    class Killed(Wires):
        def busy(self) -> int:
            if self._chip.changes_at is not None:
                bench.time.sleep(0.8)
                raise KeyboardInterrupt
            return super().busy()

        def reset(self, level: int) -> None:
            if self._chip.changes_at is None:
                super().reset(level)

        def write(self, dc: int, data: bytes) -> None:
            if self._chip.changes_at is None:
                super().write(dc, data)

    bench.wires = Killed(bench.chip)
    with pytest.raises(KeyboardInterrupt):
        bench.start_driver().full(noise(2))
    bench.wires = Wires(bench.chip)
    restarted = bench.start_driver()
    restarted.full(noise(3))  # its reset breaks off the refresh that is under way
    bench.assert_shows(noise(3))


def test_a_frame_of_another_size_is_a_mistake_of_the_caller() -> None:
    bench = Bench()
    with pytest.raises(ValueError, match="8 × 1"):
        bench.driver.full(Frame("tiny", 8, 1, b"\0"))
    assert bench.chip.asleep


def test_an_unknown_model_is_named_with_those_that_are_known() -> None:
    with pytest.raises(PanelError, match=r"epd9in99 is not a known panel; known are .*epd2in13_V4"):
        Driver("epd9in99", Wires(Ssd1680(HeldTime().now)))


def test_two_drivers_in_one_process_do_not_know_of_each_other() -> None:
    one, two = Bench(seed=1), Bench(seed=2)
    one.driver.wake()
    two.driver.full(noise(2))
    one.driver.full(noise(1))
    one.assert_shows(noise(1))
    two.assert_shows(noise(2))


def test_the_vendors_package_is_loaded_without_its_board_support() -> None:
    load("epd2in13_V4", EpdConfig(Wires(Ssd1680(HeldTime().now)), 1.0))
    assert not {"waveshare_epd", "epaper", "RPi.GPIO", "gpiozero"} & sys.modules.keys()


class Obliging:
    """A transport to a panel that is busy for one look after what it was sent, but for the question whether it is."""

    def __init__(self, busy_level: int = 1) -> None:
        self.sent = 0
        self._busy_level = self._level = busy_level

    def open(self) -> None: ...

    def close(self) -> None: ...

    def reset(self, level: int) -> None: ...

    def write(self, dc: int, data: bytes) -> None:
        self.sent += dc * len(data)
        if (dc, data) != (0, b"\x71"):
            self._level = self._busy_level

    def busy(self) -> int:
        level, self._level = self._level, 1 - self._busy_level
        return level

    def wait_for_edge(self, seconds: float) -> bool:
        return False


@pytest.mark.usefixtures("rpi_gpio")
@pytest.mark.parametrize("model", MODELS)
def test_every_known_model_takes_a_full_frame(model: str) -> None:
    transport = Obliging(MODELS[model].busy_level)
    driver = Driver(model, transport, sleep=lambda _: None)
    stride = (driver.width + 7) // 8
    driver.full(Frame("white", driver.width, driver.height, b"\xff" * stride * driver.height))
    assert transport.sent >= driver.width * driver.height // 8
    assert driver.can_partial == (model in SIZES)
    assert driver.width >= 250
    assert driver.height >= 122


@pytest.mark.usefixtures("rpi_gpio")
@pytest.mark.parametrize("model", MODELS)
def test_every_known_model_is_given_up_when_it_stays_busy(model: str) -> None:
    class Stuck(Obliging):
        def busy(self) -> int:
            return MODELS[model].busy_level

    time = HeldTime()
    driver = Driver(model, Stuck(), monotonic=time.now, sleep=time.sleep)
    with pytest.raises(PanelError, match="busy for"):
        driver.full(Frame("white", driver.width, driver.height, b"\xff" * ((driver.width + 7) // 8 * driver.height)))


@pytest.mark.usefixtures("rpi_gpio")
@pytest.mark.parametrize("model", MODELS)
def test_black_and_white_are_not_confused(model: str) -> None:
    class Listening(Obliging):
        def __init__(self) -> None:
            super().__init__(MODELS[model].busy_level)
            self.pictures: list[bytes] = []

        def write(self, dc: int, data: bytes) -> None:
            super().write(dc, data)
            self.pictures.append(data)

    def sent(byte: int) -> list[bytes]:
        transport = Listening()
        driver = Driver(model, transport, sleep=lambda _: None)
        driver.full(
            Frame("plain", driver.width, driver.height, bytes([byte]) * ((driver.width + 7) // 8 * driver.height))
        )
        return transport.pictures

    white, black = sent(0xFF), sent(0x00)
    assert len(white) == len(black)
    assert white != black


def test_a_driver_that_needs_another_machine_says_so() -> None:
    with pytest.raises(PanelError, match="epd4in2 does not load on this machine"):
        load("epd4in2", EpdConfig(Obliging(), 1.0))


def test_where_the_transport_reports_edges_the_panel_is_not_polled() -> None:
    bench = Bench()
    waits: list[float] = []

    class WithEdges(Wires):
        """Waits until the chip is done, as an interrupt would wake us."""

        def wait_for_edge(self, seconds: float) -> bool:
            waits.append(seconds)
            bench.time.seconds += 0.02 if bench.chip.changes_at is None else bench.chip.changes_at - bench.time.now()
            return True

    driver = Driver("epd2in13_V4", WithEdges(bench.chip), monotonic=bench.time.now, sleep=bench.time.sleep)
    driver.full(noise(1))
    assert wrong_pixels(bench.chip.glass_frame(), noise(1)) == 0
    assert len(waits) < 15, "a poll every 10 ms would look two hundred times"
    assert bench.chip.violations == []


def test_an_edge_that_never_comes_does_not_hang_the_driver() -> None:
    bench = Bench()
    bench.chip.stuck = True

    class Deaf(Wires):
        def wait_for_edge(self, seconds: float) -> bool:
            bench.time.seconds += seconds
            return True

    driver = Driver("epd2in13_V4", Deaf(bench.chip), monotonic=bench.time.now, sleep=bench.time.sleep)
    with pytest.raises(PanelError, match="busy for 5 s"):
        driver.full(noise(1))


@pytest.mark.usefixtures("rpi_gpio")
@pytest.mark.parametrize("model", MODELS)
def test_a_panel_that_is_never_busy_has_shown_nothing(model: str) -> None:
    class Unplugged(Obliging):
        """BUSY's wire is off: it is at rest whatever is sent."""

        def busy(self) -> int:
            return 1 - self._busy_level

    driver = Driver(model, Unplugged(MODELS[model].busy_level), sleep=lambda _: None)
    white = Frame("white", driver.width, driver.height, b"\xff" * ((driver.width + 7) // 8 * driver.height))
    with pytest.raises(PanelError, match="does not refresh"):
        driver.full(white)
