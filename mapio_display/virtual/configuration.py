"""The configuration of the virtual gateway: all of it lies in the gateway's folder."""

import json

from mapio_display.virtual.folder import Folder

HOTSPOT_AFTER_S = 10  # the least that can be configured; a minute is long for a demo

CONFIGURATION = """# The virtual gateway's; written anew at every start.
board = "simulated"

[paths]
data_dir = {data}
runtime_dir = {run}
os_release = {os_release}
boot_id = {boot_id}

[panel]
spi = {chip}
trace = {trace}

[leds]
path = {leds}
system = "LED1"
battery = "LED3"

[power]
file = {power}

[network]
file = {interfaces}

[wifi]
file = {station}

[hotspot]
enabled = true
file = {hotspot}
after = {hotspot_after}

[web]
host = "127.0.0.1"
port = {port}

[ssh]
file = {authorized_keys}

[releases]
url = {releases}
check = "{check}"
"""


def configuration(folder: Folder, port: int, releases: str, *, daily: bool) -> str:
    """The file's text. It looks for a newer version at ``releases``, ``daily`` or when it is asked."""
    paths = {
        "data": folder.data,
        "run": folder.run,
        "os_release": folder.os_release,
        "boot_id": folder.boot_id,
        "chip": folder.chip,
        "trace": folder.trace,
        "leds": folder.leds,
        "power": folder.power,
        "interfaces": folder.interfaces,
        "hotspot": folder.hotspot,
        "station": folder.station,
        "authorized_keys": folder.authorized_keys,
    }
    # A string of JSON is one of TOML too.
    quoted = {key: json.dumps(str(value), ensure_ascii=False) for key, value in paths.items()}
    return CONFIGURATION.format(
        port=port,
        hotspot_after=HOTSPOT_AFTER_S,
        releases=json.dumps(releases),
        check="daily" if daily else "on-request",
        **quoted,
    )
