"""The sections of the configuration, and ``Config``, which has them all.

To add a section, write its class here, and a field of ``Config`` with the section's name.
"""

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, Literal

from mapio_display.config.board import packaged
from mapio_display.config.hardware import (
    BatteryConfig,
    ButtonsConfig,
    HotspotConfig,
    LedsConfig,
    PanelConfig,
    PowerConfig,
)
from mapio_display.config.mistakes import Wrong
from mapio_display.config.values import Interface, Port, between, form, networks, one_of, web_address
from mapio_display.frozen import Frozen
from mapio_display.views.names import DEFAULT, resting
from mapio_display.words.languages import ENGLISH, languages

DOCKER = {"Docker": "docker.service"}
KINDS = "service|socket|target|timer|mount|automount|path|swap|slice|scope|device"
UNIT = rf"([A-Za-z0-9:_.\\-]{{1,200}}(@[A-Za-z0-9:_.\\-]{{1,40}})?\.({KINDS}))?"
SERVICES_MOST = 8
HOST = r"[\w.-]+|[0-9A-Fa-f:.]+"


class Paths(Frozen):
    """Where things are. ``data_dir`` is on the data partition, because an update replaces the root file system.

    Where that is mounted late, it is waited for ``data_wait`` seconds at the most.
    """

    data_dir: Path = Path("/usr/local/mapio-display")
    data_wait: Annotated[int, between(0, 600)] = 90
    runtime_dir: Path = Path("/run/mapio-display")
    os_release: Path = Path("/etc/os-release")
    boot_id: Path = Path("/proc/sys/kernel/random/boot_id")


class ViewsConfig(Frozen):
    """The first of ``order`` is the view the panel rests on. ``language`` is the panel's and the console's.

    A page is in it where its reader asks for no language that there is.

    ``clock`` shows the time of day, at the price of a refresh a minute. ``picture`` is the file that the view "custom"
    shows; without one it is ``custom.png`` in the data directory.
    """

    order: Annotated[tuple[str, ...], one_of(*resting())] = DEFAULT
    language: Annotated[str, one_of(*languages())] = ENGLISH
    clock: bool = False
    picture: Path | None = None


class NetworkConfig(Frozen):
    """``internet`` is a host to test the Internet connection with, and ``port`` where it listens.

    An empty host is never asked. ``file`` holds the network on a simulated board, in the kernel's place.
    """

    internet: str = ""
    port: Port = 443
    file: Path | None = None


class WebConfig(Frozen):
    """The setup web server. An empty ``host`` listens on every address, IPv4 and IPv6.

    ``links`` are the gateway's other pages, by name, for the home page; ``{host}`` in an address stands for the host.
    ``proxies`` are the addresses, or networks, of proxies whose ``X-Forwarded-For`` names the client.
    """

    host: str = ""
    port: Port = 80
    require_pin: bool = True
    allowed_hosts: Annotated[tuple[str, ...], form(HOST, "host")] = ()
    proxies: Annotated[tuple[str, ...], networks] = ()
    links: Mapping[str, str] = field(default_factory=dict)


class WifiConfig(Frozen):
    """Wi-Fi as a station: whether page and command line join networks, and at which interface.

    ``file`` is what its wpa_supplicant reads, and ``unit`` what runs that. Without these they are MAPIO's and Debian's
    for that interface.
    """

    enabled: bool = True
    interface: Interface = "wlan0"
    file: Path | None = None
    unit: Annotated[str, form(UNIT, "service")] = ""

    @property
    def its_file(self) -> Path:
        """The station's file, as configured or by its interface."""
        return self.file or Path(f"/etc/wpa_supplicant/wpa_supplicant-{self.interface}.conf")

    @property
    def its_unit(self) -> str:
        """The station's unit, as configured or by its interface."""
        return self.unit or f"wpa_supplicant@{self.interface}.service"


class SshConfig(Frozen):
    """SSH: whether page and command line add and remove keys, and the file that says who may sign in."""

    enabled: bool = True
    file: Path = Path("/home/root/.ssh/authorized_keys")


class UpdateConfig(Frozen):
    """Updates: whether the gateway restarts by itself, and the largest bundle it takes, in bytes."""

    reboot: Literal["auto", "manual"] = "auto"
    max_bundle_bytes: Annotated[int, between(1, 2**40 - 1)] = 1024**3


def _service_names(value: Any) -> Any:
    """Names that the panel has room for, and not too many."""
    for name in value:
        if not name.isprintable() or name != name.strip() or not 1 <= len(name) <= 24:
            raise Wrong("config-value.service-name", value=repr(name))
    if len(value) > SERVICES_MOST:
        raise Wrong("config-value.services", most=SERVICES_MOST, count=len(value))
    return value


Services = Annotated[Mapping[str, Annotated[str, form(UNIT, "unit")]], _service_names]
"""The units whose state is shown, by the names they are shown under; "" shows none of that name."""


class ReleasesConfig(Frozen):
    """Where newer bundles are announced; no server is asked without ``url``. ``check``: once a day or on request."""

    url: Annotated[str, web_address] = ""
    check: Literal["daily", "on-request"] = "daily"


class Config(Frozen):
    """The whole configuration. ``board`` is the name of one that comes with the package, or the path of another."""

    board: str = "mapio"
    paths: Paths = field(default_factory=Paths)
    panel: PanelConfig = field(default_factory=lambda: packaged("mapio")["panel"])
    views: ViewsConfig = field(default_factory=ViewsConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    web: WebConfig = field(default_factory=WebConfig)
    wifi: WifiConfig = field(default_factory=WifiConfig)
    ssh: SshConfig = field(default_factory=SshConfig)
    update: UpdateConfig = field(default_factory=UpdateConfig)
    services: Services = field(default_factory=lambda: DOCKER)
    releases: ReleasesConfig = field(default_factory=ReleasesConfig)
    buttons: ButtonsConfig = field(default_factory=lambda: packaged("mapio")["buttons"])
    leds: LedsConfig = field(default_factory=lambda: packaged("mapio")["leds"])
    power: PowerConfig = field(default_factory=lambda: packaged("mapio")["power"])
    battery: BatteryConfig = field(default_factory=lambda: packaged("mapio")["battery"])
    hotspot: HotspotConfig = field(default_factory=lambda: packaged("mapio")["hotspot"])
