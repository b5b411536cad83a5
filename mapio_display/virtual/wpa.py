"""A scripted wpa_supplicant: its control socket as the real one has it, and four networks in the air to join.

Home is WPA2 and Attic WPA3; Cellar does not send its name; Neighbour refuses every password. It keeps to what the real
one answers, which a test holds it to.
"""

import asyncio
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mapio_display.errors import WpaError
from mapio_display.frozen import Frozen
from mapio_display.host.wpa.file import load, pbkdf2
from mapio_display.host.wpa.words import unescaped

SCAN_S = 1.0
JOIN_S = 1.5
LARGEST_ANSWER = 4095
HEADS = {"OK": "OK\n", "FAIL": "FAIL\n"}
_SETTING = re.compile(r"^\s*(\w+)=(.*)$", re.MULTILINE)
_KEY_MGMT = {"NONE", "WPA-PSK", "WPA-PSK-SHA256", "SAE", "WPA-EAP"}


class Router(Frozen):
    """A network in the air; ``password`` None refuses all."""

    ssid: bytes
    bssid: str
    level: int
    flags: str
    password: str | None
    hidden: bool = False


AIR = (
    Router(b"Home", "02:00:00:00:01:00", -48, "[WPA2-PSK-CCMP][ESS]", "correct horse"),
    Router(b"Attic", "02:00:00:00:02:00", -61, "[WPA2-SAE-CCMP][SAE-H2E][ESS]", "battery staple"),
    Router(b"Cellar", "02:00:00:00:03:00", -72, "[WPA2-PSK-CCMP][ESS]", "down the stairs", hidden=True),
    Router(b"Neighbour", "02:00:00:00:04:00", -80, "[WPA2-PSK-CCMP][WPS][ESS]", None),
)


@dataclass(slots=True)
class Network:
    """A network in its list: its variables, as text."""

    settings: dict[str, str] = field(default_factory=dict)
    disabled: bool = True
    failures: int = 0

    @property
    def ssid(self) -> bytes:
        """Its name."""
        return string(self.settings.get("ssid", '""')) or b""


