"""What is called of the libraries that only a board has, held against these: fakes would hide what a version lacks.

Each in the lowest version that pyproject.toml allows and in the one that is installed, in a process of its own. There
is no board here, so a call ends in an error of the kernel's, and not in one of its arguments.
"""

import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent.parent
BOARD = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["board"]
LOWEST = {
    one.name: next(s.version for s in one.specifier if s.operator in (">=", "==")) for one in map(Requirement, BOARD)
}
BUILT = {"spidev": "3.6", "gpiod": "2.1.3"}  # 2.1 to 2.1.2 of gpiod do not build on every machine; the interface is one
pytestmark = [pytest.mark.tools, pytest.mark.xdist_group("libraries")]


@pytest.fixture(scope="session")
def lowest() -> Path:
    """A folder with the lowest versions, built once; `make test` has done it."""
    folder = Path(sys.prefix) / "board-lowest"
    if not (folder / "spidev-3.6.dist-info").exists() or not (folder / "gpiod-2.1.3.dist-info").exists():
        names = [f"{name}=={version}" for name, version in BUILT.items()]
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
        subprocess.run([*install, *names], check=True)
    return folder


def run(script: str, *paths: Path, argument: str = "", namespace: tuple[str, ...] = ()) -> str:
    """Run a script with these folders in front of what is installed."""
    path = f"import sys; sys.path[:0] = {[str(path) for path in paths]!r}\n"
    command = [*namespace, sys.executable, "-c", path + script, argument]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


SPIDEV = """
import spidev
from mapio_display.errors import PanelError
from mapio_display.panel.spi import SpiBus

try:
    SpiBus("/dev/spidev9.9").open()
except PanelError as error:
    assert "cannot be opened: No such file" in str(error), error
else:
    raise AssertionError("there is such a bus")
device = spidev.SpiDev()
for call in (
    lambda: device.writebytes2(bytes(4000)),
    lambda: setattr(device, "max_speed_hz", 4_000_000),
    lambda: setattr(device, "mode", 0),
):
    try:
        call()
    except OSError as error:
        assert error.errno == 9, error  # EBADF: it was not opened, and all else suits
    else:
        raise AssertionError("a closed device took it")
device.close()
print(spidev.__version__)
"""

GPIOD = """
import inspect, os, socket
from datetime import timedelta
import gpiod
from gpiod import Chip, EdgeEvent, LineRequest, LineSettings
from gpiod.line import Direction, Edge, Value
from mapio_display.errors import LineError, PanelError
from mapio_display.panel.gpiod_lines import GpiodLines
from mapio_display.board.gpio import Gpio
from mapio_display.board.lines import BUFFER, InputLine

settings = LineSettings(
    direction=Direction.INPUT, edge_detection=Edge.BOTH, active_low=True, debounce_period=timedelta(seconds=0.03)
)
LineSettings(direction=Direction.OUTPUT, output_value=Value.ACTIVE)
LineSettings(direction=Direction.OUTPUT, output_value=Value.INACTIVE)
assert Edge.NONE is not Edge.BOTH
bound = inspect.signature(Chip.request_lines).bind(None, {"P_RST": settings}, consumer="x")
inspect.signature(Chip.request_lines).bind(None, {"P_RST": settings}, "mapio-display", BUFFER)
names = list(inspect.signature(Chip.request_lines).parameters)
assert names[1:4] == ["config", "consumer", "event_buffer_size"], names
inspect.signature(Chip.line_offset_from_id).bind(None, "P_RST")
inspect.signature(Chip.close).bind(None)
inspect.signature(LineRequest.get_value).bind(None, "P_RST")
inspect.signature(LineRequest.set_value).bind(None, "P_RST", Value.ACTIVE)
inspect.signature(LineRequest.wait_edge_events).bind(None, 0.25)
inspect.signature(LineRequest.read_edge_events).bind(None)
inspect.signature(LineRequest.release).bind(None)
assert isinstance(LineRequest.fd, property)
assert EdgeEvent.Type.RISING_EDGE is not EdgeEvent.Type.FALLING_EDGE
assert {"event_type", "timestamp_ns", "line_seqno"} <= set(EdgeEvent.__dataclass_fields__)
for path in ("/dev/null", "/dev/gpiochip99"):  # no chip, and a chip that is not there
    try:
        GpiodLines("P_RST", "P_DC", "P_BUSY", gpio=Gpio(lambda: [path])).open()
    except PanelError as error:
        assert "No GPIO chip" in str(error), error
    try:
        InputLine("UP", gpio=Gpio(lambda: [path])).take()
    except LineError as error:
        assert "No GPIO chip" in str(error), error
print(gpiod.__version__)
"""

RPI = """
import subprocess
from mapio_display.errors import PanelError
from mapio_display.panel.rpi_lines import RpiLines, rpi_gpio

# RPi.GPIO is imported on a Raspberry Pi only, and goes by this file where there is no device tree.
subprocess.run(["mount", "--bind", sys.argv[1], "/proc/cpuinfo"], check=True)
gpio = rpi_gpio()
assert (gpio.OUT, gpio.IN, gpio.HIGH, gpio.LOW) == (0, 1, 1, 0)
try:
    RpiLines(17, 25, 24, gpio).open()
except PanelError as error:
    assert "cannot be taken" in str(error), error
else:
    raise AssertionError("there are lines")
for call in (lambda: gpio.output(17, 1), lambda: gpio.input(24)):
    try:
        call()
    except RuntimeError:
        pass  # the lines were never set up
gpio.cleanup([17, 25, 24, 18])
print(gpio.VERSION)
"""


def test_the_lowest_spidev_takes_what_it_is_given(lowest: Path) -> None:
    assert run(SPIDEV, lowest) == "3.6" == LOWEST["spidev"]


def test_the_installed_spidev_takes_what_it_is_given() -> None:
    assert run(SPIDEV) == version("spidev")


def test_the_lowest_gpiod_takes_what_it_is_given(lowest: Path) -> None:
    assert run(GPIOD, lowest) == BUILT["gpiod"]
    assert BUILT["gpiod"].startswith(LOWEST["gpiod"])


def test_the_installed_gpiod_takes_what_it_is_given() -> None:
    assert run(GPIOD) == version("gpiod")


@pytest.mark.root
def test_rpi_gpio_takes_what_it_is_given(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("Hardware\t: BCM2711\nRevision\t: c03111\n")
    installed = run(RPI, argument=str(cpuinfo), namespace=("unshare", "--mount"))
    assert installed == LOWEST["RPi.GPIO"]
