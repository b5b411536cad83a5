"""The configuration: TOML files to one frozen ``Config``.

The image's file comes first and over it the owner's on the data partition, which survives updates. Neither need exist,
and every key is optional; a key that nobody knows is an error, because it is most likely a misspelt one.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from mapio_display.errors import ConfigError
from mapio_display.files import read_small
from mapio_display.panel.models import MODELS

IMAGE_FILE = Path("/etc/mapio-display/config.toml")
OWNER_FILE = Path("/usr/local/mapio-display/config.toml")

Board = Literal["mapio", "waveshare-hat", "simulated"]


@dataclass(frozen=True, slots=True)
class Paths:
    """Where things are. ``data_dir`` is on the data partition, because an update replaces the root file system.

    Where that is mounted late, it is waited for ``data_wait`` seconds at the most.
    """

    data_dir: Path = Path("/usr/local/mapio-display")
    data_wait: int = 90
    runtime_dir: Path = Path("/run/mapio-display")
    os_release: Path = Path("/etc/os-release")
    boot_id: Path = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class PanelConfig:
    """The panel: Waveshare's name of the model, and how its lines and its bus are reached.

    ``reset``, ``dc`` and ``busy`` are line names (gpio = "gpiod") or BCM numbers (gpio = "RPi.GPIO"). ``spi`` is a
    spidev device, or the simulated chip's socket. ``rotation`` is 0 or 180. ``trace`` names a file for what goes over
    the wire.
    """

    driver: str = "epd2in13_V4"
    gpio: Literal["gpiod", "RPi.GPIO", "simulated"] = "gpiod"
    spi: str = "/dev/spidev0.0"
    reset: str = "P_RST"
    dc: str = "P_DC"
    busy: str = "P_BUSY"
    rotation: int = 180
    trace: Path | None = None


@dataclass(frozen=True, slots=True)
class ViewsConfig:
    """The first of ``order`` is the view the panel rests on.

    ``clock`` shows the time of day, at the price of a refresh a minute. ``picture`` is the file that the view "custom"
    shows; without one it is ``custom.png`` in the data directory.
    """

    order: tuple[str, ...] = ("home", "webserver", "system", "status")
    clock: bool = False
    picture: Path | None = None


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """``internet`` is the host that tells whether the Internet can be reached, and ``port`` where it listens.

    An empty host is never asked. ``file`` holds the network on a simulated board, in the kernel's place.
    """

    internet: str = ""
    port: int = 443
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class ButtonsConfig:
    """The buttons, by the names of their lines, low while pressed ("": none). ``gpio`` is "none" without any."""

    gpio: Literal["gpiod", "none"] = "gpiod"
    up: str = "BUTTON_UP"
    down: str = "BUTTON_DOWN"
    mid: str = "BUTTON_MID"


@dataclass(frozen=True, slots=True)
class LedsConfig:
    """The LEDs: the kernel's folder of them, and those that tell of the system and of the battery ("": none)."""

    path: Path = Path("/sys/class/leds")
    system: str = "LED1"
    battery: str = "LED3"