class VirtualWpa:
    """wpa_supplicant on one interface, with the socket ``path`` and the file ``file``.

    ``associated`` is called with True when a network is joined, and with False when it is lost. All times are divided
    by ``haste``.
    """

    def __init__(
        self,
        path: Path,
        file: Path,
        associated: Callable[[bool], None] = lambda _is: None,
        *,
        haste: float = 1.0,
        air: tuple[Router, ...] = AIR,
    ) -> None:
        self._path = path
        self._file = file
        self._associated = associated
        self._haste = haste
        self._air = air
        self._socket: socket.socket | None = None
        self._timers: set[asyncio.TimerHandle] = set()
        self._monitors: list[bytes | str] = []
        self._networks: dict[int, Network] = {}
        self._next = 0
        self._seen: tuple[Router, ...] = ()
        self._current: int | None = None
        self._trying: int | None = None
        self._paused = False
        self._scanning = False
        self._scans = 0
        self._looking: asyncio.TimerHandle | None = None
        self.silent = False
        self.country = ""

    def start(self) -> None:
        """Read the file, open the socket, and look for the file's networks."""
        if self._socket is not None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(self._path))
        asyncio.get_running_loop().add_reader(self._socket, self._read)
        self._read_file()
        if self._networks:
            self._looking = self._after(SCAN_S, self._looked)

    def stop(self) -> None:
        """End, as at SIGTERM."""
        if self._socket is None:
            return
        self._say("CTRL-EVENT-TERMINATING ")
        self.kill()

    def kill(self) -> None:
        """End without a word."""
        if self._socket is None:
            return
        for timer in self._timers:
            timer.cancel()
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        self._path.unlink(missing_ok=True)
        self._socket, self._timers, self._monitors, self._networks = None, set(), [], {}
        self._next, self._seen, self._trying, self._paused, self._scanning = 0, (), None, False, False
        self._scans, self._looking = 0, None
        self._drop()

    def _read_file(self) -> None:
        with suppress(WpaError):
            for part in load(self._file).parts:
                if part.ssid is not None:
                    text = part.text.decode("utf-8", "replace")
                    settings = {name: value.strip() for name, value in _SETTING.findall(text) if name != "network"}
                    self._networks[self._next] = Network(settings, disabled=settings.get("disabled") == "1")
                    self._next += 1

    # The socket

    def _read(self) -> None:
        while (own := self._socket) is not None:
            try:
                data, sender = own.recvfrom(8192)
            except BlockingIOError:
                return
            if not self.silent and sender:
                answer = self._answer(data.decode("utf-8", "replace"), sender)
                self._send(HEADS.get(answer, answer), sender)

    def _send(self, text: str, to: bytes | str) -> None:
        if self._socket is not None:
            try:
                self._socket.sendto(text.encode(), to)
            except OSError:
                with suppress(ValueError):
                    self._monitors.remove(to)

    def _say(self, event: str) -> None:
        for monitor in tuple(self._monitors):
            self._send(f"<3>{event}", monitor)

    def _answer(self, request: str, sender: bytes | str) -> str:
        command, _, rest = request.partition(" ")
        match command:
            case "ATTACH":
                self._monitors.append(sender)
                return "OK"
            case "DETACH":
                self._monitors.remove(sender)
                return "OK"
            case "PING":
                return "PONG\n"
            case "STATUS":
                return self._status()
            case "SCAN":
                return self._scan("use_id=1" in rest)
            case "BSS":
                return self._bss(rest)
            case "GET_CAPABILITY":
                known = {"auth_alg": "OPEN SHARED LEAP SAE", "key_mgmt": "WPA-PSK WPA-EAP SAE NONE"}
                return known.get(rest, "FAIL")
            case "LIST_NETWORKS":
                last = re.fullmatch(r"LAST_ID=(-?\d+)", rest)
                return self._list(int(last[1]) if last else -1)
            case "ADD_NETWORK":
                self._networks[self._next] = Network()
                self._next += 1
                return f"{self._next - 1}\n"
            case "DISCONNECT":
                self._paused = True
                if self._looking is not None:  # its own scan ends at once, and has found nothing
                    self._cancel(self._looking)
                    self._after(0.0, self._looked)
                self._drop()
                return "OK"
            case "REASSOCIATE":
                self._paused = False
                self._look()
                return "OK"
            case "SET" if re.fullmatch("country ..", rest):
                self.country = rest[-2:]
                return "OK"
            case "SET_NETWORK" | "SELECT_NETWORK" | "ENABLE_NETWORK" | "DISABLE_NETWORK" | "REMOVE_NETWORK":
                return self._of_network(command, rest)
            case _:
                return "UNKNOWN COMMAND\n"

    def _of_network(self, command: str, rest: str) -> str:
        number, _, setting = rest.partition(" ")
        if command == "ENABLE_NETWORK" and number == "all":
            for network in self._networks.values():
                network.disabled = False
            self._look()
            return "OK"
        chosen = self._networks.get(int(number)) if number.isdecimal() else None
        if chosen is None:
            return "FAIL"
        at = int(number)
        match command:
            case "SET_NETWORK":
                name, _, value = setting.partition(" ")
                if not takes(name, value):
                    return "FAIL"
                chosen.settings[name] = value
            case "SELECT_NETWORK":
                for network in self._networks.values():
                    network.disabled = network is not chosen
                chosen.failures, self._paused = 0, False
                self._drop()
                self._look()
            case "ENABLE_NETWORK":
                chosen.disabled = False
                self._look()
            case "DISABLE_NETWORK":
                chosen.disabled = True
                if at == self._current:
                    self._drop()
            case _:
                del self._networks[at]
                if at in (self._current, self._trying):
                    self._trying = None
                    self._drop()
        return "OK"

    # What happens in the air

    def _after(self, seconds: float, then: Callable[[], None]) -> asyncio.TimerHandle:
        def run() -> None:
            self._timers.discard(timer)
            then()

        timer = asyncio.get_running_loop().call_later(seconds / self._haste, run)
        self._timers.add(timer)
        return timer

    def _cancel(self, timer: asyncio.TimerHandle) -> None:
        timer.cancel()
        self._timers.discard(timer)

    def _scan(self, numbered: bool) -> str:
        if self._scanning:
            return "FAIL-BUSY\n"
        self._scanning = True
        self._scans += 1
        number = self._scans if numbered else None
        self._say("CTRL-EVENT-SCAN-STARTED ")
        self._after(SCAN_S, lambda: self._scan_done(number))
        return "OK" if number is None else f"{number}\n"

    def _scan_done(self, number: int | None) -> None:
        self._scanning = False
        self._seen = self._air
        self._say("CTRL-EVENT-SCAN-RESULTS " + ("" if number is None else f"id={number}"))

    def _looked(self) -> None:
        """End a scan of its own, for the networks of its file."""
        self._looking = None
        self._say("CTRL-EVENT-SCAN-RESULTS ")
        self._look()

    def _look(self) -> None:
        """Try the first network that is enabled."""
        if self._current is not None or self._trying is not None or self._paused:
            return
        enabled = [number for number, network in self._networks.items() if not network.disabled]
        for number in enabled:
            if self._router(self._networks[number]) is not None:
                self._trying = number
                self._after(JOIN_S, self._arrive)
                return
        if enabled:
            self._say("CTRL-EVENT-NETWORK-NOT-FOUND ")
            self._after(5 * JOIN_S, self._look)

    def _router(self, network: Network) -> Router | None:
        hidden = network.settings.get("scan_ssid") == "1"
        return next((each for each in self._air if each.ssid == network.ssid and (hidden or not each.hidden)), None)

    def _arrive(self) -> None:
        number, self._trying = self._trying, None
        network = None if number is None else self._networks.get(number)
        if number is None or network is None or self._paused:
            self._look()
            return
        router = self._router(network)
        if router is not None and opens(router, network.settings):
            self._current = number
            self._say(f"CTRL-EVENT-CONNECTED - Connection to {router.bssid} completed [id={number} id_str=]")
            self._associated(True)
            return
        network.failures += 1
        said = escaped(network.ssid)
        if router is not None and "SAE" in router.flags:
            if "sae_password" in network.settings:
                self._say(f"CTRL-EVENT-AUTH-REJECT {router.bssid} auth_type=3 auth_transaction=2 status_code=15")
            reason = "CONN_FAILED"
        else:
            self._say("WPA: 4-Way Handshake failed - pre-shared key may be incorrect")
            reason = "WRONG_KEY"
        self._say(
            f'CTRL-EVENT-SSID-TEMP-DISABLED id={number} ssid="{said}" auth_failures={network.failures} duration=10 '
            f"reason={reason}"
        )
        self._after(10, self._look)

    def _drop(self) -> None:
        if self._current is not None:
            self._current = None
            self._say("CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:01:00 reason=3 locally_generated=1")
            self._associated(False)

    # Its answers

    def _status(self) -> str:
        if self._current is None:
            return "wpa_state=SCANNING\naddress=02:00:00:00:00:01\n"
        ssid = escaped(self._networks[self._current].ssid)
        return f"ssid={ssid}\nid={self._current}\nmode=station\nwpa_state=COMPLETED\naddress=02:00:00:00:00:01\n"

    def _list(self, last: int) -> str:
        rows = ["network id / ssid / bssid / flags"]
        for number, network in self._networks.items():
            if number <= last:
                continue
            flags = "[CURRENT]" * (number == self._current) + "[DISABLED]" * network.disabled
            rows.append(f"{number}\t{escaped(network.ssid)}\tany\t{flags}")
        return "\n".join(rows) + "\n"

    def _bss(self, rest: str) -> str:
        wanted = re.match(r"RANGE=(\d+)-", rest)
        answer = ""
        for number, router in enumerate(self._seen):
            if wanted is None or number < int(wanted[1]):
                continue
            ssid = "" if router.hidden else escaped(router.ssid)
            entry = f"id={number}\nlevel={router.level}\nflags={router.flags}\nssid={ssid}\n"
            if len(answer) + len(entry) > LARGEST_ANSWER:
                break
            answer += entry
        return answer


