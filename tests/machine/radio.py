"""What is in the air around the gateway: a router with three networks, and a phone. The kernel simulates the radios.

Both are programs of the machine, each in a network namespace with a radio of its own (mac80211_hwsim): to the gateway's
programs they are as far away as any other station, and nothing but radio connects them.
"""

import base64
import json
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from tests.machine.gateway import Gateway, Status

WORDS = "modules-load=mac80211_hwsim mac80211_hwsim.radios=3"  # for the kernel: three radios from the boot on
HOME, ATTIC, CELLAR = "Home", "Attic", "Cellar"
PASSWORDS = {HOME: "correct horse", ATTIC: "battery staple", CELLAR: "down the stairs"}
NETWORKS = {HOME: "192.168.61", ATTIC: "192.168.62", CELLAR: "192.168.63"}
UNPLUGGED = {"name": "lan", "up": False}
ASK = (
    'python3 -SE -c \'import socket; s = socket.socket(socket.AF_UNIX); s.connect("/run/mapio-display/api.sock");'
    ' s.send(b"GET /api/status HTTP/1.0\\r\\n\\r\\n");'
    ' print(s.makefile().read().partition("\\n\\n")[2])\' 2>/dev/null'
)

_ROUTER = """\
interface=wlan1
driver=nl80211
hw_mode=g
channel=6
ssid=Home
wpa=2
rsn_pairwise=CCMP
wpa_key_mgmt=WPA-PSK
wpa_passphrase=correct horse

bss=wlan1_1
ssid=Attic
wpa=2
rsn_pairwise=CCMP
wpa_key_mgmt=SAE
ieee80211w=2
sae_password=battery staple

bss=wlan1_2
ssid=Cellar
ignore_broadcast_ssid=1
wpa=2
rsn_pairwise=CCMP
wpa_key_mgmt=WPA-PSK
wpa_passphrase=down the stairs
"""
_DHCP_SERVER = """\
interface {interface}
start {network}.20
end {network}.40
max_leases 20
lease_file /run/air/{interface}.leases
pidfile /run/air/{interface}.pid
option subnet 255.255.255.0
option router {network}.1
option lease 3600
"""
_DHCP_CLIENT = """\
#!/bin/sh
[ "$1" = bound ] || exit 0
ip address flush dev $interface
ip address add $ip/$mask dev $interface
[ -z "$router" ] || ip route add default via $router
[ -z "$dns" ] || echo nameserver $dns >/etc/netns/phone/resolv.conf
echo "$ip router=$router dns=$dns"
"""
_ASK = """\
import base64, http.client, json, sys
asked = json.loads(base64.b64decode(sys.argv[1]))
connection = http.client.HTTPConnection(asked["host"], timeout=60)
connection.request(asked["method"], asked["path"], asked["body"], asked["headers"])
answer = connection.getresponse()
body, headers = answer.read().decode(errors="replace"), {name.lower(): text for name, text in answer.getheaders()}
cookies = [cookie.split(";")[0] for cookie in answer.headers.get_all("Set-Cookie", [])]
print(json.dumps({"status": answer.status, "headers": headers, "cookies": cookies, "body": body}))
"""