@dataclass(frozen=True, slots=True)
class PowerConfig:
    """The charger's lines, low while there are mains, while it charges and while it runs on the battery; "": none.

    ``vcgencmd`` is the firmware's command, for the battery's voltage. ``file`` tells all of it on a simulated board.
    """

    mains: str = "CHG_ACOK_N"
    charging: str = "CHG_CHG_N"
    boost: str = "CHG_BOOST_N"
    vcgencmd: str = "vcgencmd"
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class HotspotConfig:
    """The gateway's own access point, started ``after`` so many seconds of a boot without a network.

    ``interface`` is the access point's, which may come and go with it, and ``address`` what it has then; ``file`` is
    what its wpa_supplicant reads. ``station`` is the interface with which Wi-Fi joins a network; "" stands for the
    access point's without "_ap".
    """

    enabled: bool = True
    interface: str = "wlan0_ap"
    station: str = ""
    file: Path = Path("/etc/wpa_supplicant/wpa_supplicant-ap.conf")
    address: str = "10.50.0.1"
    after: int = 60

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
    port: int = 80
    require_pin: bool = True
    allowed_hosts: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UpdateConfig:
    """Updates: whether the gateway restarts by itself, and the largest bundle it takes, in bytes."""

    reboot: Literal["auto", "manual"] = "auto"
    max_bundle_bytes: int = 1024**3


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration."""

    board: Board = "mapio"
    paths: Paths = field(default_factory=Paths)
    panel: PanelConfig = field(default_factory=PanelConfig)
    views: ViewsConfig = field(default_factory=ViewsConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    web: WebConfig = field(default_factory=WebConfig)
    update: UpdateConfig = field(default_factory=UpdateConfig)
    buttons: ButtonsConfig = field(default_factory=ButtonsConfig)
    leds: LedsConfig = field(default_factory=LedsConfig)
    power: PowerConfig = field(default_factory=PowerConfig)
    hotspot: HotspotConfig = field(default_factory=HotspotConfig)


_BOARDS: dict[str, dict[str, object]] = {
    "mapio": {
        "panel": PanelConfig(),
        "buttons": ButtonsConfig(),
        "leds": LedsConfig(),
        "power": PowerConfig(),
        "hotspot": HotspotConfig(),
    },
    "waveshare-hat": {
        "panel": PanelConfig(gpio="RPi.GPIO", reset="17", dc="25", busy="24", rotation=0),
        "buttons": ButtonsConfig(gpio="none"),
        "leds": LedsConfig(system="", battery=""),
        "power": PowerConfig("", "", "", ""),
        "hotspot": HotspotConfig(enabled=False),
    },
    "simulated": {
        "panel": PanelConfig(gpio="simulated", spi="/run/mapio-display/chip.sock", rotation=0),
        "buttons": ButtonsConfig(gpio="none"),
        "leds": LedsConfig(system="", battery=""),
        "power": PowerConfig("", "", "", ""),
        "hotspot": HotspotConfig(enabled=False),
    },
}
_SECTIONS: dict[str, type] = {
    "paths": Paths,
    "panel": PanelConfig,
    "views": ViewsConfig,
    "network": NetworkConfig,
    "web": WebConfig,
    "update": UpdateConfig,
    "buttons": ButtonsConfig,
    "leds": LedsConfig,
    "power": PowerConfig,
    "hotspot": HotspotConfig,
}
_CHOICES: dict[str, tuple[object, ...]] = {
    "board": tuple(_BOARDS),
    "panel.driver": tuple(MODELS),
    "panel.gpio": ("gpiod", "RPi.GPIO", "simulated"),
    "panel.rotation": (0, 180),
    "buttons.gpio": ("gpiod", "none"),
    "update.reboot": ("auto", "manual"),
    "views.order": ("home", "webserver", "system", "status", "custom"),
}
_OPTIONAL_PATHS = ("panel.trace", "views.picture", "power.file", "network.file")
_RANGES: dict[str, range] = {
    "paths.data_wait": range(601),
    "hotspot.after": range(10, 3601),
    "network.port": range(1, 65536),
    "web.port": range(1, 65536),
    "update.max_bundle_bytes": range(1, 2**40),
}


_FORMS: dict[str, tuple[str, str]] = {
    "hotspot.address": (r"((\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])(\.(?!$)|$)){4}", "an IPv4 address, as 10.50.0.1"),
    "hotspot.interface": (r"[^\s/]{1,15}", "the name of a network interface, as wlan0_ap"),
    "hotspot.station": (r"[^\s/]{0,15}", "the name of a network interface, as wlan0"),
    "web.allowed_hosts": (r"[\w.-]+|[0-9A-Fa-f:.]+", "the name alone, as mapio.example, without scheme and port"),
    "panel.spi": (r"/.+", "an absolute path, as /dev/spidev0.0"),
    **dict.fromkeys(("panel.reset", "panel.dc", "panel.busy"), (r".+", "the name or the number of a line")),
}


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
            values = _read(path) or {}
            config = _over(config, {key: values[key] for key in ("board", "paths", "panel") if key in values}, path)
    return config


def _read(path: Path) -> dict[str, Any] | None:
    """What is in a file; None if there is none."""
    try:
        return tomllib.loads(read_small(path).decode("utf-8"))
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


def _over(config: Config, values: Mapping[str, Any], path: Path) -> Config:
    sections = {name: getattr(config, name) for name in _SECTIONS}
    board = config.board
    if "board" in values:
        board = _checked(values["board"], board, "board", path)
        sections |= _BOARDS[board]
    for key, value in values.items():
        if key in _SECTIONS:
            if not isinstance(value, Mapping):
                raise ConfigError(f"{path}: {key}: must be a section, written [{key}]")
            sections[key] = _section(sections[key], value, key, path)
        elif key != "board":
            raise ConfigError(f"{path}: {key}: unknown key; known are board and {', '.join(_SECTIONS)}")
    return Config(board=board, **sections)


def _check_lines(panel: PanelConfig, path: Path) -> None:
    """Check that RPi.GPIO, which knows no names, gets numbers; ``path`` is the last file that speaks of the panel."""
    for key in ("reset", "dc", "busy"):
        line = getattr(panel, key)
        if panel.gpio == "RPi.GPIO" and not re.fullmatch(r"1?[0-9]|2[0-7]", line):
            raise ConfigError(
                f'{path}: panel.{key}: {line!r} is no BCM number from 0 to 27, and gpio = "RPi.GPIO" knows no others'
            )


def _section(section: Any, values: Mapping[str, Any], name: str, path: Path) -> Any:
    known = {entry.name for entry in fields(section)}
    for key in values:
        if key not in known:
            raise ConfigError(f"{path}: {name}.{key}: unknown key; known are {', '.join(sorted(known))}")
    current = {key: getattr(section, key) for key in known}
    changes = {key: _checked(value, current[key], f"{name}.{key}", path) for key, value in values.items()}
    return type(section)(**{**current, **changes})


def _checked(value: Any, default: Any, key: str, path: Path) -> Any:
    """Check ``value`` against the type of the key's default, its choices, its range and its form."""
    choices, span, form = _CHOICES.get(key), _RANGES.get(key), _FORMS.get(key)
    if isinstance(value, str) and "\0" in value:  # Python raises ValueError for such a path or host when it is used
        raise ConfigError(f"{path}: {key}: must not hold a NUL character")
    if isinstance(default, tuple):
        return _checked_list(value, choices, key, path)
    if isinstance(default, dict):
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise ConfigError(f'{path}: {key}: must be a table of strings, as {{ name = "address" }}')
        return value
    if isinstance(default, Path) or key in _OPTIONAL_PATHS:
        if not isinstance(value, str) or not value.startswith("/"):
            raise ConfigError(f"{path}: {key}: must be an absolute path")
        return Path(value)
    if key in ("panel.reset", "panel.dc", "panel.busy") and type(value) is int:
        return str(value)
    if type(value) is not type(default):
        raise ConfigError(f"{path}: {key}: must be {_KINDS[type(default)]}, not {value!r}")
    if choices and value not in choices:
        raise ConfigError(f"{path}: {key}: {value!r} is none of {_listed(choices)}")
    if form and not re.fullmatch(form[0], value):
        raise ConfigError(f"{path}: {key}: {value!r} is not {form[1]}")
    if span and value not in span:
        raise ConfigError(f"{path}: {key}: {value} is not between {span.start} and {span.stop - 1}")
    return value


def _checked_list(value: Any, choices: tuple[object, ...] | None, key: str, path: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{path}: {key}: must be a list of strings")
    form = _FORMS.get(key)
    for item in value:
        if choices and item not in choices:
            raise ConfigError(f"{path}: {key}: {item!r} is none of {_listed(choices)}")
        if form and not re.fullmatch(form[0], item):
            raise ConfigError(f"{path}: {key}: {item!r} is not {form[1]}")
        if key == "web.proxies" and not _is_network(item):
            raise ConfigError(f"{path}: {key}: {item!r} is not an address or a network, as 127.0.0.1 or 172.18.0.0/16")
    if choices and len(set(value)) < len(value):  # UP and DOWN would not get past the second
        raise ConfigError(f"{path}: {key}: must name each only once")
    if choices and not value:
        raise ConfigError(f"{path}: {key}: must name at least one of {_listed(choices)}")
    return tuple(value)


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