def opens(router: Router, settings: dict[str, str]) -> bool:
    """Whether a network's variables open that router."""
    if router.password is None:
        return False
    methods = settings.get("key_mgmt", "WPA-PSK WPA-EAP").split()
    if "SAE" in router.flags:
        return "SAE" in methods and string(settings.get("sae_password", "")) == router.password.encode()
    key = pbkdf2(router.password.encode(), router.ssid).hex()
    return "WPA-PSK" in methods and settings.get("psk", "") in (key, f'"{router.password}"')


def takes(name: str, value: str) -> bool:
    """Whether a network takes this value for a variable."""
    octets = string(value)
    match name:
        case "ssid":
            return octets is not None and len(octets) <= 32
        case "sae_password":
            return octets is not None
        case "psk":
            quoted = value.startswith('"') and octets is not None
            return 8 <= len(octets or b"") <= 63 if quoted else re.fullmatch("[0-9a-fA-F]{64}", value) is not None
        case "key_mgmt":
            return set(value.split()) <= _KEY_MGMT and value.strip() != ""
        case "scan_ssid":
            return value in ("0", "1")
        case "ieee80211w":
            return value in ("0", "1", "2")
        case "priority":
            return value.isdecimal()
        case _:
            return False


def string(value: str) -> bytes | None:
    """A string's bytes: quoted, or hexadecimal; None for what is neither."""
    if value.startswith('"'):
        return value[1:-1].encode() if len(value) > 1 and value.endswith('"') else None
    if value.startswith('P"') and value.endswith('"'):
        return unescaped(value[2:-1])
    return bytes.fromhex(value) if re.fullmatch("([0-9a-fA-F]{2})*", value) else None


def escaped(octets: bytes) -> str:
    """Bytes as wpa_supplicant prints them (``printf_encode``)."""
    named = {0x22: '\\"', 0x5C: "\\\\", 0x1B: "\\e", 0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t"}
    return "".join(named.get(byte) or (chr(byte) if 32 <= byte <= 126 else f"\\x{byte:02x}") for byte in octets)
