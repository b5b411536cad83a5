"""What hangs on a board, from the panel to the hotspot. These defaults are those of a bare board."""

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from mapio_display.config.mistakes import Wrong
from mapio_display.config.values import Interface, Reads, between, form, of_kind, one_of
from mapio_display.frozen import Frozen
from mapio_display.panel.models import MODELS

IPV4 = r"((\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])(\.(?!$)|$)){4}"


def charge_curve(value: Any) -> Any:
    """Pairs of volts and percent, both rising."""
    pairs = value if isinstance(value, list) else []
    numbers = [number for pair in pairs if isinstance(pair, list) and len(pair) == 2 for number in pair]
    good = len(numbers) == 2 * len(pairs) >= 4 and all(type(number) in (int, float) for number in numbers)
    volts, percents = numbers[::2], numbers[1::2]
    if not good or not all(a < b for row in (volts, percents) for a, b in pairwise(row)):
        raise Wrong("config-value.curve")
    if not (volts[0] >= 0 and volts[-1] <= 100 and percents[0] >= 0 and percents[-1] <= 100):
        raise Wrong("config-value.curve-range")
    return tuple(zip(volts, percents, strict=True))


def volts(value: Any) -> Any:
    """A voltage."""
    if type(value) not in (int, float) or not 0 <= value <= 100:
        raise Wrong("config-value.volts", value=repr(value))
    return value


def pmics(value: Any) -> Any:
    """Power chips."""
    if not isinstance(value, list) or not all(map(_is_pmic, value)):
        raise Wrong("config-value.pmics")
    return tuple(Pmic(**item) for item in value)


def _is_pmic(item: Any) -> bool:
    if not isinstance(item, dict) or not {"register", "step"} <= item.keys() <= {"id", "register", "step"}:
        return False
    numbers = [item["register"], item.get("id", 0)]
    step = item["step"]
    return all(type(n) is int and 0 <= n <= 0xFF for n in numbers) and type(step) in (int, float) and 0 < step <= 1


Line = Annotated[str, Reads(lambda value: str(value) if type(value) is int else of_kind(str, value))]
PanelLine = Annotated[Line, form(r".+", "line")]


class PanelConfig(Frozen):
    """The panel: Waveshare's name of the model, and how its lines and its bus are reached.

    ``reset``, ``dc`` and ``busy`` are line names (gpio = "gpiod") or BCM numbers (gpio = "RPi.GPIO"). ``spi`` is a
    spidev device, or the simulated chip's socket. ``rotation`` is 0 or 180. ``trace`` names a file for what goes over
    the wire.
    """

    driver: Annotated[str, one_of(*MODELS)] = "epd2in13_V4"
    gpio: Literal["gpiod", "RPi.GPIO", "simulated"] = "gpiod"
    spi: Annotated[str, form(r"/.+", "spi")] = "/dev/spidev0.0"
    reset: PanelLine = ""
    dc: PanelLine = ""
    busy: PanelLine = ""
    rotation: Annotated[int, one_of(0, 180)] = 0
    trace: Path | None = None


class ButtonsConfig(Frozen):
    """The buttons, by the names of their lines, low while pressed ("": none). ``gpio`` is "none" without any."""

    gpio: Literal["gpiod", "none"] = "none"
    up: str = ""
    down: str = ""
    mid: str = ""


class LedsConfig(Frozen):
    """The LEDs: the kernel's folder of them, and those that show the system and the battery ("": none).

    The kernel has one LED a colour: its name is the LED's with the ending ``red``, ``green`` or ``blue``.
    """

    path: Path = Path("/sys/class/leds")
    system: str = ""
    battery: str = ""
    red: str = "_R"
    green: str = "_G"
    blue: str = "_B"


class Pmic(NamedTuple):
    """A power chip whose register 0 holds ``id`` (None: any), and which has the battery's voltage in ``register``.

    ``step`` is in volts.
    """

    register: int
    step: float
    id: int | None = None


class PowerConfig(Frozen):
    """The charger's lines, low while there are mains, while it charges and while it runs on the battery; "": none.

    ``vcgencmd`` is the firmware's command, for the battery's voltage from one of the chips ``pmic``. ``file``
    holds all of it on a simulated board.
    """

    mains: str = ""
    charging: str = ""
    boost: str = ""
    vcgencmd: str = ""
    pmic: Annotated[tuple[Pmic, ...], Reads(pmics)] = ()
    file: Path | None = None


class BatteryConfig(Frozen):
    """The battery: how full it is, as rising pairs of volts and percent, and the voltage from which on it is low.

    Without a curve it is not known how full it is.
    """

    curve: Annotated[tuple[tuple[float, float], ...], Reads(charge_curve)] = ()
    low: Annotated[float, Reads(volts)] = 0.0


class HotspotConfig(Frozen):
    """The gateway's own access point, started ``after`` so many seconds of a boot without a network.

    ``interface`` is the access point's, which may come and go with it, and ``address`` what it has then; ``file`` is
    what its wpa_supplicant reads. ``station`` is the interface with which Wi-Fi joins a network; "" stands for the
    access point's without "_ap".
    """

    enabled: bool = False
    interface: Interface = "wlan0_ap"
    station: Annotated[str, form(r"[^\s/]{0,15}", "interface")] = ""
    file: Path = Path("/etc/wpa_supplicant/wpa_supplicant-ap.conf")
    address: Annotated[str, form(IPV4, "ipv4")] = "10.50.0.1"
    after: Annotated[int, between(10, 3600)] = 60

    @property
    def station_interface(self) -> str:
        """The station's interface, as configured or by the access point's."""
        return self.station or self.interface.removesuffix("_ap")
