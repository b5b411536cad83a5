"""The configuration: TOML files to one frozen ``Config``.

The image's file comes first and over it the owner's on the data partition, which survives updates. Neither need exist,
and every key is optional; a key that nobody knows is an error, because it is most likely a misspelt one.
"""

import re
import tomllib
from collections.abc import Callable, Container, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from mapio_display.errors import ConfigError
from mapio_display.files import read_small
from mapio_display.panel.models import MODELS
from mapio_display.views.names import DEFAULT, resting

IMAGE_FILE = Path("/etc/mapio-display/config.toml")
OWNER_FILE = Path("/usr/local/mapio-display/config.toml")
IPV4 = r"((\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])(\.(?!$)|$)){4}"
HOST = r"[\w.-]+|[0-9A-Fa-f:.]+"
BOARDS = Path(__file__).parent / "board" / "boards"
PANEL = ("board", "extends", "paths", "panel")  # what says how the panel is reached

Rule = Callable[[Any], Any]
"""Takes a value and gives it as the configuration holds it. Raises ``ValueError`` with the reason why it cannot."""


class Reads:
    """The rule that reads a key's value from TOML in place of the one for its type."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule


def one_of(*choices: object) -> Rule:
    """One of these, or a list of them."""

    def check(value: Any) -> Any:
        for item in value if isinstance(value, tuple) else (value,):
            if item not in choices:
                raise ValueError(f"{item!r} is none of {_listed(choices)}")
        if isinstance(value, tuple) and len(set(value)) < len(value):  # UP and DOWN would not get past the second
            raise ValueError("must name each only once")
        if value == ():
            raise ValueError(f"must name at least one of {_listed(choices)}")
        return value

    return check


def between(low: int, high: int) -> Rule:
    """A number from ``low`` to ``high``."""

    def check(value: Any) -> Any:
        if not low <= value <= high:
            raise ValueError(f"{value} is not between {low} and {high}")
        return value

    return check


def form(pattern: str, words: str) -> Rule:
    """A text, or a list of texts, each of which matches the pattern as a whole; ``words`` describe it."""

    def check(value: Any) -> Any:
        for item in value if isinstance(value, tuple) else (value,):
            if not re.fullmatch(pattern, item):
                raise ValueError(f"{item!r} is not {words}")
        return value

    return check


def networks(value: Any) -> Any:
    """A list of addresses or networks."""
    for item in value:
        if not _is_network(item):
            raise ValueError(f"{item!r} is not an address or a network, as 127.0.0.1 or 172.18.0.0/16")
    return value


def charge_curve(value: Any) -> Any:
    """Pairs of volts and percent, both rising."""
    pairs = value if isinstance(value, list) else []
    numbers = [number for pair in pairs if isinstance(pair, list) and len(pair) == 2 for number in pair]
    good = len(numbers) == 2 * len(pairs) >= 4 and all(type(number) in (int, float) for number in numbers)
    volts, percents = numbers[::2], numbers[1::2]
    if not good or not all(a < b for row in (volts, percents) for a, b in pairwise(row)):
        raise ValueError("must be pairs of volts and percent, both rising, as [[3.0, 0], [4.1, 100]]")
    if not (volts[0] >= 0 and volts[-1] <= 100 and percents[0] >= 0 and percents[-1] <= 100):
        raise ValueError("must be from 0 to 100 volts and from 0 to 100 percent")
    return tuple(zip(volts, percents, strict=True))


def volts(value: Any) -> Any:
    """A voltage."""
    if type(value) not in (int, float) or not 0 <= value <= 100:
        raise ValueError(f"must be a number of volts from 0 to 100, not {value!r}")
    return value


def pmics(value: Any) -> Any:
    """Power chips."""
    if not isinstance(value, list) or not all(map(_is_pmic, value)):
        raise ValueError("must be a list as [{ id = 0xa0, register = 0x1d, step = 0.02 }]; any chip has no id")
    return tuple(Pmic(**item) for item in value)


def _is_pmic(item: Any) -> bool:
    if not isinstance(item, dict) or not {"register", "step"} <= item.keys() <= {"id", "register", "step"}:
        return False
    numbers = [item["register"], item.get("id", 0)]
    step = item["step"]
    return all(type(n) is int and 0 <= n <= 0xFF for n in numbers) and type(step) in (int, float) and 0 < step <= 1


Line = Annotated[str, Reads(lambda value: str(value) if type(value) is int else _of(str, value))]
PanelLine = Annotated[Line, form(r".+", "the name or the number of a line")]
Port = Annotated[int, between(1, 65535)]
Interface = Annotated[str, form(r"[^\s/]{1,15}", "the name of a network interface, as wlan0_ap")]


@dataclass(frozen=True, slots=True)
class Paths:
    """Where things are. ``data_dir`` is on the data partition, because an update replaces the root file system.

    Where that is mounted late, it is waited for ``data_wait`` seconds at the most.
    """

    data_dir: Path = Path("/usr/local/mapio-display")
    data_wait: Annotated[int, between(0, 600)] = 90
    runtime_dir: Path = Path("/run/mapio-display")
    os_release: Path = Path("/etc/os-release")
    boot_id: Path = Path("/proc/sys/kernel/random/boot_id")


# What hangs on a board, from the panel to the hotspot. These defaults are of a bare one; the boards' are in BOARDS.


@dataclass(frozen=True, slots=True)
class PanelConfig:
    """The panel: Waveshare's name of the model, and how its lines and its bus are reached.

    ``reset``, ``dc`` and ``busy`` are line names (gpio = "gpiod") or BCM numbers (gpio = "RPi.GPIO"). ``spi`` is a
    spidev device, or the simulated chip's socket. ``rotation`` is 0 or 180. ``trace`` names a file for what goes over
    the wire.
    """

    driver: Annotated[str, one_of(*MODELS)] = "epd2in13_V4"
    gpio: Literal["gpiod", "RPi.GPIO", "simulated"] = "gpiod"
    spi: Annotated[str, form(r"/.+", "an absolute path, as /dev/spidev0.0")] = "/dev/spidev0.0"
    reset: PanelLine = ""
    dc: PanelLine = ""
    busy: PanelLine = ""
    rotation: Annotated[int, one_of(0, 180)] = 0
    trace: Path | None = None


@dataclass(frozen=True, slots=True)
class ViewsConfig:
    """The first of ``order`` is the view the panel rests on.

    ``clock`` shows the time of day, at the price of a refresh a minute. ``picture`` is the file that the view "custom"
    shows; without one it is ``custom.png`` in the data directory.
    """

    order: Annotated[tuple[str, ...], one_of(*resting())] = DEFAULT
    clock: bool = False
    picture: Path | None = None


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """``internet`` is the host that tells whether the Internet can be reached, and ``port`` where it listens.

    An empty host is never asked. ``file`` holds the network on a simulated board, in the kernel's place.
    """

    internet: str = ""
    port: Port = 443
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class ButtonsConfig:
    """The buttons, by the names of their lines, low while pressed ("": none). ``gpio`` is "none" without any."""

    gpio: Literal["gpiod", "none"] = "none"
    up: str = ""
    down: str = ""
    mid: str = ""


@dataclass(frozen=True, slots=True)
class LedsConfig:
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


@dataclass(frozen=True, slots=True)
class PowerConfig:
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


@dataclass(frozen=True, slots=True)
class BatteryConfig:
    """The battery: how full it is, as rising pairs of volts and percent, and the voltage from which on it is low.

    Without a curve it is not known how full it is.
    """

    curve: Annotated[tuple[tuple[float, float], ...], Reads(charge_curve)] = ()
    low: Annotated[float, Reads(volts)] = 0.0


@dataclass(frozen=True, slots=True)
class HotspotConfig:
    """The gateway's own access point, started ``after`` so many seconds of a boot without a network.

    ``interface`` is the access point's, which may come and go with it, and ``address`` what it has then; ``file`` is
    what its wpa_supplicant reads. ``station`` is the interface with which Wi-Fi joins a network; "" stands for the
    access point's without "_ap".
    """

    enabled: bool = False
    interface: Interface = "wlan0_ap"
    station: Annotated[str, form(r"[^\s/]{0,15}", "the name of a network interface, as wlan0")] = ""
    file: Path = Path("/etc/wpa_supplicant/wpa_supplicant-ap.conf")
    address: Annotated[str, form(IPV4, "an IPv4 address, as 10.50.0.1")] = "10.50.0.1"
    after: Annotated[int, between(10, 3600)] = 60

    @property
    def station_interface(self) -> str:
        """The station's interface, as configured or by the access point's."""
        return self.station or self.interface.removesuffix("_ap")


@dataclass(frozen=True, slots=True)
class WebConfig:
    """The setup web server. An empty ``host`` listens on every address, IPv4 and IPv6.

    ``links`` are the gateway's other pages, by name, for the home page; ``{host}`` in an address stands for the host.
    ``proxies`` are the addresses, or networks, of proxies that tell in ``X-Forwarded-For`` for whom they ask.
    """

    host: str = ""
    port: Port = 80
    require_pin: bool = True
    allowed_hosts: Annotated[
        tuple[str, ...], form(HOST, "the name alone, as mapio.example, without scheme and port")
    ] = ()
    proxies: Annotated[tuple[str, ...], networks] = ()
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UpdateConfig:
    """Updates: whether the gateway restarts by itself, and the largest bundle it takes, in bytes."""

    reboot: Literal["auto", "manual"] = "auto"
    max_bundle_bytes: Annotated[int, between(1, 2**40 - 1)] = 1024**3


_BOARD: dict[str, type] = {
    "panel": PanelConfig,
    "buttons": ButtonsConfig,
    "leds": LedsConfig,
    "power": PowerConfig,
    "battery": BatteryConfig,
    "hotspot": HotspotConfig,
}


@cache
def _packaged(name: str) -> dict[str, Any]:
    """The sections of a board that comes with the package."""
    return _board(BOARDS / f"{name}.toml")


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration. ``board`` is the name of a file in ``BOARDS``, or the path of another."""

    board: str = "mapio"
    paths: Paths = field(default_factory=Paths)
    panel: PanelConfig = field(default_factory=lambda: _packaged("mapio")["panel"])
    views: ViewsConfig = field(default_factory=ViewsConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    web: WebConfig = field(default_factory=WebConfig)
    update: UpdateConfig = field(default_factory=UpdateConfig)
    buttons: ButtonsConfig = field(default_factory=lambda: _packaged("mapio")["buttons"])
    leds: LedsConfig = field(default_factory=lambda: _packaged("mapio")["leds"])
    power: PowerConfig = field(default_factory=lambda: _packaged("mapio")["power"])
    battery: BatteryConfig = field(default_factory=lambda: _packaged("mapio")["battery"])
    hotspot: HotspotConfig = field(default_factory=lambda: _packaged("mapio")["hotspot"])


def load_config(named: Path | None = None, defaults: Iterable[Path] = (IMAGE_FILE, OWNER_FILE)) -> Config:
    """Read the file ``named`` on the command line, which must exist, or else the ``defaults`` that exist.

    Raises ``ConfigError``, worded ``file: key: reason``.
    """
    config = Config()
    lines_from: Path | None = None
    for path in [named] if named else defaults:
        if (values := _read(path)) is not None:
            config = _over(config, values, path)
            if "panel" in values:
                lines_from = path
            elif "board" in values:
                lines_from = board_file(config.board, path)
        elif named:
            raise ConfigError(f"{path}: there is no such file")
    if lines_from is not None:
        _check_lines(config.panel, lines_from)
    return config


def load_panel(named: Path | None = None, defaults: Iterable[Path] = (IMAGE_FILE, OWNER_FILE)) -> Config:
    """Read what says how the panel is reached, as far as it makes sense; the rest is as by default.

    It is for showing on the panel what is wrong with the rest.
    """
    config = Config()
    for path in [named] if named else defaults:
        with suppress(ConfigError):
            config = _over(config, _read(path, PANEL) or {}, path, PANEL)
    return config


def boards() -> list[str]:
    """The names of the boards that come with the package."""
    return sorted(path.stem for path in BOARDS.glob("*.toml"))


def board_file(board: Any, path: Path, key: str = "board") -> Path:
    """The file of a board that ``path`` names under ``key``: one of ``boards()``, or an absolute path."""
    if not isinstance(board, str):
        raise ConfigError(f"{path}: {key}: must be a string, not {board!r}")
    if board.startswith("/"):
        file: Path = _checked(board, Path, key, path)
        try:
            file.stat()
        except OSError as error:
            raise ConfigError(f"{path}: {key}: {file}: {error.strerror}") from error
        return file
    file = BOARDS / f"{board}.toml"
    if not re.fullmatch(r"[\w.-]{1,99}", board, re.ASCII) or not file.exists():
        raise ConfigError(f"{path}: {key}: {board!r} is none of {_listed(boards())}, and not an absolute path")
    return file


def _board(path: Path, only: Container[str] | None = None, extended_by: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The sections of a board's file, over those of the board that it extends."""
    if (values := _read(path, only)) is None:
        raise ConfigError(f"{path}: there is no such file")
    sections = {name: section() for name, section in _BOARD.items()}
    if "extends" in values:
        base = board_file(values.pop("extends"), path, "extends")
        if base in (*extended_by, path):
            raise ConfigError(f"{path}: extends: {base} extends this board itself")
        sections = _board(base, only, (*extended_by, path))
    return _sections(sections, values, path, "extends")


def _read(path: Path, only: Container[str] | None = None) -> dict[str, Any] | None:
    """What is in a file under these keys; None if there is none."""
    try:
        values = tomllib.loads(read_small(path).decode("utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text: {error.reason} at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    except (ValueError, RecursionError) as error:  # tomllib lets through what int() and the stack do not bear
        raise ConfigError(f"{path}: not valid TOML: a number too long, or brackets too deep") from error
    return {key: value for key, value in values.items() if only is None or key in only}


def _over(config: Config, values: Mapping[str, Any], path: Path, only: Container[str] | None = None) -> Config:
    """Put the values of a file over a configuration; a board goes over all that hangs on the one before."""
    sections = {entry.name: getattr(config, entry.name) for entry in fields(config)}
    board = sections.pop("board")
    if "board" in values:
        board = values["board"]
        file = board_file(board, path)
        sections |= _packaged(board) if file.parent == BOARDS else _board(file, only)
    others = {key: value for key, value in values.items() if key != "board"}
    return Config(board=board, **_sections(sections, others, path, "board"))


def _check_lines(panel: PanelConfig, path: Path) -> None:
    """Check that the panel's lines are named, and for RPi.GPIO, which knows no names, with numbers.

    ``path`` is the last file that speaks of the panel.
    """
    for key in ("reset", "dc", "busy"):
        line = getattr(panel, key)
        if panel.gpio == "RPi.GPIO" and not re.fullmatch(r"1?[0-9]|2[0-7]", line):
            raise ConfigError(
                f'{path}: panel.{key}: {line!r} is no BCM number from 0 to 27, and gpio = "RPi.GPIO" knows no others'
            )
        if panel.gpio == "gpiod" and not line:
            raise ConfigError(f"{path}: panel.{key}: is missing; it is the name of a line")


def _sections(sections: dict[str, Any], values: Mapping[str, Any], path: Path, other: str) -> dict[str, Any]:
    """Put the values of a file over sections by name; ``other`` is the file's only key that is none."""
    for name, value in values.items():
        if name not in sections:
            raise ConfigError(f"{path}: {name}: unknown key; known are {other} and {', '.join(sections)}")
        if not isinstance(value, Mapping):
            raise ConfigError(f"{path}: {name}: must be a section, written [{name}]")
    return sections | {name: _section(sections[name], value, name, path) for name, value in values.items()}


def _section(section: Any, values: Mapping[str, Any], name: str, path: Path) -> Any:
    known = {entry.name: entry.type for entry in fields(section)}
    for key in values:
        if key not in known:
            raise ConfigError(f"{path}: {name}.{key}: unknown key; known are {', '.join(sorted(known))}")
    return replace(
        section, **{key: _checked(value, known[key], f"{name}.{key}", path) for key, value in values.items()}
    )


def _checked(value: Any, hint: Any, key: str, path: Path) -> Any:
    """Give a key's value as its field holds it, by the field's type and the rules beside that."""
    kind, *rules = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    try:
        if not any(isinstance(rule, Reads) for rule in rules):
            value = _of(kind, value)
        for rule in rules:
            value = rule.rule(value) if isinstance(rule, Reads) else rule(value)
    except ValueError as error:
        raise ConfigError(f"{path}: {key}: {error}") from error
    return value


def _of(kind: Any, value: Any) -> Any:
    """A value of TOML as one of a field's type. Raises ``ValueError``."""
    if isinstance(value, str) and "\0" in value:  # Python raises ValueError for such a path or host when it is used
        raise ValueError("must not hold a NUL character")
    if get_origin(kind) is Literal:
        return one_of(*get_args(kind))(_of(str, value))
    if get_origin(kind) is tuple:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ValueError("must be a list of strings")
        return tuple(value)
    if get_origin(kind) is Mapping:
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise ValueError('must be a table of strings, as { name = "address" }')
        return value
    if kind in (Path, Path | None):
        if not isinstance(value, str) or not value.startswith("/"):
            raise ValueError("must be an absolute path")
        return Path(value)
    if type(value) is not kind:
        raise ValueError(f"must be {_KINDS[kind]}, not {value!r}")
    return value


def _is_network(text: str) -> bool:
    import ipaddress  # noqa: PLC0415 - few need it, and the panel's first frame waits for this file

    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


_KINDS = {str: "a string", int: "a whole number", bool: "true or false"}


def _listed(choices: Iterable[object]) -> str:
    return ", ".join(map(repr, choices))