class Cordless(Gateway):
    """A gateway with radios, whose cable is not plugged in. So it is asked for its status at its console."""

    def switch_on(self, *, clock: str = "utc", words: str = "", record: bool = False) -> int:
        """Give it power; returns a mark of the console."""
        here = super().switch_on(clock=clock, words=f"{WORDS} {words}", record=record)
        with socket.socket(socket.AF_UNIX) as control:  # QEMU's machine protocol
            control.connect(str(self._sockets.control))
            with control.makefile("rw") as stream:
                stream.readline()
                for command in ({"execute": "qmp_capabilities"}, {"execute": "set_link", "arguments": UNPLUGGED}):
                    stream.write(json.dumps(command) + "\n")
                    stream.flush()
                    assert "return" in json.loads(stream.readline())
        return here

    def status(self) -> Status | None:
        """The status; None without an answer."""
        said = self.console.sh(f"{ASK} || true", 120)
        status: Status = json.loads(said) if said.startswith("{") else {}
        return status or None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer by HTTP; the names of ``headers`` are in small letters."""

    status: int
    headers: Mapping[str, str]
    cookies: Sequence[str]
    body: str

    @property
    def json(self) -> dict[str, Any]:
        """The body, an object."""
        return dict(json.loads(self.body))


class Station:
    """One that speaks HTTP from a namespace of the machine."""

    def __init__(self, gateway: Cordless, name: str) -> None:
        self.name = name
        self._gateway = gateway
        self._cookies: dict[str, str] = {}

    def sh(self, command: str, within_s: float = 120) -> str:
        """Run a command there, without a shell; gives what it printed."""
        return self._gateway.console.sh(f"ip netns exec {self.name} {command}", within_s)

    def http(self, method: str, host: str, path: str, body: object = None, **headers: str) -> Answer:
        """Send a request with a JSON body, from there to an address or a name of the gateway."""
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        if self._cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        content = None
        if body is not None:
            sent["Content-Type"], content = "application/json", json.dumps(body)
        asked = {"method": method, "host": host, "path": path, "body": content, "headers": sent}
        words = base64.b64encode(json.dumps(asked).encode()).decode()
        answer = Answer(**json.loads(self.sh(f"python3 -SE /run/air/ask.py {words}", 180)))
        self._cookies |= dict(cookie.split("=", 1) for cookie in answer.cookies)
        return answer


class Phone(Station):
    """A phone: it joins a Wi-Fi and gets an address there."""

    def __init__(self, gateway: Cordless) -> None:
        super().__init__(gateway, "phone")

    def join(self, ssid: str, password: str) -> dict[str, str]:
        """Join a network, and ask for an address."""
        sh, put = self._gateway.console.sh, self._gateway.put
        network = f'network={{\n\tssid="{ssid}"\n\tpsk="{password}"\n}}\n'
        put("/run/air/phone.conf", "ctrl_interface=/run/air/phone\n" + network)
        sh("[ ! -e /run/air/phone.pid ] || kill $(cat /run/air/phone.pid); rm -rf /run/air/phone")
        self.sh("wpa_supplicant -B -i wlan2 -c /run/air/phone.conf -P /run/air/phone.pid -f /run/air/phone.log")
        sh(f"for n in $(seq 60); do {self.prefix} | grep -q COMPLETED && break; sleep 1; done; {self.prefix}", 180)
        return self.lease()

    def lease(self) -> dict[str, str]:
        """Ask for an address; gives it, and what DHCP named as ``router`` and ``dns``."""
        words = self.sh("busybox udhcpc -i wlan2 -n -q -t 20 -s /run/air/dhcp.sh 2>/dev/null").split()
        return {"address": words[0], **dict(word.split("=", 1) for word in words[1:])}

    @property
    def prefix(self) -> str:
        """The command that says how its Wi-Fi is."""
        return f"ip netns exec {self.name} wpa_cli -p /run/air/phone -i wlan2 status"

    @property
    def joined(self) -> bool:
        """Whether it is in the network that it joined."""
        return "wpa_state=COMPLETED" in self._gateway.console.sh(f"{self.prefix} || true")


class Air:
    """Puts router and phone next to a gateway that was started with ``WORDS``."""

    def __init__(self, gateway: Cordless) -> None:
        self._gateway = gateway
        self.router = Station(gateway, "router")
        self.phone = Phone(gateway)

    def begin(self) -> None:
        """Have the router send, and the phone be there."""
        sh, put = self._gateway.console.sh, self._gateway.put
        sh("mkdir -p /run/air; dmesg --console-level emerg")  # the kernel reports each join, between other output
        for file, text in (("router.conf", _ROUTER), ("ask.py", _ASK), ("dhcp.sh", _DHCP_CLIENT)):
            put(f"/run/air/{file}", text)
        sh("chmod 755 /run/air/dhcp.sh; touch /etc/resolv.conf")
        put("/etc/netns/phone/hosts", "127.0.0.1 localhost\n")  # the phone has not read the gateway's
        for name, interface in (("router", "wlan1"), ("phone", "wlan2")):
            sh(f"ip netns add {name}; iw phy $(cat /sys/class/net/{interface}/phy80211/name) set netns name {name}")
            sh(f"ip -n {name} link set lo up")
        self.router.sh("hostapd -B -P /run/air/router.pid -f /run/air/router.log /run/air/router.conf")
        for interface, network in zip(("wlan1", "wlan1_1", "wlan1_2"), NETWORKS.values(), strict=True):
            put(f"/run/air/{interface}.conf", _DHCP_SERVER.format(interface=interface, network=network))
            sh(f"touch /run/air/{interface}.leases; ip -n router address add {network}.1/24 dev {interface}")
            self.router.sh(f"busybox udhcpd -S /run/air/{interface}.conf")


def codes(glass: Image.Image) -> list[str]:
    """What the codes on the glass hold, as a phone's camera reads them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "glass.png"
        large = glass.convert("L").resize((glass.width * 4, glass.height * 4), Image.Resampling.NEAREST)
        large.save(file)
        read = subprocess.run(["zbarimg", "--quiet", "--raw", str(file)], check=False, capture_output=True, text=True)
    return read.stdout.splitlines()
