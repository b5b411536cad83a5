"""The gateway's network, played: the kernel's interfaces, systemd-networkd, and the two units of its Wi-Fi.

As on MAPIO's OS the access point is an interface of its own: its unit makes ``wlan0_ap`` and deletes it again, and
networkd gives it 10.50.0.1. Beside them are what leads nowhere: a container's bridge and a Thread border router's mesh.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mapio_display.host.file_source import read_object
from mapio_display.host.folder_watch import folder_watch
from mapio_display.words.catalogue import ENGLISH, Words

ACCESS_POINT, STATION = "wpa_supplicant-ap.service", "wpa_supplicant@wlan0.service"
UNITS = {ACCESS_POINT: "inactive", STATION: "inactive"}  # the station's is enabled with the first network
HOSTNAME = "mapio"
OWN_ADDRESS = "10.50.0.1"
# A router goes by the machine id, which is another in a slot that was written anew.
LEASES = {
    "A": {"eth0": "192.168.1.20", "wlan0": "192.168.1.30"},
    "B": {"eth0": "192.168.1.21", "wlan0": "192.168.1.31"},
}
CONFIGURE_S = 0.5  # from an interface's being up to its address
STATION_FILE = """# What the station's wpa_supplicant reads: the networks to join.
ctrl_interface={sockets}
update_config=1
"""
HOTSPOT_FILE = """# What the access point's wpa_supplicant reads; the daemon writes a new password into it.
network={
    ssid="MAPIO"
    psk="not in use yet"
    mode=2
}
"""


class VirtualNetwork:
    """Writes the interfaces to ``interfaces``, by what ``play`` says and which units run.

    ``play`` is the file of who plays with the gateway: ``{"cable": true, "wifi": false}``, whether a cable is in and
    whether the station has joined a Wi-Fi by itself; ``associated`` says that its wpa_supplicant has.
    """

    def __init__(self, play: Path, interfaces: Path, say: Callable[[str], None], words: Words = ENGLISH) -> None:
        self._play = play
        self._interfaces = interfaces
        self._say = say
        self._words = words
        self._lease = LEASES["A"]
        self._cable = self._wifi = self._associated = False
        self._runs = {unit: state == "active" for unit, state in UNITS.items()}
        self._addressed: set[str] = set()
        self._changed = asyncio.Event()

    def boot(self, slot: str, units: Mapping[str, str] = UNITS) -> None:
        """What the kernel of a slot finds, before networkd has been at it; of the units those run that are enabled."""
        self._lease = LEASES[slot]
        self._runs = {unit: units[unit] == "active" for unit in UNITS}
        self._addressed = set()
        self._associated = False
        self._write()

    def switched(self, unit: str, runs: bool) -> None:
        """Take note of a unit that starts or stops."""
        if self._runs.get(unit) is not runs:
            self._runs[unit] = runs
            self._addressed.discard("wlan0_ap" if unit == ACCESS_POINT else "wlan0")
            self._write()
            self._changed.set()

    def associated(self, is_associated: bool) -> None:
        """Take note that the station's wpa_supplicant has joined a network, or has none."""
        self._associated = is_associated
        self._changed.set()

    async def run(self) -> None:
        """Follow the file and the units, until cancelled."""
        with folder_watch(self._changed) as watch:
            watch(self._play.parent)
            while True:
                self._changed.clear()
                self._look()
                up = self._up()
                if not up >= self._addressed:  # networkd takes the address of a lost carrier at once
                    self._addressed &= up
                    self._write()
                if up > self._addressed:
                    await asyncio.sleep(CONFIGURE_S)
                    self._look()
                    self._addressed = self._up()
                    self._write()
                await self._changed.wait()

    def _look(self) -> None:
        try:
            said = read_object(self._play)
        except (OSError, ValueError) as error:
            self._say(self._words.text("demo.network", reason=str(error)))
            return
        self._cable, self._wifi = said.get("cable") is True, said.get("wifi") is True

    def _up(self) -> set[str]:
        """The interfaces that networkd gives an address."""
        station = self._runs[STATION] and (self._wifi or self._associated)
        there = {"eth0": self._cable, "wlan0": station, "wlan0_ap": self._runs[ACCESS_POINT]}
        return {name for name, is_up in there.items() if is_up}

    def _write(self) -> None:
        addresses = {name: [address] for name, address in self._lease.items() if name in self._addressed}
        interfaces: list[dict[str, Any]] = [
            {"name": "eth0", "addresses": addresses.get("eth0", [])},
            {"name": "wlan0", "addresses": addresses.get("wlan0", [])},
            {"name": "docker0", "kind": "bridge", "addresses": ["172.17.0.1"]},
            {"name": "wpan0", "kind": "tun", "addresses": ["fd3d:b384:69f3:1::1"]},
        ]
        if self._runs[ACCESS_POINT]:
            own = [OWN_ADDRESS] if "wlan0_ap" in self._addressed else []
            interfaces.append({"name": "wlan0_ap", "addresses": own})
        default = min(addresses, default=None)
        text = json.dumps({"hostname": HOSTNAME, "default": default, "interfaces": interfaces}, indent=2)
        new = self._interfaces.with_suffix(".new")
        new.write_text(text + "\n")
        new.replace(self._interfaces)
